//! Spans of time, as users write them.

use std::time::Duration;

/// The longest span: a hundred years, which no clock reaches the end of.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Parses a span such as `500ms`, `10s` or `2m`, which may not be zero.
///
/// # Errors
///
/// Says what was expected, for a command line.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(lyceum::manager::parse_span("500ms"), Ok(Duration::from_millis(500)));
/// assert!(lyceum::manager::parse_span("soon").is_err());
/// ```
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let span = read(text).filter(|span| !span.is_zero() && *span <= LONGEST);
    span.ok_or_else(|| {
        "expected a number above 0 and one of `ms`, `s`, `m`, `h`, such as 500ms, 10s or 2m".into()
    })
}

fn read(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
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
    fn units_from_milliseconds_to_hours_are_read() {
        assert_eq!(parse_span("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_span("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_span("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse_span("1h"), Ok(Duration::from_secs(3_600)));
    }

    #[test]
    fn anything_else_is_refused() {
        let texts = ["", "s", "10", "0s", "-1s", "1.5s", "1 s", "ten", "1d", "9999999999999h"];
        for text in texts {
            assert!(parse_span(text).unwrap_err().contains("such as 500ms"), "{text:?}");
        }
    }
}
