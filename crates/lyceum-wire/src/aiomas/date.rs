//! Dates, as the serializer of aiomas writes and reads them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::aiomas::deserialize::named_text;

/// The name by which our serializer and deserializer know dates.
pub(crate) const NAME: &str = "lyceum_wire::aiomas::Date";

/// A date and time of day with its offset from UTC, to the microsecond.
///
/// It is what Python's `arrow` holds: years from 1 to 9999 and whole microseconds. Offsets are
/// whole minutes, since `arrow` does not read their seconds and would be wrong by them; a date
/// with such an offset is moved to the next one towards UTC. In Rust arguments and results,
/// [`Timestamp`] reads such dates, too, but is written as a text, and this as a date.
///
/// ```
/// use jiff::Timestamp;
/// use lyceum_wire::aiomas::Date;
///
/// let date: Date = "2016-01-01T01:00:00+01:00".parse()?;
/// assert_eq!(date.timestamp()?, "2016-01-01T00:00:00Z".parse::<Timestamp>()?);
/// assert_eq!(date.to_string(), "2016-01-01T01:00:00+01:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Date {
    local: DateTime,
    offset: Offset,
}

/// Says why something is no date that Python has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DateError {
    /// The text has another form.
    #[error("cannot read a date: expected ISO 8601, as in 2016-01-01T00:00:00+00:00")]
    Form,
    /// The date is too early or too late.
    #[error("cannot convert a date: expected a year from 1 to 9999")]
    Range,
}

impl Date {
    /// Makes a date of a point in time, to be read at an offset from UTC.
    ///
    /// # Errors
    ///
    /// Python has the years from 1 to 9999.
    pub fn new(timestamp: Timestamp, offset: Offset) -> Result<Self, DateError> {
        Self::from_local(offset.to_datetime(timestamp), offset)
    }

    /// Returns the point in time.
    ///
    /// # Errors
    ///
    /// The last hours of the year 9999, which Python uses for "never", are no [`Timestamp`].
    pub fn timestamp(&self) -> Result<Timestamp, DateError> {
        self.offset.to_timestamp(self.local).map_err(|_| DateError::Range)
    }

    /// Returns the date and time of day at the offset.
    pub fn local(&self) -> DateTime {
        self.local
    }

    /// Returns the offset from UTC.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// Makes offset and fraction such that Python reads the same point in time.
    fn from_local(local: DateTime, offset: Offset) -> Result<Self, DateError> {
        let seconds = offset.seconds() % 60;
        let nanoseconds = local.subsec_nanosecond() % 1000;
        let excess = SignedDuration::from_secs(seconds.into())
            + SignedDuration::from_nanos(nanoseconds.into());
        let local = local.checked_sub(excess).map_err(|_| DateError::Range)?;
        let offset = Offset::from_seconds(offset.seconds() - seconds)
            .expect("an offset nearer to UTC is an offset");
        if local.year() < 1 { Err(DateError::Range) } else { Ok(Self { local, offset }) }
    }
}

impl TryFrom<Timestamp> for Date {
    type Error = DateError;

    /// Makes a date in UTC.
    fn try_from(timestamp: Timestamp) -> Result<Self, Self::Error> {
        Self::new(timestamp, Offset::UTC)
    }
}

impl FromStr for Date {
    type Err = DateError;

    /// Reads ISO 8601; as with `arrow`, a missing time is midnight and a missing offset UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pieces = Pieces::parse(text).map_err(|_| DateError::Form)?;
        if pieces.time_zone_annotation().is_some() {
            return Err(DateError::Form);
        }
        let local = pieces.date().to_datetime(pieces.time().unwrap_or_default());
        Self::from_local(local, pieces.to_numeric_offset().unwrap_or(Offset::UTC))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.local.date(), self.local.time());
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())?;
        write!(f, "T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        let micros = time.subsec_nanosecond() / 1000;
        if micros > 0 {
            write!(f, ".{micros:06}")?;
        }
        let sign = if self.offset.is_negative() { '-' } else { '+' };
        let minutes = self.offset.seconds().abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NAME, &self.to_string())
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        named_text(NAME, deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_they_were_read() {
        let texts = [
            "2016-01-01T00:00:00+00:00",
            "2016-06-01T12:34:56.120000-05:30",
            "0001-01-01T00:00:00+00:00",
            "9999-12-31T23:59:59.999999+00:00",
            "2024-07-01T00:00:00+14:00",
        ];
        for text in texts {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_forms_are_read_as_arrow_reads_them() {
        let check = |text: &str, same: &str| {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), same, "{text}");
        };
        check("2016-01-01", "2016-01-01T00:00:00+00:00");
        check("2016-01-01T00:00:00Z", "2016-01-01T00:00:00+00:00");
        check("2016-01-01 00:00:00", "2016-01-01T00:00:00+00:00");
        check("2016-01-01T00:00:00.5+0100", "2016-01-01T00:00:00.500000+01:00");
        check("2016-01-01T00:00:00.123456789+01", "2016-01-01T00:00:00.123456+01:00");
    }

    #[test]
    fn offset_of_broken_minutes_keeps_the_point_in_time() {
        let date: Date = "1890-01-01T00:00:00+00:53:28".parse().unwrap();
        assert_eq!(date.to_string(), "1889-12-31T23:59:32+00:53");
        let exact: Timestamp = "1890-01-01T00:00:00+00:53:28".parse().unwrap();
        assert_eq!(date.timestamp(), Ok(exact));
        let west: Date = "1890-01-01T00:00:00-00:43:08".parse().unwrap();
        assert_eq!(west.to_string(), "1890-01-01T00:00:08-00:43");
    }

    #[test]
    fn what_python_cannot_hold_is_refused() {
        for text in ["", "x", "2016", "2016-13-01", "2016-01-01T00:00:00[Europe/Berlin]"] {
            assert_eq!(text.parse::<Date>(), Err(DateError::Form), "{text}");
        }
        assert_eq!("0000-12-31T00:00:00+00:00".parse::<Date>(), Err(DateError::Range));
        assert_eq!(Date::try_from(Timestamp::MIN), Err(DateError::Range));
        let never: Date = "9999-12-31T23:59:59.999999+00:00".parse().unwrap();
        assert_eq!(never.timestamp(), Err(DateError::Range));
    }

    #[test]
    fn date_is_a_text_in_json() {
        let date: Date = "2016-01-01T01:00:00+01:00".parse().unwrap();
        let json = serde_json::to_string(&date).unwrap();
        assert_eq!(json, "\"2016-01-01T01:00:00+01:00\"");
        assert_eq!(serde_json::from_str::<Date>(&json).unwrap(), date);
    }
}
