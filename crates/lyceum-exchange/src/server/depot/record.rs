//! What is known of a blob, and where its files are.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Bond;

/// The version of records.
const VERSION: u32 = 1;

/// A blob's number, which whoever puts it draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BlobId(u128);

/// Says that a text is no number of a blob.
#[derive(Debug, Error)]
#[error("expected 32 hexadecimal digits in lower case for a blob's number")]
pub(crate) struct BlobIdError;

/// What is known of a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    /// Who put it.
    pub(crate) owner: String,
    pub(crate) size: u64,
    /// The BLAKE3 digest of its bytes, in hexadecimal digits.
    pub(crate) digest: String,
    /// Until when it is kept, in milliseconds since 1970.
    pub(crate) expires: u64,
    /// Whether who may read it may delete it, too.
    #[serde(default)]
    pub(crate) is_passed: bool,
    /// The message that it is kept for, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bond: Option<Bond>,
}

impl BlobId {
    pub(super) fn bytes(self, folder: &Path) -> PathBuf {
        folder.join(format!("{self}.blob"))
    }

    pub(super) fn record(self, folder: &Path) -> PathBuf {
        folder.join(format!("{self}.json"))
    }

    /// Returns which of so many shares the number falls to.
    pub(super) fn share(self, count: usize) -> usize {
        // Numbers are drawn by clients: any part of one may be the same in all of them.
        let folded = (self.0 >> 64) as u64 ^ self.0 as u64;
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % count
    }

    /// Returns a name for what is being written, of which there may be several.
    pub(super) fn unfinished(self, folder: &Path, number: u64) -> PathBuf {
        folder.join(format!("{self}.part{number}"))
    }
}

impl FromStr for BlobId {
    type Err = BlobIdError;

    fn from_str(text: &str) -> Result<Self, BlobIdError> {
        // One text for each number: it names a file.
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(is_digit) {
            return Err(BlobIdError);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| BlobIdError)
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Record {
    pub(crate) fn new(owner: &str, size: u64, digest: String, expires: u64) -> Self {
        let (is_passed, bond) = (false, None);
        Self { version: VERSION, owner: owner.into(), size, digest, expires, is_passed, bond }
    }

    /// Reads a record; none if it is damaged or of another version.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(text).ok()?;
        (record.version == VERSION).then_some(record)
    }

    pub(super) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_no_paths() {
        let text = "00000000000000000000000000000abc";
        assert_eq!(text.parse::<BlobId>().unwrap().to_string(), text);
        let wrong = ["", "abc", "../../../../../../../etc/passwd..", &text.to_uppercase()];
        assert!(wrong.iter().all(|text| text.parse::<BlobId>().is_err()));
    }

    #[test]
    fn records_of_other_versions_are_not_read() {
        let record = Record::new("ada", 3, "00".into(), 7);
        assert_eq!(Record::read(&record.write()), Some(record.clone()));
        // As they were before anybody could delete what was passed to him.
        let older = br#"{"version":1,"owner":"ada","size":3,"digest":"00","expires":7}"#;
        assert_eq!(Record::read(older), Some(record.clone()));
        let newer = Record { version: 2, ..record };
        assert_eq!(Record::read(&newer.write()), None);
        assert_eq!(Record::read(b"{"), None);
    }
}
