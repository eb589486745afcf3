//! Durations as seconds, which every reader of JSON understands.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(duration.as_secs_f64())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(from)?;
    Duration::try_from_secs_f64(seconds).map_err(D::Error::custom)
}

/// Writes a duration as people read it.
pub(super) fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 if duration.as_millis() == 0 => format!("{} µs", duration.as_micros()),
        0 if duration.as_millis() < 10 => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_for_people() {
        let texts = [
            (Duration::from_micros(7), "7 µs"),
            (Duration::from_micros(1_250), "1.2 ms"),
            (Duration::from_millis(40), "40 ms"),
            (Duration::from_millis(1_500), "1.5 s"),
            (Duration::from_secs(125), "2 min 05 s"),
            (Duration::from_secs(7_260), "2 h 01 min"),
        ];
        for (duration, text) in texts {
            assert_eq!(shown(duration), text);
        }
    }
}
