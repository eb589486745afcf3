//! Spans of time, as users write them.

use std::time::Duration;

/// The longest span: a hundred years, which no clock reaches the end of.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Parses a span such as `500ms`, `1.5s` or `1m30s`, which may not be zero.
///
/// ```
/// use std::time::Duration;
///
/// use lyceum_manager::parse_span;
///
/// assert_eq!(parse_span("1m30s"), Ok(Duration::from_secs(90)));
/// ```
///
/// # Errors
///
/// Says what was expected.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let span = read(text).filter(|span| !span.is_zero() && *span <= LONGEST);
    span.ok_or_else(|| {
        "expected a number above 0 and one of `ms`, `s`, `m`, `h`, such as 500ms, 1.5s or 1m30s"
            .into()
    })
}

/// Reads numbers with units, the largest unit first, each at most once.
fn read(mut text: &str) -> Option<Duration> {
    let (mut nanos, mut last) = (0u64, u64::MAX);
    while !text.is_empty() {
        let (number, rest) = text.split_at(text.find(char::is_alphabetic)?);
        let (unit, rest) =
            rest.split_at(rest.find(|c| !char::is_alphabetic(c)).unwrap_or(rest.len()));
        let unit = match unit {
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" | "min" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        if unit >= last {
            return None;
        }
        nanos = nanos.checked_add(times(unit, number)?)?;
        (text, last) = (rest, unit);
    }
    Some(Duration::from_nanos(nanos))
}

/// Returns so many times a number of nanoseconds: an integer, or one with a point and digits.
fn times(nanos: u64, number: &str) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 9 {
        return None;
    }
    let whole = nanos.checked_mul(whole.parse().ok()?)?;
    let part = u128::from(nanos) * part.parse::<u128>().ok()? / 10u128.pow(part.len() as u32);
    whole.checked_add(u64::try_from(part).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_from_milliseconds_to_hours_are_read() {
        assert_eq!(parse_span("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_span("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_span("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse_span("5min"), Ok(Duration::from_secs(300)));
        assert_eq!(parse_span("1h"), Ok(Duration::from_secs(3_600)));
    }

    #[test]
    fn parts_of_a_unit_and_several_units_are_read() {
        assert_eq!(parse_span("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse_span("0.25h"), Ok(Duration::from_secs(900)));
        assert_eq!(parse_span("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_span("1h2m3.5s"), Ok(Duration::from_millis(3_723_500)));
        assert_eq!(parse_span("0.123456789s"), Ok(Duration::from_nanos(123_456_789)));
    }

    #[test]
    fn anything_else_is_refused() {
        let texts = [
            "",
            "s",
            "10",
            "0s",
            "-1s",
            "1 s",
            "ten",
            "1d",
            "9999999999999h",
            "1.s",
            ".5s",
            "1.5",
            "1.5.5s",
            "30s1m",
            "1m1m",
            "1m30",
            "1e3s",
            "0.0000000001h",
            "1,5s",
        ];
        for text in texts {
            assert!(parse_span(text).unwrap_err().contains("such as 500ms"), "{text:?}");
        }
    }
}
