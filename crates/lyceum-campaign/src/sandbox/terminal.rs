//! A terminal for a program that wants one.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::process::TerminalSize;

/// What is typed at the end: the end of the line, where there is one to end, and that of the file.
const END: &[u8] = &[4, 4];

/// How much is typed at a time.
const CHUNK: usize = 1024;

/// Both ends of a terminal.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) ours: OwnedFd,
    pub(super) theirs: OwnedFd,
}

impl Terminal {
    pub(super) fn open(size: TerminalSize) -> rustix::io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = ioctl_tiocgptpeer(&ours, flags)?;
        let (ws_row, ws_col) = (size.rows, size.columns);
        tcsetwinsize(&ours, Winsize { ws_row, ws_col, ws_xpixel: 0, ws_ypixel: 0 })?;
        Ok(Self { ours, theirs })
    }
}

/// Makes the terminal of the standard input the one that controls this process.
pub(super) fn take() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?)
}

/// Types the input of a program.
#[derive(Debug)]
pub(super) struct Typist {
    text: File,
    terminal: Option<OwnedFd>,
    pending: Vec<u8>,
    is_at_end: bool,
}

impl Typist {
    pub(super) fn new(text: OwnedFd, terminal: BorrowedFd<'_>) -> io::Result<Self> {
        let terminal = terminal.try_clone_to_owned()?;
        fcntl_setfl(&terminal, fcntl_getfl(&terminal)? | OFlags::NONBLOCK)?;
        let text = File::from(text);
        Ok(Self { text, terminal: Some(terminal), pending: Vec::new(), is_at_end: false })
    }

    /// Returns the end to wait for, until all is typed.
    pub(super) fn sink(&self) -> Option<BorrowedFd<'_>> {
        self.terminal.as_ref().map(AsFd::as_fd)
    }

    /// Types as much as the terminal takes.
    pub(super) fn type_on(&mut self) {
        let Some(terminal) = &self.terminal else { return };
        if self.pending.is_empty() && !self.is_at_end {
            self.pending.resize(CHUNK, 0);
            let bytes = self.text.read(&mut self.pending).unwrap_or(0);
            self.pending.truncate(bytes);
            if bytes == 0 {
                self.is_at_end = true;
                self.pending.extend_from_slice(END);
            }
        }
        match rustix::io::write(terminal, &self.pending) {
            Ok(bytes) => {
                self.pending.drain(..bytes);
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_closed) => self.terminal = None,
        }
        if self.is_at_end && self.pending.is_empty() {
            self.terminal = None;
        }
    }
}
