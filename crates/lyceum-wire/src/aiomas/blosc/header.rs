//! The header of a chunk.

use crate::aiomas::EncodeError;
use crate::aiomas::blosc::{BloscError, number};

/// The length of a header.
pub(super) const HEADER: usize = 16;

/// The version of the chunk's format, and of BloscLZ's.
const VERSIONS: [u8; 2] = [2, 1];

/// The type size that aiomas gives: that of a pointer.
const ELEMENT: usize = 8;

/// The largest element whose bytes are streams of their own.
const SPLIT_ELEMENT: usize = 16;

/// The shortest stream that a block is split into.
const SPLIT_STREAM: usize = 128;

/// The longest block that python-blosc writes for aiomas.
const BLOCK: usize = 1 << 20;

/// The most data that a chunk can hold.
const DATA_LIMIT: usize = i32::MAX as usize - HEADER;

/// The most data that one byte of a stream stands for.
const EXPANSION: usize = 255;

const SHUFFLED: u8 = 0x01;
const STORED: u8 = 0x02;
const NOT_SPLIT: u8 = 0x10;

/// What a header says.
pub(super) struct Header {
    flags: u8,
    /// The size of an element.
    pub(super) element: usize,
    /// The length of the data.
    pub(super) length: usize,
    /// The length of each block but the last.
    pub(super) block: usize,
    /// The length of the chunk.
    chunk: usize,
}

impl Header {
    /// Makes the header of a stored chunk, with the flags and the block that python-blosc writes.
    pub(super) fn stored(length: usize) -> Result<Self, EncodeError> {
        if length > DATA_LIMIT {
            return Err(EncodeError::TooLong { length, limit: DATA_LIMIT });
        }
        let block = (length - length % ELEMENT).clamp(1, BLOCK);
        let is_split = block / ELEMENT >= SPLIT_STREAM;
        let flags = STORED | SHUFFLED | if is_split { 0 } else { NOT_SPLIT };
        Ok(Self { flags, element: ELEMENT, length, block, chunk: HEADER + length })
    }

    /// Reads the header and checks what can be checked without the blocks.
    pub(super) fn read(chunk: &[u8], limit: usize) -> Result<Self, BloscError> {
        let found = chunk.len();
        let bytes: &[u8; HEADER] =
            chunk.first_chunk().ok_or(BloscError::Length { expected: HEADER, found })?;
        let header = Self {
            flags: bytes[2],
            element: bytes[3].into(),
            length: number(&bytes[4..8]),
            block: number(&bytes[8..12]),
            chunk: number(&bytes[12..]),
        };
        if bytes[..2] != VERSIONS || !header.is_known() {
            let header = [bytes[0], bytes[1], bytes[2], bytes[3]];
            return Err(BloscError::Unsupported { header });
        }
        header.check_lengths(found, limit)?;
        Ok(header)
    }

    pub(super) fn write(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let element = u8::try_from(self.element).expect("an element is short");
        bytes[..4].copy_from_slice(&[VERSIONS[0], VERSIONS[1], self.flags, element]);
        let numbers = [self.length, self.block, self.chunk];
        for (bytes, number) in bytes[4..].chunks_exact_mut(4).zip(numbers) {
            let number = u32::try_from(number).expect("the length was checked");
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    pub(super) fn is_stored(&self) -> bool {
        self.flags & STORED != 0
    }

    pub(super) fn is_shuffled(&self) -> bool {
        self.flags & SHUFFLED != 0 && self.element > 1
    }

    /// Returns into how many streams a block of that length is split.
    pub(super) fn streams(&self, length: usize) -> usize {
        let is_split = self.flags & NOT_SPLIT == 0
            && length == self.block
            && self.element <= SPLIT_ELEMENT
            && length / self.element >= SPLIT_STREAM;
        if is_split { self.element } else { 1 }
    }

    /// Returns whether this is a stored chunk, or one with the codec and a filter that are read.
    fn is_known(&self) -> bool {
        let is_read = self.flags & !(NOT_SPLIT | SHUFFLED) == 0
            && self.element > 0
            && (1..=self.length.max(1)).contains(&self.block);
        self.is_stored() || is_read
    }

    fn check_lengths(&self, found: usize, limit: usize) -> Result<(), BloscError> {
        let stored = HEADER.saturating_add(self.length);
        let expected = if self.is_stored() { stored } else { self.chunk };
        let limit = limit.min(found.saturating_mul(EXPANSION));
        if self.length > limit {
            return Err(BloscError::TooLong { length: self.length, limit });
        }
        if self.chunk != found || expected != found {
            return Err(BloscError::Length { expected, found });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_headers_are_those_of_python_blosc() {
        let check = |length: usize, header: u128| {
            let written = Header::stored(length).unwrap().write();
            assert_eq!(u128::from_be_bytes(written), header, "{length} bytes");
        };
        check(0, 0x0201_1308_0000_0000_0100_0000_1000_0000);
        check(7, 0x0201_1308_0700_0000_0100_0000_1700_0000);
        check(15, 0x0201_1308_0f00_0000_0800_0000_1f00_0000);
        check(1000, 0x0201_1308_e803_0000_e803_0000_f803_0000);
        check(4096, 0x0201_0308_0010_0000_0010_0000_1010_0000);
        check(1 << 20, 0x0201_0308_0000_1000_0000_1000_1000_1000);
    }

    #[test]
    fn chunk_of_more_than_two_gib_is_refused() {
        let error = EncodeError::TooLong { length: DATA_LIMIT + 1, limit: DATA_LIMIT };
        assert_eq!(Header::stored(DATA_LIMIT + 1).err(), Some(error));
    }
}
