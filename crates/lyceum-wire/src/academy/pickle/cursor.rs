//! The bytes of a pickle, read one after the other.

use super::PickleError;

/// The bytes of a pickle, and how far they are read.
pub(super) struct Cursor<'b> {
    bytes: &'b [u8],
    offset: usize,
}

impl<'b> Cursor<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    fn truncated(&self) -> PickleError {
        PickleError::Truncated { offset: self.bytes.len() }
    }

    pub(super) fn expected(&self, expected: &'static str) -> PickleError {
        PickleError::Expected { offset: self.offset, expected }
    }

    pub(super) fn refused(&self, what: &'static str) -> PickleError {
        PickleError::Refused { offset: self.offset, what }
    }

    pub(super) fn byte(&mut self) -> Result<u8, PickleError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let bytes = self.bytes.get(self.offset..).unwrap_or_default();
        let array = bytes.first_chunk::<N>().ok_or_else(|| self.truncated())?;
        self.offset += N;
        Ok(*array)
    }

    /// Takes as many bytes as were announced, which must be there.
    pub(super) fn take(&mut self, length: u64) -> Result<&'b [u8], PickleError> {
        let end = usize::try_from(length).ok().and_then(|length| self.offset.checked_add(length));
        let taken = end.and_then(|end| self.bytes.get(self.offset..end));
        let taken = taken.ok_or_else(|| self.truncated())?;
        self.offset += taken.len();
        Ok(taken)
    }

    /// Takes the rest of a line, without its end.
    pub(super) fn line(&mut self) -> Result<&'b [u8], PickleError> {
        let rest = &self.bytes[self.offset..];
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| self.truncated())?;
        self.offset += end + 1;
        Ok(&rest[..end])
    }

    /// Takes the rest of a line that is a text.
    pub(super) fn text_line(&mut self) -> Result<&'b str, PickleError> {
        let line = self.line()?;
        std::str::from_utf8(line).map_err(|_| self.expected("a line of text"))
    }

    /// Takes a length of so many bytes, the lowest first, and then as many bytes as it says.
    pub(super) fn sized<const N: usize>(&mut self) -> Result<&'b [u8], PickleError> {
        let mut length = [0; 8];
        length[..N].copy_from_slice(&self.array::<N>()?);
        self.take(u64::from_le_bytes(length))
    }

    /// Takes a text with its length in front.
    pub(super) fn text<const N: usize>(&mut self) -> Result<&'b str, PickleError> {
        let bytes = self.sized::<N>()?;
        std::str::from_utf8(bytes).map_err(|_| self.expected("a text that is Unicode"))
    }

    /// Checks that a frame is as long as it says.
    pub(super) fn frame(&mut self) -> Result<(), PickleError> {
        let length = u64::from_le_bytes(self.array()?);
        let left = (self.bytes.len() - self.offset) as u64;
        if length > left { Err(self.truncated()) } else { Ok(()) }
    }
}
