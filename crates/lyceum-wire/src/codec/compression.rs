//! Compression of encoded values.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The smallest value that is worth the time to compress, in bytes.
pub const COMPRESSION_THRESHOLD: usize = 1024;

/// The part of its length, one in so many, that a value must lose to be sent compressed.
const GAIN: usize = 8;

/// Bytes in front of a compressed value, which say how long it was.
#[cfg(feature = "lz4")]
const PREFIX: usize = 4;

/// How many bytes one byte of LZ4 can stand for at most.
#[cfg(feature = "lz4")]
const GREATEST_RATIO: usize = 255;

/// How an encoded value is compressed.
///
/// A compressed value is the length of the plain one (four bytes, least first) and one LZ4 block.
///
/// ```
/// use lyceum_wire::Compression;
///
/// let plain = b"to and fro ".repeat(1000);
/// # if Compression::Lz4.is_built_in() {
/// let packed = Compression::Lz4.pack(&plain).expect("it repeats itself");
/// assert!(packed.len() < 100);
/// assert_eq!(Compression::Lz4.unpack(&packed, 1 << 20)?, plain);
/// # }
/// assert!(Compression::Lz4.pack(b"short").is_none(), "it would not help");
/// # Ok::<(), lyceum_wire::CompressionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Compression {
    /// The bytes are as the codec wrote them.
    #[default]
    None,
    /// LZ4, block format.
    Lz4,
}

/// Says why compressed bytes could not be unpacked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CompressionError {
    /// The plain value is longer than the limit.
    #[error("cannot unpack {announced} bytes: expected at most {limit}")]
    TooLong {
        /// The length that the bytes announce.
        announced: usize,
        /// The limit.
        limit: usize,
    },
    /// So few bytes cannot stand for so many.
    #[error("cannot unpack {packed} bytes to {announced}: expected a length that they can hold")]
    Lie {
        /// The length that the bytes announce.
        announced: usize,
        /// How many bytes there are.
        packed: usize,
    },
    /// The bytes are not what the compression writes.
    #[error("cannot unpack bytes: expected an LZ4 block behind its length")]
    Corrupt,
    /// The program was built without the compression.
    #[error("cannot unpack {0}: the program was built without it")]
    NotBuiltIn(Compression),
    /// No compression has such a name.
    #[error("cannot find a compression named `{0}`: expected none or lz4")]
    Unknown(String),
}

impl Compression {
    /// All compressions, the plain one last.
    pub const ALL: [Self; 2] = [Self::Lz4, Self::None];

    /// Returns the name by which two ends agree on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
        }
    }

    /// Returns whether this program was built with it.
    pub const fn is_built_in(self) -> bool {
        match self {
            Self::None => true,
            Self::Lz4 => cfg!(feature = "lz4"),
        }
    }

    /// Returns the compressed bytes, if that makes a difference.
    ///
    /// It does not if there are few bytes, below [`COMPRESSION_THRESHOLD`], if they hardly shrink,
    /// or if the program was built without the compression.
    pub fn pack(self, plain: &[u8]) -> Option<Vec<u8>> {
        if plain.len() < COMPRESSION_THRESHOLD {
            return None;
        }
        let packed = match self {
            Self::None => None,
            Self::Lz4 => pack_lz4(plain),
        }?;
        (packed.len() < plain.len() - plain.len() / GAIN).then_some(packed)
    }

    /// Returns the plain bytes, `limit` of them at most.
    ///
    /// # Errors
    ///
    /// If they are too many, or `packed` is not what [`pack`](Self::pack) wrote. Nothing is
    /// allocated for an announced length that `packed` is too short for.
    pub fn unpack(self, packed: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
        match self {
            Self::None if packed.len() > limit => {
                Err(CompressionError::TooLong { announced: packed.len(), limit })
            }
            Self::None => Ok(packed.to_vec()),
            Self::Lz4 => unpack_lz4(packed, limit),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Compression {
    type Err = CompressionError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| CompressionError::Unknown(name.into()))
    }
}

#[cfg(feature = "lz4")]
fn pack_lz4(plain: &[u8]) -> Option<Vec<u8>> {
    use lz4_flex::block::{compress_into, get_maximum_output_size};

    let length = u32::try_from(plain.len()).ok()?;
    let mut packed = vec![0; PREFIX + get_maximum_output_size(plain.len())];
    packed[..PREFIX].copy_from_slice(&length.to_le_bytes());
    let written = compress_into(plain, &mut packed[PREFIX..]).ok()?;
    packed.truncate(PREFIX + written);
    Some(packed)
}

