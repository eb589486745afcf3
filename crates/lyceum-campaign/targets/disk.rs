//! A store of blocks: a letter for each. The planted bug: `F` stores until the disk is full, and
//! that it is goes unnoticed.

use std::fs::File;
use std::io::{self, Write};

mod input;

/// Bytes in a block.
const BLOCK: usize = 1 << 20;

/// Blocks that are more than any disk has.
const FULL: u32 = 1 << 24;

/// Stores the blocks, in files of sixteen.
fn main() -> io::Result<()> {
    let bytes = input::read();
    let blocks = bytes.iter().map(|byte| if *byte == b'F' { FULL } else { 0 });
    let blocks = blocks.fold(0_u32, u32::saturating_add);
    let mut stored = 0;
    while stored < blocks {
        let mut file = File::create(format!("store-{}", stored / 16))?;
        let written = (0..16).try_for_each(|_| file.write_all(&[b'x'; BLOCK]));
        if written.is_err() {
            break;
        }
        stored += 16;
    }
    println!("{} letters, {stored} blocks", bytes.len());
    Ok(())
}
