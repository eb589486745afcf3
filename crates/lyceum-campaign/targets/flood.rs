//! A repeater: a digit, then what is repeated so often. The planted bug: anything but a digit is a
//! huge number.

use std::io::{self, Write};

mod input;

/// Prints what is repeated.
fn main() -> io::Result<()> {
    let bytes = input::read();
    let Some((times, text)) = bytes.split_first() else { return Ok(()) };
    let times = u64::from(times.wrapping_sub(b'0'));
    let times = if times > 9 { times << 32 } else { times };
    let mut output = io::BufWriter::new(io::stdout().lock());
    for _ in 0..times {
        output.write_all(text)?;
        output.write_all(b"\n")?;
    }
    output.flush()
}
