//! Values that aiomas 2.0.1 encoded.

use lyceum_wire::aiomas::{Codec, Integer, Limits, Map, Typed, Value};

use crate::fixture;

/// Returns the values of `capture.py`, once more.
fn values() -> Vec<(&'static str, Value)> {
    [integers(), floats(), texts(), containers(), typed_values()].concat()
}

fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
    items.into_iter().map(Into::into).collect::<Vec<_>>().into()
}

fn integers() -> Vec<(&'static str, Value)> {
    let large = |text: &str| text.parse::<Integer>().unwrap();
    let huge = [
        large("18446744073709551616"),
        large("-9223372036854775809"),
        large("170141183460469231731687303715884105728"),
        large("340282366920938463463374607431768211456"),
        large("-1606938044258990275541962092341162602522202993782792835301376"),
        large(&format!("1{}", "0".repeat(100))),
    ];
    let small = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296_i64];
    let negative = [-1, -32, -33, -128, -129, -32_768, -32_769, -2_147_483_648, -2_147_483_649_i64];
    let wide = [i64::MAX.into(), 1 << 63, u64::MAX.into(), i64::MIN.into()];
    vec![
        ("null", Value::Null),
        ("true", true.into()),
        ("false", false.into()),
        ("zero", 0.into()),
        ("small-integers", list(small)),
        ("negative-integers", list(negative)),
        ("wide-integers", list::<i128>(wide)),
        ("huge-integers", list(huge)),
    ]
}

fn floats() -> Vec<(&'static str, Value)> {
    let floats = [0.0, -0.0, 1.0, 0.1, 1.0 / 3.0, 1e5, 1e15, 1e16, 123_456_789_012_345_680.0, 1e22];
    let even = [
        7_417_692_932_968_389.0 / 4.0,
        661_497_954_403_813.0 / 8.0,
        -1_890_117_986_805_521.0 / 8.0,
        5.684_341_886_080_802e-14,
    ];
    vec![
        ("floats", list(floats)),
        ("small-floats", list([1e-4, 1.5e-4, 1e-5, 1.5e-7, 5e-324, -2.5e-10])),
        ("even-floats", list(even)),
        ("large-floats", list([f64::MAX, -1e300, 9_007_199_254_740_992.0])),
        ("infinities", list([f64::INFINITY, f64::NEG_INFINITY])),
        ("nan", f64::NAN.into()),
    ]
}

fn texts() -> Vec<(&'static str, Value)> {
    let unicode = "gr\u{fc}\u{df} \u{20ac} \u{65e5}\u{672c} \u{1f600} \u{10ffff} \u{80} \u{fffd}";
    vec![
        ("empty-text", "".into()),
        ("ascii", (0..128_u8).map(char::from).collect::<String>().into()),
        ("unicode", unicode.into()),
        ("text-31", "x".repeat(31).into()),
        ("text-32", "x".repeat(32).into()),
        ("text-256", "x".repeat(256).into()),
        ("bytes", Value::Bytes((0..=255).collect())),
        ("empty-bytes", Value::Bytes(vec![])),
    ]
}

fn containers() -> Vec<(&'static str, Value)> {
    let empty = || list::<Value>([]);
    let inner = Map::from([("d", "e".into())]);
    let map =
        Map::from([("a", 1.into()), ("b", list([2.5.into(), Value::Null])), ("c", inner.into())]);
    let other_keys: [(Value, _); 4] =
        [(1.5.into(), 1), (Value::Null, 2), (true.into(), 3), (f64::INFINITY.into(), 4)];
    vec![
        ("empty-list", empty()),
        ("tuple", list([1, 2])),
        ("list-15", list(vec![Value::Null; 15])),
        ("list-16", list(vec![Value::Null; 16])),
        ("nested-list", list([list([list([empty()])]), list([list([1])])])),
        ("empty-map", Map::new().into()),
        ("map", map.into()),
        ("map-16", (0..16).map(|index| (format!("key{index}"), index)).collect::<Map>().into()),
        ("integer-keys", Map::from_iter([(1, "one"), (-7, "minus seven")]).into()),
        ("other-keys", Map::from_iter(other_keys).into()),
        ("byte-keys", Map::from_iter([(Value::Bytes(vec![b'k']), 1), (list([1, 2]), 2)]).into()),
    ]
}

fn typed_values() -> Vec<(&'static str, Value)> {
    let typed = |id: u32, data: Value| Value::from(Typed { id, data });
    let date = |text: &str| typed(0, text.into());
    let point = Map::from([("x", 1.into()), ("y", list([2.5.into(), Value::from("y")]))]);
    let proxy = || typed(2, "agents/0".into());
    let dates = [date("0001-01-01T00:00:00+00:00"), date("9999-12-31T23:59:59.999999+00:00")];
    vec![
        ("date", date("2016-01-01T00:00:00+00:00")),
        ("date-with-offset", date("2016-06-01T12:34:56.120000-05:30")),
        ("dates", list(dates)),
        ("extra", typed(1, point.into())),
        ("proxy", proxy()),
        ("proxy-inside", Map::from([("who", list([proxy(), proxy()]))]).into()),
    ]
}

/// Returns the value with keys as JSON has them.
fn with_text_keys(value: Value) -> Value {
    let key = |key: Value| match key {
        Value::Text(text) => text,
        other => String::from_utf8(Codec::Json.encode_value(&other).unwrap()).unwrap(),
    };
    match value {
        Value::Map(map) => {
            map.into_iter().map(|(own, value)| (key(own), value)).collect::<Map>().into()
        }
        other => other,
    }
}

fn check(codec: Codec, file: &'static str, lacking: &[&str], read: impl Fn(Value) -> Value) {
    let mut expected = values();
    for (name, bytes) in fixture::lines(file) {
        let at = expected.iter().position(|(own, _)| *own == name);
        let (_, value) = expected.remove(at.unwrap_or_else(|| panic!("{name} is not expected")));

        let decoded = codec.decode_value(&bytes, Limits::default()).unwrap();

        // Not the values themselves: NaN equals nothing.
        assert_eq!(format!("{decoded:?}"), format!("{:?}", read(value.clone())), "{name}");
        assert_eq!(codec.encode_value(&decoded).as_ref(), Ok(&bytes), "{name}");
        assert_eq!(codec.encode_value(&value), Ok(bytes), "{name}");
    }
    let left: Vec<_> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(left, lacking);
    for (name, value) in expected {
        assert!(codec.encode_value(&value).is_err(), "{name}");
    }
}

#[test]
fn values_are_read_and_written_as_python_does_in_json() {
    let lacking = ["bytes", "empty-bytes", "byte-keys"];
    check(Codec::Json, include_str!("json.txt"), &lacking, with_text_keys);
}

#[test]
fn values_are_read_and_written_as_python_does_in_msgpack() {
    check(Codec::MsgPack, include_str!("msgpack.txt"), &["huge-integers"], |value| value);
}
