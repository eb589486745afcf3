//! The program that starts itself again, to be a keeper or a part of one.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStringExt;

use rustix::fs::{Mode, OFlags};

use crate::sandbox::{inner, outer, terminal};

/// The argument of a keeper that is to make a sandbox.
pub(super) const SANDBOXED: &str = "--lyceum-keeper=sandboxed";

/// The argument of a keeper without a sandbox.
pub(super) const BARE: &str = "--lyceum-keeper=bare";

/// The argument of a keeper's second process, the first one in the sandbox.
pub(super) const INSIDE: &str = "--lyceum-keeper=inside";

/// The argument of a program that takes its terminal before it becomes another one.
pub(super) const TERMINAL: &str = "--lyceum-keeper=terminal";

/// What a keeper is called in lists of processes.
pub(super) const NAME: &str = "lyceum-keeper";

/// The variable by which a program finds that it was started to be a keeper.
pub(super) const MARK: &str = "LYCEUM_KEEPER";

/// What a shell ends with when a program cannot be executed.
const NOT_EXECUTED: i32 = 127;

/// Becomes a keeper and never returns, if this process was started to be one.
///
/// Call it first in `main`, before any thread is started: namespaces are entered by processes
/// with a single thread only. In every other process it does nothing.
pub fn main_if_stub() {
    let mut arguments = env::args_os().skip(1);
    let Some(first) = arguments.next() else { return };
    let code = match first.to_str() {
        Some(SANDBOXED) => outer::sandboxed(),
        Some(BARE) => outer::bare(),
        Some(INSIDE) => inner::inside(),
        Some(TERMINAL) => on_terminal(arguments),
        _ => return,
    };
    std::process::exit(code);
}

/// Takes the terminal of the standard input, and becomes the program that is named.
fn on_terminal(mut arguments: impl Iterator<Item = OsString>) -> i32 {
    let (Some(path), Some(program)) = (arguments.next(), arguments.next()) else {
        return NOT_EXECUTED;
    };
    if let Err(error) = terminal::take() {
        eprintln!("cannot take the terminal: {error}");
        return NOT_EXECUTED;
    }
    let text = |text: OsString| CString::new(text.into_vec()).unwrap_or_default();
    let name = program.display().to_string();
    // What was passed on is not for the program, which gets the same file under another number.
    let file = rustix::fs::open(&path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    let path = match (passed_on(&path), file.as_ref()) {
        (Some(number), Ok(file)) => {
            let _closed = nix::unistd::close(number);
            OsString::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
        }
        _ => path,
    };
    let path = text(path);
    let arguments: Vec<CString> = [text(program)].into_iter().chain(arguments.map(text)).collect();
    let variables = env::vars_os().map(|(name, value)| text([name, value].join(OsStr::new("="))));
    // Unlike the standard library's, this does not try it as a script of the shell.
    let Err(error) = nix::unistd::execve(&path, &arguments, &variables.collect::<Vec<_>>());
    eprintln!("cannot execute {name}: {error}");
    NOT_EXECUTED
}

/// Returns the number of an open file, where a path names one.
fn passed_on(path: &OsStr) -> Option<RawFd> {
    path.to_str()?.strip_prefix("/proc/self/fd/")?.parse().ok()
}
