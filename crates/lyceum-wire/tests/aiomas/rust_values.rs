//! Rust values to wire values and back, through serde.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use jiff::Timestamp;
use lyceum_wire::aiomas::{
    Date, Map, Proxy, TypeError, TypeTable, Typed, Value, ValueError, from_value, to_value,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Order {
    Stop,
    Wait(u8),
    Move(i32, i32),
    Go { to: Point },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Report {
    who: Proxy,
    at: Date,
    orders: Vec<Order>,
    note: Option<String>,
    blob: (u8, char, ()),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Meters(f64);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Id(u32);

fn table() -> TypeTable {
    TypeTable::container().with("Point").unwrap().with("Meters").unwrap()
}

fn date() -> Date {
    "2016-01-01T01:00:00+01:00".parse().unwrap()
}

fn typed(id: u32, data: impl Into<Value>) -> Value {
    Typed { id, data: data.into() }.into()
}

fn read<T: DeserializeOwned>(value: impl Into<Value>) -> Result<T, ValueError> {
    from_value(value.into(), &table())
}

#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(rust: &T, wire: impl Into<Value>) {
    let value = to_value(rust, &table()).unwrap();
    assert_eq!(value, wire.into());
    assert_eq!(from_value::<T>(value, &table()).as_ref(), Ok(rust));
}

#[test]
fn structs_and_enums_come_back() {
    let point = |x: f64, y: f64| typed(1, Map::from_iter([("x", x), ("y", y)]));
    check(&Order::Stop, "Stop");
    check(&Order::Wait(3), Map::from_iter([("Wait", 3)]));
    check(&Order::Move(1, -1), Map::from([("Move", vec![1.into(), (-1).into()].into())]));
    let go = Map::from([("Go", Map::from([("to", point(1.0, 2.0))]).into())]);
    check(&Order::Go { to: Point { x: 1.0, y: 2.0 } }, go.clone());
    let report = Report {
        who: Proxy { path: "agents/0".into() },
        at: date(),
        orders: vec![Order::Stop, Order::Go { to: Point { x: 1.0, y: 2.0 } }],
        note: None,
        blob: (7, 'x', ()),
    };
    let wire = Map::from([
        ("who", typed(3, "agents/0")),
        ("at", typed(0, "2016-01-01T01:00:00+01:00")),
        ("orders", vec!["Stop".into(), go.into()].into()),
        ("note", Value::Null),
        ("blob", vec![7.into(), "x".into(), Value::Null].into()),
    ]);
    check(&report, wire);
}

#[test]
fn types_of_the_table_are_typed_whatever_they_are() {
    check(&Meters(1.5), typed(2, 1.5));
    check(&vec![Some(Meters(1.5)), None], vec![typed(2, 1.5), Value::Null]);
    let bare = to_value(&Meters(1.5), &TypeTable::bare()).unwrap();
    assert_eq!(bare, 1.5.into());
}

#[test]
fn plain_values_are_read_where_typed_ones_are_wanted() {
    let point = Map::from_iter([("x", 1), ("y", 2)]);
    assert_eq!(read(point), Ok(Point { x: 1.0, y: 2.0 }));
    assert_eq!(read("2016-01-01T01:00:00+01:00"), Ok(date()));
    assert_eq!(read("agents/0"), Ok(Proxy { path: "agents/0".into() }));
    assert_eq!(read(1.5), Ok(Meters(1.5)));
}

#[test]
fn typed_values_are_read_as_their_data_where_no_type_is_wanted() {
    let noon = typed(0, "2016-01-01T12:00:00+00:00");
    assert_eq!(read::<String>(noon.clone()).as_deref(), Ok("2016-01-01T12:00:00+00:00"));
    assert_eq!(read::<Timestamp>(noon).unwrap().as_second(), 1_451_649_600);
    assert_eq!(read::<Option<f64>>(typed(2, 1)), Ok(Some(1.0)));
    assert_eq!(read::<Vec<u8>>(typed(1, Value::Bytes(vec![7]))), Ok(vec![7]));
    let order = Map::from_iter([("Wait", 3)]);
    assert_eq!(read::<Order>(typed(1, order)), Ok(Order::Wait(3)));
    let json = serde_json::json!({"x": 1, "y": [2]});
    assert_eq!(read::<serde_json::Value>(typed(1, Value::from(json.clone()))), Ok(json));
}

#[test]
fn wrong_or_unknown_types_are_errors() {
    let wrong = ValueError::WrongType { expected: "Point", found: 0 };
    assert_eq!(read::<Point>(typed(0, "x")), Err(wrong));
    let wrong = ValueError::WrongType { expected: "Date", found: 3 };
    assert_eq!(read::<Date>(typed(3, "agents/0")), Err(wrong));
    let unknown = ValueError::Type(TypeError::Unknown { id: 9, count: 4 });
    assert_eq!(read::<String>(typed(9, "x")), Err(unknown.clone()));
    assert_eq!(read::<Vec<u8>>(typed(9, "x")), Err(unknown));
    assert_eq!(read::<Value>(typed(9, "x")), Ok(typed(9, "x")), "a wire value keeps it");
    let error = to_value(&date(), &TypeTable::bare()).unwrap_err();
    assert_eq!(error, ValueError::Type(TypeError::NoDates));
}

#[test]
fn keys_may_be_texts_of_what_is_wanted() {
    let texts = || Map::from_iter([("1", "a"), ("-2", "b")]);
    let numbers = HashMap::from([(1_i8, "a".to_owned()), (-2, "b".to_owned())]);
    assert_eq!(read(texts()), Ok(numbers.clone()));
    assert_eq!(read(Map::from_iter([(1, "a"), (-2, "b")])), Ok(numbers));
    let ids = BTreeMap::from([(Id(1), 2)]);
    check(&ids, Map::from_iter([(1, 2)]));
    assert_eq!(read(Map::from_iter([("1", 2)])), Ok(ids));
    assert_eq!(read(Map::from_iter([(1, 2)])), Ok(HashMap::from([("1".to_owned(), 2)])));
    assert_eq!(read(Map::from_iter([("true", 2)])), Ok(HashMap::from([(true, 2)])));
    assert_eq!(
        read(Map::from_iter([("Stop", 2)])),
        Ok(vec![("Stop".to_owned(), 2)].into_iter().collect::<BTreeMap<_, _>>())
    );
}

#[test]
fn numbers_have_all_widths_and_change_to_floats() {
    check(&u64::MAX, u64::MAX);
    check(&i128::MIN, i128::MIN);
    check(&u128::MAX, u128::MAX);
    assert_eq!(read(1_i128 << 100), Ok((1_i128 << 100) as f64));
    assert_eq!(read::<f32>(7), Ok(7.0));
    assert!(read::<u8>(256).is_err());
    assert!(read::<u8>(1.0).is_err());
    let large: Value = "9".repeat(40).parse::<lyceum_wire::aiomas::Integer>().unwrap().into();
    assert_eq!(to_value(&large, &table()).as_ref(), Ok(&large));
    assert_eq!(read::<u128>(large.clone()), Err(ValueError::Integer));
    assert_eq!(read::<Value>(large), Err(ValueError::Integer));
}

#[test]
fn bytes_are_lists_where_wanted() {
    assert_eq!(read::<Vec<u8>>(Value::Bytes(vec![1, 255])), Ok(vec![1, 255]));
    assert_eq!(read::<[u8; 2]>(Value::Bytes(vec![1, 255])), Ok([1, 255]));
    assert!(read::<[u8; 2]>(Value::Bytes(vec![1, 2, 3])).is_err());
    check(&vec![1_u8, 255], vec![1.into(), 255.into()]);
}

#[test]
fn unfit_values_are_errors() {
    let error = read::<Order>(7).unwrap_err().to_string();
    assert!(error.contains("integer, expected the name of a variant"), "{error}");
    let error = read::<Order>("Fly").unwrap_err().to_string();
    assert!(error.contains("unknown variant `Fly`"), "{error}");
    assert!(read::<Order>(Map::from_iter([("Wait", 1), ("Stop", 1)])).is_err());
    assert!(read::<(u8, u8)>(vec![1.into(), 2.into(), 3.into()]).is_err());
    assert!(read::<Date>("yesterday").is_err());
}

#[test]
fn endless_values_are_refused() {
    #[derive(Serialize)]
    struct Chain(Option<Box<Chain>>);
    let chain = (0..1000).fold(Chain(None), |inner, _| Chain(Some(Box::new(inner))));

    assert_eq!(to_value(&chain, &table()), Err(ValueError::Nesting));
}

#[test]
fn deepest_values_pass_through_serde() {
    let point = |value: Value| typed(1, Map::from([("x", value)]));
    let deep = (0..63).fold(Value::Null, |value, _| vec![point(value)].into());

    let same = to_value(&deep, &table()).unwrap();

    assert_eq!(from_value::<Value>(same.clone(), &table()).as_ref(), Ok(&deep));
    assert_eq!(Value::from(serde_json::Value::from(same)), deep);
}
