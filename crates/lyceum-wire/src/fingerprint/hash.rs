//! FNV-1a over parts whose borders count.

/// A hash under way: FNV-1a with 64 bits.
///
/// It is written out since it must be the same in every program and for all time, which the
/// standard library's hashes are not.
pub(super) struct Hash(u64);

/// Where FNV-1a begins.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// What FNV-1a multiplies by.
const PRIME: u64 = 0x0100_0000_01b3;

impl Hash {
    pub(super) fn new() -> Self {
        Self(OFFSET)
    }

    /// Adds a number.
    pub(super) fn count(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }

    /// Adds a text with its length, so that `ab`, `c` is not `a`, `bc`.
    pub(super) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    pub(super) fn finish(&self) -> u64 {
        self.0
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        let mut hash = Hash::new();
        hash.bytes(b"foobar");
        assert_eq!(hash.finish(), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn borders_count() {
        let hash = |parts: [&str; 2]| {
            let mut hash = Hash::new();
            parts.iter().for_each(|part| hash.text(part));
            hash.finish()
        };
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
    }
}
