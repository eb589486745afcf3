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
    fn what_is_no_integer_is_refused() {
        for text in ["", "-", "+1", "1.0", " 1", "1_0", "--1", "\u{661}"] {
            assert_eq!(text.parse::<Integer>(), Err(ParseIntegerError), "{text}");
        }
    }
}
