//! `lyceum demo` in a terminal: what it draws, and how it leaves the place.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Command};

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// A terminal of 80 columns and 24 rows.
struct Terminal {
    /// Where its user sits.
    user: File,
    /// What the program takes for its terminal.
    line: OwnedFd,
    seen: String,
}

impl Terminal {
    fn open() -> Self {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
        grantpt(&user).expect("it is ours");
        unlockpt(&user).expect("it is ours");
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&user, size).expect("it is a terminal");
        let path = ptsname(&user, Vec::new()).expect("it has a name");
        let line = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("it is there");
        Self { user: user.into(), line, seen: String::new() }
    }

    fn run(&self) -> Child {
        let line = || self.line.try_clone().expect("it is open");
        let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
        command.arg("demo").env("TERM", "xterm").env_remove("NO_COLOR");
        command.stdin(line()).stdout(line()).stderr(line()).spawn().expect("it starts")
    }

    /// Looks until a text is there, and returns all that was seen since the last look.
    fn look_for(&mut self, text: &str) -> String {
        let mut piece = [0; 4096];
        while !self.seen.contains(text) {
            let length = self.user.read(&mut piece).expect("it is open");
            self.seen += &String::from_utf8_lossy(&piece[..length]);
        }
        std::mem::take(&mut self.seen)
    }

    fn shows_keys(&self) -> bool {
        tcgetattr(&self.line).expect("it is a terminal").local_modes.contains(LocalModes::ECHO)
    }
}

#[test]
fn terminal_is_left_as_it_was_found() {
    let mut terminal = Terminal::open();
    let mut child = terminal.run();

    let picture = terminal.look_for("ctrl-c ends");
    assert!(picture.contains("\x1b[?1049h") && picture.contains("\x1b[?25l"), "{picture:?}");
    assert!(!terminal.shows_keys());
    kill_process(Pid::from_child(&child), Signal::INT).expect("it still runs");

    let rest = terminal.look_for("raised\r\n");
    assert!(rest.contains("\x1b[?1049l") && rest.contains("\x1b[?25h"), "{rest:?}");
    assert!(rest.contains("ended after"), "{rest:?}");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert!(terminal.shows_keys());
}
