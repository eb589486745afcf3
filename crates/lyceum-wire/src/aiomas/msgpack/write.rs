//! Writes a value as MsgPack, in the shortest form, as Python's packer does.

use crate::aiomas::encode::{Depth, EncodeError};
use crate::aiomas::value::TYPE_KEY;
use crate::aiomas::{Integer, Map, Message, Typed, Value};

/// Markers of one family, by the width of the length that follows.
struct Family {
    /// The marker that holds a small length itself, and how many lengths it can hold.
    fixed: Option<(u8, usize)>,
    /// The marker before a length of one byte.
    one: Option<u8>,
    /// The marker before a length of two bytes.
    two: u8,
    /// The marker before a length of four bytes.
    four: u8,
}

const TEXT: Family = Family { fixed: Some((0xa0, 32)), one: Some(0xd9), two: 0xda, four: 0xdb };
const BYTES: Family = Family { fixed: None, one: Some(0xc4), two: 0xc5, four: 0xc6 };
const LIST: Family = Family { fixed: Some((0x90, 16)), one: None, two: 0xdc, four: 0xdd };
const MAP: Family = Family { fixed: Some((0x80, 16)), one: None, two: 0xde, four: 0xdf };

/// Writes a payload that is a message.
pub(crate) fn write_message(message: &Message) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    let depth = Depth::default().enter()?;
    LIST.write(3, &mut out)?;
    write_unsigned(message.number().into(), &mut out);
    write(message.id(), depth, &mut out)?;
    match message {
        Message::Request { path, args, kwargs, .. } => {
            let depth = depth.enter()?.enter()?;
            LIST.write(3, &mut out)?;
            write_bytes(&TEXT, path.as_bytes(), &mut out)?;
            write_list(args, depth, &mut out)?;
            MAP.write(kwargs.len(), &mut out)?;
            for (name, value) in kwargs {
                write_bytes(&TEXT, name.as_bytes(), &mut out)?;
                write(value, depth, &mut out)?;
            }
        }
        Message::Result { value, .. } => write(value, depth, &mut out)?,
        Message::Exception { text, .. } => write_bytes(&TEXT, text.as_bytes(), &mut out)?,
    }
    Ok(out)
}

/// Writes a payload that is any value.
pub(crate) fn write_value(value: &Value) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    write(value, Depth::default(), &mut out)?;
    Ok(out)
}

fn write(value: &Value, depth: Depth, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(false) => out.push(0xc2),
        Value::Bool(true) => out.push(0xc3),
        Value::Int(integer) => write_integer(integer, out)?,
        Value::Float(float) => write_number(0xcb, float.to_be_bytes(), out),
        Value::Text(text) => write_bytes(&TEXT, text.as_bytes(), out)?,
        Value::Bytes(bytes) => write_bytes(&BYTES, bytes, out)?,
        Value::List(items) => write_list(items, depth.enter()?, out)?,
        Value::Map(map) => write_map(map, depth.enter()?, out)?,
        Value::Typed(typed) => write_typed(typed, depth.enter()?.enter()?, out)?,
    }
    Ok(())
}

fn write_list(items: &[Value], depth: Depth, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    LIST.write(items.len(), out)?;
    items.iter().try_for_each(|item| write(item, depth, out))
}

fn write_map(map: &Map, depth: Depth, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    MAP.write(map.len(), out)?;
    map.pairs().iter().try_for_each(|(key, value)| {
        write(key, depth, out)?;
        write(value, depth, out)
    })
}

fn write_typed(typed: &Typed, depth: Depth, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    MAP.write(1, out)?;
    write_bytes(&TEXT, TYPE_KEY.as_bytes(), out)?;
    LIST.write(2, out)?;
    write_unsigned(typed.id.into(), out);
    write(&typed.data, depth, out)
}

fn write_integer(integer: &Integer, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if let Some(number) = integer.as_u64() {
        write_unsigned(number, out);
    } else if let Some(number) = integer.as_i64() {
        write_negative(number, out);
    } else {
        let digits = integer.to_string().trim_start_matches('-').len();
        return Err(EncodeError::Integer { digits });
    }
    Ok(())
}

fn write_unsigned(number: u64, out: &mut Vec<u8>) {
    if let Ok(number) = u8::try_from(number) {
        match number {
            0..=0x7f => out.push(number),
            _ => write_number(0xcc, [number], out),
        }
    } else if let Ok(number) = u16::try_from(number) {
        write_number(0xcd, number.to_be_bytes(), out);
    } else if let Ok(number) = u32::try_from(number) {
        write_number(0xce, number.to_be_bytes(), out);
    } else {
        write_number(0xcf, number.to_be_bytes(), out);
    }
}

