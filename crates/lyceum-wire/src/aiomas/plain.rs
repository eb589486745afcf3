//! Values from and to `serde_json`'s.

use serde_json::{Map as JsonMap, Number, Value as Json, json};

use crate::aiomas::value::TYPE_KEY;
use crate::aiomas::{Integer, Map, Value};

impl From<Json> for Value {
    /// Keeps everything; a map with a fit key `__type__` becomes a typed value.
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(truth) => Self::Bool(truth),
            Json::Number(number) => read_number(&number),
            Json::String(text) => Self::Text(text),
            Json::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Json::Object(pairs) => Map::from_iter(pairs).into(),
        }
    }
}

impl From<Value> for Json {
    /// Keeps what JSON has, and changes the rest.
    ///
    /// | value | becomes |
    /// |---|---|
    /// | NaN, infinities | null |
    /// | integer beyond 64 bits | the nearest float; null beyond the floats |
    /// | bytes | a list of numbers |
    /// | typed value | the map `{"__type__": [id, data]}` |
    /// | key that is no text | its JSON as text |
    /// | key that stands twice | the last one counts |
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(truth),
            Value::Int(integer) => write_integer(&integer),
            Value::Float(float) => float.into(),
            Value::Text(text) => Self::String(text),
            Value::Bytes(bytes) => bytes.into(),
            Value::List(items) => items.into_iter().map(Self::from).collect(),
            Value::Map(map) => Self::Object(map.into_iter().map(write_pair).collect()),
            Value::Typed(typed) => Self::Object(JsonMap::from_iter([(
                TYPE_KEY.to_owned(),
                json!([typed.id, Self::from(typed.data)]),
            )])),
        }
    }
}

fn read_number(number: &Number) -> Value {
    let float = || number.as_f64().unwrap_or(f64::NAN);
    if number.is_f64() {
        return float().into();
    }
    // With serde_json's arbitrary precision, which another crate may turn on, it has any size.
    number.to_string().parse::<Integer>().map_or_else(|_| float().into(), Value::from)
}

fn write_integer(integer: &Integer) -> Json {
    let unsigned = || integer.as_u64().map(Json::from);
    integer.as_i64().map(Json::from).or_else(unsigned).unwrap_or_else(|| integer.to_f64().into())
}

fn write_pair((key, value): (Value, Value)) -> (String, Json) {
    let key = match key {
        Value::Text(text) => text,
        Value::Int(integer) => integer.to_string(),
        other => Json::from(other).to_string(),
    };
    (key, value.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aiomas::Typed;

    #[test]
    fn plain_json_survives_both_ways() {
        let json = json!({"a": [null, true, -1, u64::MAX, 0.5, "text"], "b": {"c": {}}});

        assert_eq!(Json::from(Value::from(json.clone())), json);
    }

    #[test]
    fn what_json_lacks_is_changed_as_documented() {
        let check = |value: Value, json: Json| assert_eq!(Json::from(value), json);

        check(f64::NAN.into(), Json::Null);
        check((1_u128 << 64).into(), json!(18_446_744_073_709_551_616.0));
        check("9".repeat(400).parse::<Integer>().unwrap().into(), Json::Null);
        check(Value::Bytes(vec![0, 255]), json!([0, 255]));
        check(Typed { id: 3, data: Value::Null }.into(), json!({"__type__": [3, null]}));
        check(Map::from_iter([(1, 2)]).into(), json!({"1": 2}));
        check(Map::from_iter([(Value::List(vec![1.into()]), 2)]).into(), json!({"[1]": 2}));
        check(Map::from_iter([("a", 1), ("a", 2)]).into(), json!({"a": 2}));
    }

    #[test]
    fn typed_value_survives_json() {
        let value = Value::from(Typed { id: 3, data: vec!["x".into()].into() });

        assert_eq!(Value::from(Json::from(value.clone())), value);
    }
}
