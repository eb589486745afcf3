//! A service that answers `start` and `status`. The planted bug: on `start` it leaves a process
//! behind, in a session of its own, which nobody waits for.

use std::process::{Command, Stdio};

mod input;

/// The argument of the process that is left behind.
const DETACHED: &str = "--detached";

/// Answers each line.
fn main() {
    if std::env::args().nth(1).is_some_and(|first| first == DETACHED) {
        // It fails where it leads a session already, which is as good.
        let _session = rustix::process::setsid();
        loop {
            std::thread::park();
        }
    }
    let bytes = input::read();
    for line in String::from_utf8_lossy(&bytes).lines() {
        match line.trim() {
            "start" => start(),
            "status" => println!("not running"),
            other => println!("unknown: {other}"),
        }
    }
}

fn start() {
    let mut command = Command::new("/proc/self/exe");
    command.arg(DETACHED).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(_detached) => println!("started"),
        Err(error) => println!("not started: {error}"),
    }
}
