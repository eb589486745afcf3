//! The input of a target: the file that is named, or the standard input.

use std::io::Read;

/// Reads all of it, and ends with code 2 where that cannot be.
pub(crate) fn read() -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = match std::env::args_os().nth(1) {
        Some(path) => std::fs::read(path).map(|all| bytes = all),
        None => std::io::stdin().read_to_end(&mut bytes).map(|_count| ()),
    };
    if let Err(error) = read {
        eprintln!("cannot read the input: {error}");
        std::process::exit(2);
    }
    bytes
}
