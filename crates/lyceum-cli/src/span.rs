//! Spans of time, as users read them.

use std::time::Duration;

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
    fn stopwatch_shows_hours_only_when_there_are_some() {
        assert_eq!(stopwatch(Duration::from_secs(7)), "0:07");
        assert_eq!(stopwatch(Duration::from_secs(3_599)), "59:59");
        assert_eq!(stopwatch(Duration::from_secs(3_600)), "1:00:00");
    }
}
