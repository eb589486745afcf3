//! Python's dates, times and durations, as ISO 8601 has them.

use std::fmt::Write;

use super::{Object, Value};

/// Returns the text of an object of the module `datetime`.
pub(super) fn text(class: &str, object: &Object) -> Option<String> {
    if object.state.is_some() {
        return None;
    }
    let args = &object.args[..];
    match class {
        "timedelta" => duration(args),
        "date" => match args {
            [Value::Bytes(bytes)] => date(bytes.as_slice().try_into().ok()?),
            _ => None,
        },
        "time" => {
            let (bytes, zone) = stamp(args)?;
            Some(time(bytes.try_into().ok()?)? + &zone)
        }
        "datetime" => {
            let (bytes, zone) = stamp(args)?;
            let (day, rest) = bytes.split_first_chunk::<4>()?;
            Some(format!("{}T{}{zone}", date(*day)?, time(rest.try_into().ok()?)?))
        }
        _ => None,
    }
}

/// Returns the bytes of a date and the text of its zone.
fn stamp(args: &[Value]) -> Option<(&[u8], String)> {
    match args {
        [Value::Bytes(bytes)] => Some((bytes, String::new())),
        [Value::Bytes(bytes), Value::Object(zone)] => Some((bytes, offset(zone)?)),
        _ => None,
    }
}

/// Returns the text of a day: two bytes of the year, the month with a mark, and the day.
fn date([high, low, month, day]: [u8; 4]) -> Option<String> {
    let year = u16::from_be_bytes([high, low]);
    let month = month & 0x7f;
    let good = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    good.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Returns the text of a time: the hour with a mark, minute, second, three bytes of microseconds.
fn time([hour, minute, second, high, middle, low]: [u8; 6]) -> Option<String> {
    let hour = hour & 0x7f;
    let micros = u32::from_be_bytes([0, high, middle, low]);
    let good = hour < 24 && minute < 60 && second < 60 && micros < 1_000_000;
    good.then(|| format!("{hour:02}:{minute:02}:{second:02}{}", fraction(micros)))
}

fn fraction(micros: u32) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}") }
}

/// Returns the offset of a `timezone`.
fn offset(zone: &Object) -> Option<String> {
    if !zone.class.is("datetime", "timezone") {
        return None;
    }
    let Value::Object(delta) = zone.args.first()? else { return None };
    let micros = delta.class.is("datetime", "timedelta").then(|| micros(&delta.args)).flatten()?;
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    if rest != 0 || seconds.abs() >= 86_400 {
        return None;
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 {
        // Writing to a text cannot fail.
        let _ = write!(text, ":{:02}", seconds % 60);
    }
    Some(text)
}

/// Returns the text of a `timedelta`.
fn duration(args: &[Value]) -> Option<String> {
    let micros = micros(args)?;
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let rest = u32::try_from(micros % 1_000_000).ok()?;
    Some(format!("{sign}PT{}{}S", micros / 1_000_000, fraction(rest)))
}

/// Returns how many microseconds a `timedelta` of days, seconds and microseconds has.
fn micros(args: &[Value]) -> Option<i128> {
    let [days, seconds, micros] = args else { return None };
    let number = |value: &Value| match value {
        Value::Int(number) => number.as_i64().map(i128::from),
        _ => None,
    };
    let seconds = number(days)? * 86_400 + number(seconds)?;
    Some(seconds * 1_000_000 + number(micros)?)
}