#[cfg(feature = "lz4")]
fn unpack_lz4(packed: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
    let (prefix, block) = packed.split_first_chunk::<PREFIX>().ok_or(CompressionError::Corrupt)?;
    let announced = u32::from_le_bytes(*prefix) as usize;
    if announced > limit {
        return Err(CompressionError::TooLong { announced, limit });
    }
    if announced > block.len().saturating_mul(GREATEST_RATIO) {
        return Err(CompressionError::Lie { announced, packed: block.len() });
    }
    let mut plain = vec![0; announced];
    match lz4_flex::block::decompress_into(block, &mut plain) {
        Ok(length) if length == announced => Ok(plain),
        _ => Err(CompressionError::Corrupt),
    }
}

#[cfg(not(feature = "lz4"))]
fn pack_lz4(_plain: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(not(feature = "lz4"))]
fn unpack_lz4(_packed: &[u8], _limit: usize) -> Result<Vec<u8>, CompressionError> {
    Err(CompressionError::NotBuiltIn(Compression::Lz4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compression_goes_by_its_name() {
        for kind in Compression::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert!("zip".parse::<Compression>().unwrap_err().to_string().contains("`zip`"));
    }

    #[test]
    fn plain_bytes_keep_to_the_limit_too() {
        assert_eq!(Compression::None.unpack(b"abc", 3), Ok(b"abc".to_vec()));
        let error = CompressionError::TooLong { announced: 3, limit: 2 };
        assert_eq!(Compression::None.unpack(b"abc", 2), Err(error));
    }

    #[cfg(feature = "lz4")]
    mod lz4 {
        use proptest::prelude::*;

        use super::*;

        #[test]
        fn noise_and_short_values_stay_as_they_are() {
            let mut state = 1_u64;
            let noise: Vec<u8> = (0..5000)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (state >> 56) as u8
                })
                .collect();

            assert_eq!(Compression::Lz4.pack(&noise), None);
            assert_eq!(Compression::Lz4.pack(&[0; COMPRESSION_THRESHOLD - 1]), None);
            assert!(Compression::Lz4.pack(&[0; COMPRESSION_THRESHOLD]).is_some());
        }

        #[test]
        fn a_length_above_the_limit_is_refused_before_anything_is_unpacked() {
            let packed = Compression::Lz4.pack(&[7; 4096]).unwrap();

            let error = Compression::Lz4.unpack(&packed, 4095).unwrap_err();

            assert_eq!(error, CompressionError::TooLong { announced: 4096, limit: 4095 });
        }

        #[test]
        fn a_length_that_the_bytes_cannot_hold_is_a_lie() {
            let packed = [&u32::MAX.to_le_bytes()[..], &[0; 16]].concat();

            let error = Compression::Lz4.unpack(&packed, usize::MAX).unwrap_err();

            assert!(matches!(error, CompressionError::Lie { packed: 16, .. }), "{error}");
        }

        #[test]
        fn a_length_that_is_off_by_one_is_noticed() {
            let mut packed = Compression::Lz4.pack(&[7; 4096]).unwrap();
            for length in [4095_u32, 4097] {
                packed[..4].copy_from_slice(&length.to_le_bytes());
                let unpacked = Compression::Lz4.unpack(&packed, 1 << 20);
                assert_eq!(unpacked, Err(CompressionError::Corrupt));
            }
        }

        proptest! {
            #[test]
            fn what_was_packed_is_unpacked(
                part in proptest::collection::vec(any::<u8>(), 1..40),
                times in 30..300_usize,
            ) {
                let plain = part.repeat(times);
                if let Some(packed) = Compression::Lz4.pack(&plain) {
                    prop_assert!(packed.len() < plain.len());
                    prop_assert_eq!(Compression::Lz4.unpack(&packed, plain.len()), Ok(plain));
                }
            }

            #[test]
            fn random_bytes_never_panic(
                packed in proptest::collection::vec(any::<u8>(), 0..200),
                length in 0..100_000_u32,
            ) {
                let packed = [&length.to_le_bytes()[..], &packed].concat();
                if let Ok(plain) = Compression::Lz4.unpack(&packed, 50_000) {
                    prop_assert_eq!(plain.len(), length as usize);
                }
            }
        }
    }
}
