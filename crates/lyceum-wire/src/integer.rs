//! Integers of any size, as Python has them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The name by which our serializer knows integers beyond 128 bits.
pub(crate) const NAME: &str = "lyceum_wire::Integer";

/// An integer of any size.
///
/// ```
/// use lyceum_wire::Integer;
///
/// assert_eq!(Integer::from(-7).as_i64(), Some(-7));
/// let large: Integer = "340282366920938463463374607431768211456".parse()?;
/// assert_eq!(large.as_u128(), None, "2^128");
/// assert_eq!(large.to_string(), "340282366920938463463374607431768211456");
/// # Ok::<(), lyceum_wire::ParseIntegerError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Integer(Digits);

/// One form for each integer, so that equality is the derived one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Digits {
    Small(i64),
    /// What `Small` cannot hold: decimal digits without leading zeros, after `-` if negative.
    Large(Box<str>),
}

/// Says that a text is no integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("cannot read an integer: expected decimal digits, after `-` if negative")]
pub struct ParseIntegerError;

impl Integer {
    /// Makes an integer of its bytes in two's complement, the lowest first; none are 0.
    ///
    /// It takes a time that grows with the square of the length.
    pub(crate) fn from_le_bytes(bytes: &[u8]) -> Self {
        let is_negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut wide = [if is_negative { 0xff } else { 0 }; 16];
        if bytes.len() <= wide.len() {
            wide[..bytes.len()].copy_from_slice(bytes);
            return Self::from(i128::from_le_bytes(wide));
        }
        let magnitude = if is_negative { negated(bytes) } else { bytes.to_vec() };
        let digits = decimal(&magnitude);
        let text = if is_negative { format!("-{digits}") } else { digits };
        text.parse().expect("digits are a number")
    }

    /// Returns the fewest bytes that are the number in two's complement, the lowest first.
    ///
    /// It takes a time that grows with the square of the length.
    pub(crate) fn to_le_bytes(&self) -> Vec<u8> {
        let (is_negative, mut bytes) = match &self.0 {
            Digits::Small(number) => (false, number.to_le_bytes().to_vec()),
            Digits::Large(text) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let mut magnitude = magnitude(digits);
                magnitude.push(0);
                (digits.len() < text.len(), magnitude)
            }
        };
        if is_negative {
            bytes = negated(&bytes);
        }
        while let [.., before, last] = bytes[..]
            && matches!((last, before & 0x80), (0, 0) | (0xff, 0x80))
        {
            bytes.pop();
        }
        bytes
    }

    /// Returns how many bytes it has beside those that every integer has.
    pub(crate) fn length(&self) -> usize {
        match &self.0 {
            Digits::Small(_) => 0,
            Digits::Large(digits) => digits.len(),
        }
    }

    /// Returns the number, if it has room in 64 bits with sign.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Digits::Small(number) => Some(*number),
            Digits::Large(_) => None,
        }
    }

    /// Returns the number, if it has room in 64 bits without sign.
    pub fn as_u64(&self) -> Option<u64> {
        self.convert()
    }

    /// Returns the number, if it has room in 128 bits with sign.
    pub fn as_i128(&self) -> Option<i128> {
        self.convert()
    }

    /// Returns the number, if it has room in 128 bits without sign.
    pub fn as_u128(&self) -> Option<u128> {
        self.convert()
    }

    /// Returns the nearest float, which is infinite far outside the range of floats.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Digits::Small(number) => *number as f64,
            Digits::Large(digits) => digits.parse().expect("digits are a number"),
        }
    }

    fn convert<T: TryFrom<i64> + FromStr>(&self) -> Option<T> {
        match &self.0 {
            Digits::Small(number) => T::try_from(*number).ok(),
            Digits::Large(digits) => digits.parse().ok(),
        }
    }
}

/// Returns a number in two's complement with the other sign. The smallest one of its length has
/// none, and becomes its own magnitude.
fn negated(bytes: &[u8]) -> Vec<u8> {
    let mut carry = true;
    let negate = |byte: &u8| {
        let (sum, overflow) = (!byte).overflowing_add(carry.into());
        carry = overflow;
        sum
    };
    bytes.iter().map(negate).collect()
}

/// What one digit of a large number can be, plus one.
const BASE: u64 = 1_000_000_000;

/// Returns the decimal digits of a number without sign, the lowest byte first.
fn decimal(magnitude: &[u8]) -> String {
    let mut limbs: Vec<u64> = Vec::new();
    for byte in magnitude.iter().rev() {
        let mut carry = u64::from(*byte);
        for limb in &mut limbs {
            let sum = *limb * 256 + carry;
            (*limb, carry) = (sum % BASE, sum / BASE);
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    if limbs.is_empty() {
        return "0".to_owned();
    }
    limbs.iter().rev().map(|limb| format!("{limb:09}")).collect()
}

/// Returns the bytes of a number without sign, the lowest first.
fn magnitude(digits: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u16::from(digit - b'0');
        for byte in &mut bytes {
            let sum = u16::from(*byte) * 10 + carry;
            [*byte, _] = sum.to_le_bytes();
            carry = sum >> 8;
        }
        if carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
        }
    }
    bytes
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Digits::Small(number) => number.fmt(f),
            Digits::Large(digits) => f.write_str(digits),
        }
    }
}

