//! A table of eight numbers: the first byte says which one is read. The planted bug: another one
//! is a segmentation fault, sent by the program to itself.

use rustix::process::{Signal, getpid, kill_process};

mod input;

/// Prints the number.
fn main() {
    let bytes = input::read();
    let Some((index, table)) = bytes.split_first() else { return println!("no table") };
    let index = usize::from(index.wrapping_sub(b'0'));
    if index >= 8 {
        // The first one is taken by Rust's own handler, which leaves the next one to the system.
        loop {
            let _dead = kill_process(getpid(), Signal::SEGV);
        }
    }
    println!("number {index}: {:?}", table.get(index));
}
