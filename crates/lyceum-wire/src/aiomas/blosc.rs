//! Blosc chunks: written stored, and read as python-blosc writes them for aiomas.
//!
//! ```text
//! chunk   = header (16 bytes) | body
//! stored  : body = the data
//! else    : body = u32 start of each block, seen from the chunk's start | blocks
//! block   = streams; one, or one for each byte of an element
//! stream  = u32 length | data, compressed if it is shorter than what it stands for
//! ```
//!
//! Numbers are little-endian. In a shuffled block the first bytes of all elements stand together,
//! then the second ones, and so on.

mod header;
mod lz;
mod shuffle;

use thiserror::Error;

use crate::aiomas::EncodeError;
use header::{HEADER, Header};

/// Says why a payload cannot be uncompressed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BloscError {
    /// The chunk ends too early, or goes on too long.
    #[error("expected {expected} bytes in the chunk, found {found}")]
    Length {
        /// What the header says, or needs.
        expected: usize,
        /// What there is.
        found: usize,
    },
    /// The data are longer than allowed, or than such a chunk can hold.
    #[error("expected at most {limit} bytes of data, found {length} announced")]
    TooLong {
        /// The length that the header announces.
        length: usize,
        /// The longest one that is allowed.
        limit: usize,
    },
    /// The header speaks of something that aiomas does not use.
    #[error("expected blosc 1 with blosclz and byte shuffle or none, found header {header:02x?}")]
    Unsupported {
        /// Versions, flags and type size.
        header: [u8; 4],
    },
    /// A block is not what the header says.
    #[error("expected {expected} in block {block}")]
    Block {
        /// What should be in it.
        expected: &'static str,
        /// The block's number.
        block: usize,
    },
}

/// Makes a chunk that holds the data as they are.
pub(crate) fn store(data: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let header = Header::stored(data.len())?;
    Ok([&header.write()[..], data].concat())
}

/// Returns the data of a chunk.
///
/// The length that the header announces is checked against `limit` and against what the chunk can
/// possibly hold; memory then grows with what is really in it.
pub(crate) fn uncompress(chunk: &[u8], limit: usize) -> Result<Vec<u8>, BloscError> {
    let header = Header::read(chunk, limit)?;
    if header.is_stored() {
        return Ok(chunk[HEADER..].to_vec());
    }
    let count = header.length.div_ceil(header.block);
    let body = count.checked_mul(4).and_then(|size| chunk[HEADER..].get(..size));
    let starts = body.ok_or(BloscError::Length { expected: 4 * count, found: chunk.len() })?;
    let mut out = Vec::new();
    let mut shuffled = Vec::new();
    for (block, start) in starts.chunks_exact(4).enumerate() {
        let mut input = chunk.get(number(start)..).unwrap_or_default();
        let length = header.block.min(header.length - block * header.block);
        let bad = |expected| BloscError::Block { expected, block };
        if header.is_shuffled() {
            shuffled.clear();
            read_block(&mut input, &header, length, &mut shuffled).map_err(bad)?;
            shuffle::undo(&shuffled, header.element, &mut out);
        } else {
            read_block(&mut input, &header, length, &mut out).map_err(bad)?;
        }
    }
    Ok(out)
}

/// Appends the streams of a block to `out`, or says what was expected.
fn read_block(
    input: &mut &[u8],
    header: &Header,
    length: usize,
    out: &mut Vec<u8>,
) -> Result<(), &'static str> {
    let count = header.streams(length);
    if !length.is_multiple_of(count) {
        return Err("a whole number of elements");
    }
    for _ in 0..count {
        let (size, rest) = input.split_first_chunk::<4>().ok_or("the length of a stream")?;
        let (stream, rest) = rest.split_at_checked(number(size)).ok_or("a whole stream")?;
        *input = rest;
        if stream.len() == length / count {
            out.extend_from_slice(stream);
        } else {
            lz::expand(stream, length / count, out)?;
        }
    }
    Ok(())
}

/// Reads a little-endian number of four bytes.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a chunk of one block and one stream.
    fn chunk(stream: &[u8], length: u8) -> Vec<u8> {
        let total = u8::try_from(HEADER + 8 + stream.len()).unwrap();
        let header = [2, 1, 0x10, 1, length, 0, 0, 0, length, 0, 0, 0, total, 0, 0, 0];
        let size = u8::try_from(stream.len()).unwrap();
        [&header[..], &[20, 0, 0, 0, size, 0, 0, 0], stream].concat()
    }

    fn expected(stream: &[u8], length: u8) -> &'static str {
        match uncompress(&chunk(stream, length), 100) {
            Err(BloscError::Block { expected, block: 0 }) => expected,
            other => panic!("{stream:?} gives {other:?}"),
        }
    }

    #[test]
    fn repetitions_near_and_far_are_expanded() {
        let check = |stream: &[u8], data: &[u8]| {
            let length = u8::try_from(data.len()).unwrap();
            assert_eq!(uncompress(&chunk(stream, length), 100).as_deref(), Ok(data));
        };
        check(b"\x03abcd\x20\x00\x01xy", b"abcddddxy");
        check(b"\x03abcd\xe0\x00\x01\x01xy", b"abcdcdcdcdcdcxy");
        check(b"\xe3abcd\x20\x03\x01xy", b"abcdabcxy");
    }

    #[test]
    fn bad_streams_are_refused() {
        assert_eq!(expected(b"\x03abcd\x20\x04\x01xy", 9), "a distance inside the stream");
        assert_eq!(expected(b"\x03abcd\x20\x00\x01xy", 8), "the announced length");
        assert_eq!(expected(b"\x03abcd\x20\x00\x01xy", 20), "the announced length");
        assert_eq!(expected(b"\x03abcd\xe0\x00", 20), "more bytes in a stream");
        assert_eq!(expected(b"\x07abcd", 20), "more bytes in a stream");
        assert_eq!(expected(b"", 20), "more bytes in a stream");
    }

    #[test]
    fn lying_headers_are_refused() {
        let good = chunk(b"\x03abcd\x20\x00\x01xy", 9);
        let with = |at: usize, byte: u8| {
            let mut bad = good.clone();
            bad[at] = byte;
            uncompress(&bad, 1 << 20).unwrap_err()
        };
        assert_eq!(with(6, 1), BloscError::TooLong { length: 65_545, limit: 34 * 255 });
        assert_eq!(with(12, 99), BloscError::Length { expected: 99, found: 34 });
        assert_eq!(with(8, 1), BloscError::Length { expected: 36, found: 34 });
        assert_eq!(
            with(16, 200),
            BloscError::Block { expected: "the length of a stream", block: 0 }
        );
        assert_eq!(with(20, 200), BloscError::Block { expected: "a whole stream", block: 0 });
        for (at, byte) in [(0, 1), (1, 2), (2, 0x08), (2, 0x04), (2, 0x20), (3, 0), (8, 0), (8, 10)]
        {
            assert!(matches!(with(at, byte), BloscError::Unsupported { .. }), "{at}: {byte}");
        }
        assert_eq!(uncompress(&good, 8), Err(BloscError::TooLong { length: 9, limit: 8 }));
        assert!(uncompress(&good[..15], 100).is_err());
    }

    #[test]
    fn stored_chunks_come_back() {
        for length in [0, 1, 7, 8, 31, 1024, 5000] {
            let data = vec![7; length];
            assert_eq!(uncompress(&store(&data).unwrap(), length), Ok(data));
        }
    }
}
