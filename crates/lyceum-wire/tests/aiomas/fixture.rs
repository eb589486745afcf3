//! The files that `capture.py` writes.

/// Returns the lines of a file: what stands before the last blank, and the bytes behind it.
pub(crate) fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    text.lines().map(|line| {
        let (key, digits) = line.rsplit_once(' ').expect("a line has a key and bytes");
        (key, bytes(digits))
    })
}

fn bytes(digits: &str) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).expect("a hexadecimal digit");
    let byte = |pair: &[u8]| u8::try_from(digit(&pair[0]) << 4 | digit(&pair[1])).unwrap();
    digits.as_bytes().chunks_exact(2).map(byte).collect()
}
