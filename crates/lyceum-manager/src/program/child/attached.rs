//! Orders that come over standard input, where signals do not reach.

use std::io::{self, BufRead};
use std::thread::Builder;

use rustix::process::{Signal, getpid, kill_process};

use crate::launcher::TERMINATE;

/// Obeys what comes over standard input, on a thread of its own: whatever else hangs does not
/// matter to it.
///
/// Nobody waits for the thread: it reads for as long as the process is there.
pub(super) fn obey_standard_input() -> io::Result<()> {
    let obey = || {
        for line in io::stdin().lock().lines() {
            match line {
                Ok(order) if order == TERMINATE => signal(Signal::TERM),
                // What newer launchers may say.
                Ok(_) => {}
                Err(_) => break,
            }
        }
        // Who started us is gone, or wants us to be.
        signal(Signal::KILL);
    };
    Builder::new().name("lyceum-orders".into()).spawn(obey).map(drop)
}

fn signal(signal: Signal) {
    // To send oneself a signal is always allowed.
    let _ = kill_process(getpid(), signal);
}
