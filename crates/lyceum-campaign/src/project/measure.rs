//! Times and sizes as people write them.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A time, as `250ms`, `10s`, `5min` or `1.5h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period(pub(super) Duration);

/// A number of bytes, as `64KiB`, `1.5GB` or plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(pub(super) u64);

/// Units of time, in microseconds.
const TIMES: &[(&str, f64)] = &[
    ("us", 1.0),
    ("ms", 1e3),
    ("s", 1e6),
    ("min", 6e7),
    // As times on command lines are written.
    ("m", 6e7),
    ("h", 3.6e9),
    ("d", 8.64e10),
];

/// Units of size, in bytes.
const SIZES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1_024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];

/// The greatest size: integers up to it are exact in a floating-point number.
const MOST_BYTES: f64 = 9_007_199_254_740_992.0;

/// Reads a number with a unit behind it.
fn measured(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = text.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    // Digits and dots alone: neither signs, exponents nor infinity.
    number.parse::<f64>().ok().map(|number| number * factor)
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PeriodVisitor)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SizeVisitor)
    }
}

struct PeriodVisitor;

impl Visitor<'_> for PeriodVisitor {
    type Value = Period;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time above zero such as \"250ms\", \"10s\", \"5min\" or \"2h\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Period, E> {
        let wrong = || E::invalid_value(Unexpected::Str(text), &self);
        let micros = measured(text, TIMES).ok_or_else(wrong)?;
        let period = Duration::try_from_secs_f64(micros / 1e6).map_err(|_| wrong())?;
        if period.is_zero() { Err(wrong()) } else { Ok(Period(period)) }
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size above zero such as 4096, \"64KiB\", \"100MB\" or \"2GiB\"")
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<Size, E> {
        match u64::try_from(bytes) {
            Ok(bytes @ 1..) => Ok(Size(bytes)),
            _ => Err(E::invalid_value(Unexpected::Signed(bytes), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        let bytes = measured(text, SIZES).unwrap_or_default();
        if (1.0..=MOST_BYTES).contains(&bytes) {
            // A whole number within what is exact.
            Ok(Size(bytes.round() as u64))
        } else {
            Err(E::invalid_value(Unexpected::Str(text), &self))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    fn period(text: &str) -> Option<Duration> {
        let from: StrDeserializer<'_, Error> = text.into_deserializer();
        Period::deserialize(from).ok().map(|period| period.0)
    }

    fn size(text: &str) -> Option<u64> {
        let from: StrDeserializer<'_, Error> = text.into_deserializer();
        Size::deserialize(from).ok().map(|size| size.0)
    }

    #[test]
    fn times_are_read() {
        assert_eq!(period("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(period("1.5 h"), Some(Duration::from_secs(5_400)));
        assert_eq!(period("2d"), Some(Duration::from_secs(172_800)));
        for wrong in ["", "10", "s", "-1s", "1e3s", "1.2.3s", "0s", "1 year", "infs"] {
            assert_eq!(period(wrong), None, "{wrong}");
        }
        let endless = format!("{}d", "9".repeat(400));
        assert_eq!(period(&endless), None);
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("64KiB"), Some(65_536));
        assert_eq!(size("1.5 MB"), Some(1_500_000));
        assert_eq!(size("1B"), Some(1));
        for wrong in ["", "12", "B", "0B", "-1B", "1TB", "1mb", "99999999GiB"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9.]{0,6} ?[a-zA-Z]{0,3}") {
            if let Some(read) = period(&text) {
                prop_assert!(!read.is_zero());
            }
            if let Some(read) = size(&text) {
                prop_assert!(read > 0);
            }
        }
    }
}
