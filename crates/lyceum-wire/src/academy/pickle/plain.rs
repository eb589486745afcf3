//! From what a pickle holds to values of the wire, which every type can be read from.

use super::{Known, Object, Value};
use crate::Integer;
use crate::academy::handle;
use crate::aiomas::{Map, Value as Plain};

/// Makes a value of the wire of what a pickle holds.
///
/// | pickle | value |
/// |---|---|
/// | None, truth values, integers, floats, texts, bytes | the same |
/// | lists, tuples, sets, deques | lists |
/// | dicts | maps, whatever the keys |
/// | UUID, path, Decimal, Fraction | its text |
/// | datetime, date, time, timedelta | the text of ISO 8601 |
/// | member of an enumeration | its value |
/// | `AgentId`, `UserId` | the map that it is in JSON: `uid`, `name`, `role` |
/// | `Handle` | a handle: see [`Handles`](crate::aiomas::Handles) |
/// | object whose state is a dict: dataclass, pydantic's model | the map of its fields |
/// | class | its name as text |
/// | any other object | a map of `__class__`, and of `args`, `kwargs`, `state`, `items`, `pairs` |
pub fn plain(value: Value) -> Plain {
    match value {
        Value::None => Plain::Null,
        Value::Bool(truth) => Plain::Bool(truth),
        Value::Int(integer) => Plain::Int(integer),
        Value::Float(float) => Plain::Float(float),
        Value::Text(text) => Plain::Text(text),
        Value::Bytes(bytes) => Plain::Bytes(bytes),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => list(items),
        Value::Dict(pairs) => map(pairs),
        Value::Class(class) => Plain::Text(class.to_string()),
        Value::Object(object) => of_object(*object),
    }
}

fn list(items: Vec<Value>) -> Plain {
    Plain::List(items.into_iter().map(plain).collect())
}

fn map(pairs: Vec<(Value, Value)>) -> Plain {
    // Never a typed value, whatever its keys.
    Plain::Map(pairs.into_iter().map(|(key, value)| (plain(key), plain(value))).collect())
}

fn of_object(object: Object) -> Plain {
    match Known::of(&object) {
        Some(Known::Uuid(uuid)) => Plain::Text(uuid.to_string()),
        Some(Known::Time(text) | Known::Path(text) | Known::Number(text)) => Plain::Text(text),
        Some(Known::Entity(id)) => handle::entity_map(&id),
        Some(Known::Handle(id)) => handle::value(&id),
        Some(Known::Member(value)) => plain(value),
        None => match object.fields() {
            Some(fields) => map(fields.to_vec()),
            None => opaque(object),
        },
    }
}

fn opaque(object: Object) -> Plain {
    let mut parts = Map::new();
    parts.push("__class__", object.class.to_string());
    for (name, items) in [("args", object.args), ("items", object.items)] {
        if !items.is_empty() {
            parts.push(name, list(items));
        }
    }
    for (name, pairs) in [("kwargs", object.kwargs), ("pairs", object.pairs)] {
        if !pairs.is_empty() {
            parts.push(name, map(pairs));
        }
    }
    if let Some(state) = object.state {
        parts.push("state", plain(state));
    }
    Plain::Map(parts)
}

impl From<Integer> for Value {
    fn from(integer: Integer) -> Self {
        Self::Int(integer)
    }
}
