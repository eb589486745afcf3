//! Durations in attributes: an integer and a unit.

use std::time::Duration;

use syn::{Error, LitStr, Result};

/// Parses a duration such as `"5s"` or `"250ms"`, which may not be zero.
pub(crate) fn parse(literal: &LitStr) -> Result<Duration> {
    let text = literal.value();
    let Some(duration) = read(&text) else {
        let expected = "an integer and one of `ns`, `us`, `ms`, `s`, `m`, `h`, such as \"250ms\"";
        let message = format!("cannot read {text:?} as a duration: expected {expected}");
        return Err(Error::new(literal.span(), message));
    };
    if duration.is_zero() {
        return Err(Error::new(literal.span(), "expected a duration above zero"));
    }
    Ok(duration)
}

fn read(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ns" => Some(Duration::from_nanos(number)),
        "us" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3_600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_from_nanoseconds_to_hours_are_read() {
        assert_eq!(read("7ns"), Some(Duration::from_nanos(7)));
        assert_eq!(read("7us"), Some(Duration::from_micros(7)));
        assert_eq!(read("7ms"), Some(Duration::from_millis(7)));
        assert_eq!(read("7s"), Some(Duration::from_secs(7)));
        assert_eq!(read("7m"), Some(Duration::from_secs(420)));
        assert_eq!(read("7h"), Some(Duration::from_secs(25_200)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "5", "s", "-1s", "1.5s", "5 s", "5sec", "1s ", "99999999999999999999s"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(read("18446744073709551615h"), None);
    }
}
