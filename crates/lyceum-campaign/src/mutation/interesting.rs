//! Numbers at whose edges programs fail.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::change::ByteOrder;

/// As 64 bits; narrower ones are cut from these.
const NUMBERS: &[i64] = &[
    0,
    1,
    2,
    7,
    8,
    10,
    16,
    31,
    32,
    63,
    64,
    100,
    127,
    128,
    129,
    255,
    256,
    257,
    511,
    512,
    1_000,
    1_023,
    1_024,
    4_095,
    4_096,
    32_767,
    32_768,
    65_535,
    65_536,
    100_000,
    1_000_000,
    i32::MAX as i64,
    i32::MAX as i64 + 1,
    u32::MAX as i64,
    u32::MAX as i64 + 1,
    1_000_000_000_000,
    i64::MAX,
    i64::MIN,
    i32::MIN as i64,
    i16::MIN as i64,
    i8::MIN as i64,
    -1,
    -2,
    -16,
    -100,
];

/// Numbers as programs read them from text.
const WRITTEN: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "10",
    "100",
    "127",
    "128",
    "255",
    "256",
    "1000",
    "32767",
    "32768",
    "65535",
    "65536",
    "999999",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999",
    "00",
    "0x7f",
    "1e308",
    "1e309",
    "-0",
    "0.1",
    "nan",
    "inf",
];

/// Draws a number of so many bytes.
pub(super) fn number<R: Rng + ?Sized>(width: usize, rng: &mut R) -> Vec<u8> {
    let number = NUMBERS.choose(rng).copied().unwrap_or_default();
    let order = order(rng);
    let little = number.to_le_bytes();
    let mut bytes = little[..width.min(little.len())].to_vec();
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    bytes
}

/// Draws a number that is written in letters and digits.
pub(super) fn written<R: Rng + ?Sized>(rng: &mut R) -> &'static [u8] {
    WRITTEN.choose(rng).copied().unwrap_or_default().as_bytes()
}

/// Draws an order of bytes.
pub(super) fn order<R: Rng + ?Sized>(rng: &mut R) -> ByteOrder {
    if rng.random() { ByteOrder::Little } else { ByteOrder::Big }
}
