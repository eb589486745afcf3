//! Writes a value as JSON, byte for byte as Python's `json.dumps` does.

use std::fmt::Write as _;

use crate::aiomas::encode::{Depth, EncodeError};
use crate::aiomas::json::{float, text};
use crate::aiomas::value::TYPE_KEY;
use crate::aiomas::{Message, Typed, Value};

/// Writes a payload that is a message.
pub(crate) fn write_message(message: &Message) -> Result<Vec<u8>, EncodeError> {
    let mut out = String::new();
    let depth = Depth::default().enter()?;
    begin_message(message, depth, &mut out)?;
    match message {
        Message::Request { path, args, kwargs, .. } => {
            let depth = depth.enter()?;
            out.push('[');
            text::write(path, &mut out);
            out.push_str(", ");
            write_list(args, depth.enter()?, &mut out)?;
            out.push_str(", ");
            write_pairs(kwargs, depth.enter()?, &mut out, |name, out| {
                text::write(name, out);
                Ok(())
            })?;
            out.push(']');
        }
        Message::Result { value, .. } => write(value, depth, &mut out)?,
        Message::Exception { text, .. } => text::write(text, &mut out),
    }
    out.push(']');
    Ok(out.into_bytes())
}

/// Writes a payload that is any value.
pub(crate) fn write_value(value: &Value) -> Result<Vec<u8>, EncodeError> {
    let mut out = String::new();
    write(value, Depth::default(), &mut out)?;
    Ok(out.into_bytes())
}

fn begin_message(message: &Message, depth: Depth, out: &mut String) -> Result<(), EncodeError> {
    let number = message.number();
    write!(out, "[{number}, ").expect("a string takes what is written");
    write(message.id(), depth, out)?;
    out.push_str(", ");
    Ok(())
}

fn write(value: &Value, depth: Depth, out: &mut String) -> Result<(), EncodeError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(integer) => {
            write!(out, "{integer}").expect("a string takes what is written");
        }
        Value::Float(float) => float::write(*float, out),
        Value::Text(text) => text::write(text, out),
        Value::Bytes(_) => return Err(EncodeError::Bytes),
        Value::List(items) => write_list(items, depth.enter()?, out)?,
        Value::Map(map) => {
            let depth = depth.enter()?;
            write_pairs(map.pairs(), depth, out, |key, out| write_key(key, depth, out))?;
        }
        Value::Typed(typed) => write_typed(typed, depth.enter()?.enter()?, out)?,
    }
    Ok(())
}

fn write_list(items: &[Value], depth: Depth, out: &mut String) -> Result<(), EncodeError> {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        separate(index, out);
        write(item, depth, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_pairs<K>(
    pairs: &[(K, Value)],
    depth: Depth,
    out: &mut String,
    write_key: impl Fn(&K, &mut String) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    out.push('{');
    for (index, (key, value)) in pairs.iter().enumerate() {
        separate(index, out);
        write_key(key, out)?;
        out.push_str(": ");
        write(value, depth, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_typed(typed: &Typed, depth: Depth, out: &mut String) -> Result<(), EncodeError> {
    write!(out, "{{\"{TYPE_KEY}\": [{}, ", typed.id).expect("a string takes what is written");
    write(&typed.data, depth, out)?;
    out.push_str("]}");
    Ok(())
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push_str(", ");
    }
}

/// Writes a key, which JSON has as texts only: what else Python takes is written and quoted.
fn write_key(key: &Value, depth: Depth, out: &mut String) -> Result<(), EncodeError> {
    match key {
        Value::Text(text) => text::write(text, out),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            out.push('"');
            write(key, depth, out)?;
            out.push('"');
        }
        other => return Err(EncodeError::Key { kind: other.kind() }),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aiomas::Map;

    fn json(value: impl Into<Value>) -> Result<String, EncodeError> {
        let mut out = String::new();
        write(&value.into(), Depth::default(), &mut out).map(|()| out)
    }

    #[test]
    fn values_have_the_separators_of_python() {
        let map = Map::from([("a", vec![1.into(), Value::Null].into()), ("b", true.into())]);
        assert_eq!(json(map).unwrap(), r#"{"a": [1, null], "b": true}"#);
        assert_eq!(json(vec![Map::new().into(), vec![].into()]).unwrap(), "[{}, []]");
        let typed = Typed { id: 1, data: "agents/0".into() };
        assert_eq!(json(typed).unwrap(), r#"{"__type__": [1, "agents/0"]}"#);
    }

    #[test]
    fn keys_become_texts() {
        let keys: [Value; 6] =
            [1.into(), 1.5.into(), true.into(), ().into(), 1e20.into(), f64::NAN.into()];
        let map: Map = keys.into_iter().map(|key| (key, 0)).collect();
        let text = r#"{"1": 0, "1.5": 0, "true": 0, "null": 0, "1e+20": 0, "NaN": 0}"#;
        assert_eq!(json(map).unwrap(), text);
    }

    #[test]
    fn what_json_lacks_is_refused() {
        assert_eq!(json(Value::Bytes(vec![1])), Err(EncodeError::Bytes));
        let map = Map::from_iter([(Value::from(vec![]), 1)]);
        assert_eq!(json(map), Err(EncodeError::Key { kind: "list" }));
    }
}
