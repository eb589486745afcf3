//! A reader of records: a length, then so many bytes. The planted bug: a record longer than its
//! buffer is noticed only when it was written, and the program aborts.

mod input;

/// What a record may hold.
const BUFFER: usize = 32;

/// Prints how many records there are.
fn main() {
    let bytes = input::read();
    let mut rest = bytes.as_slice();
    let mut records = 0_u32;
    while let [length, tail @ ..] = rest {
        let length = usize::from(*length);
        let record = &tail[..length.min(tail.len())];
        if record.len() > BUFFER {
            eprintln!("buffer overflow: {} bytes in {BUFFER}", record.len());
            std::process::abort();
        }
        records += 1;
        rest = &tail[record.len()..];
    }
    println!("{records} records");
}