impl FromStr for Integer {
    type Err = ParseIntegerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseIntegerError);
        }
        if let Ok(number) = text.parse() {
            return Ok(Self(Digits::Small(number)));
        }
        let sign = &text[..text.len() - digits.len()];
        let digits = digits.trim_start_matches('0');
        Ok(Self(Digits::Large([sign, digits].concat().into())))
    }
}

impl From<i64> for Integer {
    fn from(number: i64) -> Self {
        Self(Digits::Small(number))
    }
}

/// Implements the conversion for types that may not have room in 64 bits with sign.
macro_rules! from_wide {
    ($($type:ty),*) => {$(
        impl From<$type> for Integer {
            fn from(number: $type) -> Self {
                let large = || Digits::Large(number.to_string().into());
                Self(i64::try_from(number).map_or_else(|_| large(), Digits::Small))
            }
        }
    )*};
}

from_wide!(u64, i128, u128);

/// Implements the conversion for types that have room in 64 bits with sign.
macro_rules! from_narrow {
    ($($type:ty),*) => {$(
        impl From<$type> for Integer {
            fn from(number: $type) -> Self {
                Self(Digits::Small(number.into()))
            }
        }
    )*};
}

from_narrow!(u8, u16, u32, i8, i16, i32);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Integer {
        text.parse().unwrap()
    }

    #[test]
    fn each_integer_has_one_form() {
        assert_eq!(parse("-0"), Integer::from(0));
        assert_eq!(parse("007"), Integer::from(7));
        assert_eq!(parse("9223372036854775808"), Integer::from(1_u64 << 63));
        assert_eq!(parse("00018446744073709551616"), Integer::from(1_u128 << 64));
        assert_eq!(parse("-9223372036854775808"), Integer::from(i64::MIN));
        assert_eq!(parse("-9223372036854775809"), Integer::from(i128::from(i64::MIN) - 1));
    }

    #[test]
    fn what_has_no_room_is_none() {
        assert_eq!(Integer::from(-1).as_u64(), None);
        assert_eq!(Integer::from(u64::MAX).as_i64(), None);
        assert_eq!(Integer::from(u64::MAX).as_u64(), Some(u64::MAX));
        assert_eq!(Integer::from(u128::MAX).as_i128(), None);
        assert_eq!(Integer::from(u128::MAX).as_u128(), Some(u128::MAX));
    }

    #[test]
    fn floats_are_the_nearest_ones() {
        assert_eq!(parse("18446744073709551617").to_f64(), 18_446_744_073_709_552_000.0);
        assert_eq!(parse(&"9".repeat(400)).to_f64(), f64::INFINITY);
    }

    #[test]
    fn bytes_in_twos_complement_are_what_they_were() {
        let power = |exponent: usize| format!("1{}", "0".repeat(exponent));
        for text in ["0", "1", "-1", "127", "128", "-128", "-129", "255", "-32768", "65535"] {
            let integer = parse(text);
            assert_eq!(Integer::from_le_bytes(&integer.to_le_bytes()), integer, "{text}");
        }
        for exponent in 15..300 {
            for text in [power(exponent), format!("-{}", power(exponent))] {
                let integer = parse(&text);
                assert_eq!(Integer::from_le_bytes(&integer.to_le_bytes()), integer, "{text}");
            }
        }
        let bytes = |count: usize, last: u8| [vec![0; count], vec![last]].concat();
        assert_eq!(Integer::from_le_bytes(&[]), Integer::from(0));
        assert_eq!(parse("-128").to_le_bytes(), [0x80]);
        assert_eq!(parse("128").to_le_bytes(), [0x80, 0]);
        let two_135 = "43556142965880123323311949751266331066368";
        assert_eq!(Integer::from_le_bytes(&bytes(16, 0x80)), parse(&format!("-{two_135}")));
        assert_eq!(parse(&format!("-{two_135}")).to_le_bytes(), bytes(16, 0x80));
        assert_eq!(parse(two_135).to_le_bytes(), [bytes(16, 0x80), vec![0]].concat());
    }

    #[test]
    fn what_is_no_integer_is_refused() {
        for text in ["", "-", "+1", "1.0", " 1", "1_0", "--1", "\u{661}"] {
            assert_eq!(text.parse::<Integer>(), Err(ParseIntegerError), "{text}");
        }
    }
}
