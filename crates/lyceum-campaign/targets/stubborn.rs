//! A protector of what it works on. The planted bug: after `protect` it waits for ever, and does
//! not end when it is asked to.

use nix::sys::signal::{SigSet, Signal};

mod input;

/// Obeys each line.
fn main() {
    let bytes = input::read();
    for line in String::from_utf8_lossy(&bytes).lines() {
        if line.trim() == "protect" {
            wait_for_ever();
        }
        println!("done: {line}");
    }
}

fn wait_for_ever() -> ! {
    let mut deaf = SigSet::empty();
    deaf.add(Signal::SIGTERM);
    deaf.add(Signal::SIGINT);
    if deaf.thread_block().is_ok() {
        println!("protected");
    }
    loop {
        std::thread::park();
    }
}