fn write_negative(number: i64, out: &mut Vec<u8>) {
    if let Ok(number) = i8::try_from(number) {
        match number {
            -32.. => out.push(number.cast_unsigned()),
            _ => write_number(0xd0, number.to_be_bytes(), out),
        }
    } else if let Ok(number) = i16::try_from(number) {
        write_number(0xd1, number.to_be_bytes(), out);
    } else if let Ok(number) = i32::try_from(number) {
        write_number(0xd2, number.to_be_bytes(), out);
    } else {
        write_number(0xd3, number.to_be_bytes(), out);
    }
}

fn write_number<const N: usize>(marker: u8, bytes: [u8; N], out: &mut Vec<u8>) {
    out.push(marker);
    out.extend_from_slice(&bytes);
}

fn write_bytes(family: &Family, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    family.write(bytes.len(), out)?;
    out.extend_from_slice(bytes);
    Ok(())
}

impl Family {
    /// Writes the marker and the length.
    fn write(&self, length: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let small = u8::try_from(length).ok();
        match (self.fixed, self.one, small) {
            (Some((marker, limit)), _, Some(small)) if length < limit => out.push(marker | small),
            (_, Some(marker), Some(small)) => write_number(marker, [small], out),
            _ => self.write_wide(length, out)?,
        }
        Ok(())
    }

    fn write_wide(&self, length: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if let Ok(length) = u16::try_from(length) {
            write_number(self.two, length.to_be_bytes(), out);
            return Ok(());
        }
        let limit = u32::MAX as usize;
        let wide = u32::try_from(length).map_err(|_| EncodeError::TooLong { length, limit })?;
        write_number(self.four, wide.to_be_bytes(), out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(value: impl Into<Value>) -> Vec<u8> {
        let mut out = Vec::new();
        write(&value.into(), Depth::default(), &mut out).unwrap();
        out.truncate(5);
        out
    }

    #[test]
    fn integers_have_the_shortest_form() {
        assert_eq!(start(127), [0x7f]);
        assert_eq!(start(128), [0xcc, 128]);
        assert_eq!(start(255), [0xcc, 255]);
        assert_eq!(start(256), [0xcd, 1, 0]);
        assert_eq!(start(65_536), [0xce, 0, 1, 0, 0]);
        assert_eq!(start(u64::MAX)[0], 0xcf);
        assert_eq!(start(-32), [0xe0]);
        assert_eq!(start(-33), [0xd0, 0xdf]);
        assert_eq!(start(-129), [0xd1, 0xff, 0x7f]);
        assert_eq!(start(-32_769), [0xd2, 0xff, 0xff, 0x7f, 0xff]);
        assert_eq!(start(i64::MIN)[..2], [0xd3, 0x80]);
    }

    #[test]
    fn lengths_have_the_shortest_form() {
        let text = |length: usize| start("x".repeat(length));
        assert_eq!(text(31)[0], 0xbf);
        assert_eq!(text(32)[..2], [0xd9, 32]);
        assert_eq!(text(256)[..3], [0xda, 1, 0]);
        assert_eq!(text(65_536)[..5], [0xdb, 0, 1, 0, 0]);
        let bytes = |length: usize| start(Value::Bytes(vec![0; length]));
        assert_eq!(bytes(0), [0xc4, 0]);
        assert_eq!(bytes(256)[..3], [0xc5, 1, 0]);
        let list = |length: usize| start(vec![Value::Null; length]);
        assert_eq!(list(15)[0], 0x9f);
        assert_eq!(list(16)[..3], [0xdc, 0, 16]);
        assert_eq!(list(65_536)[..5], [0xdd, 0, 1, 0, 0]);
        let map = |length: u32| start(Map::from_iter((0..length).map(|key| (key, ()))));
        assert_eq!(map(15)[0], 0x8f);
        assert_eq!(map(16)[..3], [0xde, 0, 16]);
    }

    #[test]
    fn large_integers_are_refused() {
        let write = |integer: i128| write(&integer.into(), Depth::default(), &mut Vec::new());

        assert_eq!(write(1 << 64), Err(EncodeError::Integer { digits: 20 }));
        assert_eq!(write(-(1 << 64)), Err(EncodeError::Integer { digits: 20 }));
    }
}
