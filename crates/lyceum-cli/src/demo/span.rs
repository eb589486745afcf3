//! Spans of time, as users write and read them.

use std::time::Duration;

/// The longest span: a hundred years, which no clock reaches the end of.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Parses a span such as `500ms`, `10s` or `2m`, which may not be zero.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
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

/// Returns a span as on a stopwatch: `0:07`, `12:00`, `1:00:00`.
pub(crate) fn stopwatch(span: Duration) -> String {
    let seconds = span.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_from_milliseconds_to_hours_are_read() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse("1h"), Ok(Duration::from_secs(3_600)));
    }

    #[test]
    fn anything_else_is_refused() {
        let texts = ["", "s", "10", "0s", "-1s", "1.5s", "1 s", "ten", "1d", "9999999999999h"];
        for text in texts {
            assert!(parse(text).unwrap_err().contains("such as 500ms"), "{text:?}");
        }
    }

    #[test]
    fn stopwatch_shows_hours_only_when_there_are_some() {
        assert_eq!(stopwatch(Duration::from_secs(7)), "0:07");
        assert_eq!(stopwatch(Duration::from_secs(3_599)), "59:59");
        assert_eq!(stopwatch(Duration::from_secs(3_600)), "1:00:00");
    }
}
