//! A splitter: each part between commas goes to a file, which is removed at the end. The planted
//! bug: files of empty parts are not, and a part of `*` stands for a thousand of them.

use std::{fs, io};

mod input;

/// How many parts a star stands for.
const STAR: u32 = 1_000;

/// Writes the parts, and removes them.
fn main() -> io::Result<()> {
    let bytes = input::read();
    let mut written = 0;
    for part in bytes.split(|byte| *byte == b',') {
        let copies = if part == b"*" { STAR } else { 1 };
        for _ in 0..copies {
            let name = format!("part-{written}");
            fs::write(&name, part)?;
            if !part.is_empty() && part != b"*" {
                fs::remove_file(&name)?;
            }
            written += 1;
        }
    }
    println!("{written} parts");
    Ok(())
}
