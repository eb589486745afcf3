//! Values of all shapes come back as they were.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use lyceum_wire::{
    AgentId, AgentKey, AgentName, Codec, CodecError, NodeId, decode_value, encode_value,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codecs;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i32, i32),
    Text { at: (u8, u8), text: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Meters(f32);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sheet {
    id: u64,
    shapes: Vec<Shape>,
    names: BTreeMap<String, Option<char>>,
    scale: Meters,
    age: Duration,
    unit: Unit,
    below: Option<Box<Sheet>>,
}

fn check<T: Serialize + DeserializeOwned + Debug + PartialEq>(value: &T) {
    for codec in codecs() {
        let bytes = encode_value(codec, value).unwrap();
        assert_eq!(&decode_value::<T>(codec, &bytes).unwrap(), value, "{codec:?}");
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Point),
        any::<i32>().prop_map(|radius| Shape::Circle(f64::from(radius) / 4.0)),
        any::<(i32, i32)>().prop_map(|(from, to)| Shape::Line(from, to)),
        any::<((u8, u8), String)>().prop_map(|(at, text)| Shape::Text { at, text }),
    ]
}

prop_compose! {
    fn sheet()(
        id: u64,
        shapes in proptest::collection::vec(shape(), 0..5),
        names: BTreeMap<String, Option<char>>,
        meters: i16,
        age: Duration,
        depth in 0..3,
    ) -> Sheet {
        let scale = Meters(f32::from(meters) / 2.0);
        let mut sheet = Sheet { id, shapes, names, scale, age, unit: Unit, below: None };
        for _ in 0..depth {
            sheet = Sheet { below: Some(Box::new(sheet.clone())), ..sheet };
        }
        sheet
    }
}

proptest! {
    #[test]
    fn structs_and_enums_come_back(sheet in sheet()) {
        check(&sheet);
    }

    #[test]
    fn numbers_come_back(numbers: (u8, i8, u16, i16, u32, i32, u64, i64, bool, char)) {
        check(&numbers);
    }

    #[test]
    fn texts_and_lists_come_back(lists: (String, Vec<Vec<u8>>, Option<Vec<String>>)) {
        check(&lists);
    }
}

#[test]
fn ids_and_names_of_agents_come_back() {
    let name = AgentKey::Name("clerk-7".parse().unwrap());
    check(&(NodeId::new(u64::MAX), AgentKey::Id(AgentId::new(7)), name));
}

#[test]
fn a_node_s_id_is_text_only_where_people_may_read_it() {
    for codec in codecs() {
        let bytes = encode_value(codec, &NodeId::new(7)).unwrap();
        assert_eq!(bytes.len() > 1, codec.name() == "json", "{codec:?}: {bytes:?}");
    }
}

#[test]
fn a_name_that_no_agent_may_have_is_refused() {
    for codec in codecs() {
        let bytes = encode_value(codec, "no name").unwrap();
        assert!(decode_value::<AgentName>(codec, &bytes).is_err(), "{codec:?}");
    }
}

#[test]
fn the_greatest_numbers_come_back() {
    check(&(u64::MAX, i64::MIN, f64::MAX, f64::MIN_POSITIVE));
    check(&(u128::MAX, i128::MIN));
}

#[test]
fn an_empty_value_comes_back() {
    check(&());
    check(&Unit);
    check(&Vec::<()>::new());
}

#[test]
fn a_value_may_borrow_from_the_bytes() {
    for codec in codecs() {
        let bytes = encode_value(codec, &"borrowed").unwrap();
        assert_eq!(decode_value::<&str>(codec, &bytes).unwrap(), "borrowed");
    }
}

#[test]
fn a_value_that_cannot_be_encoded_leaves_no_bytes_behind() {
    struct Broken;

    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it is broken"))
        }
    }

    for codec in codecs() {
        let mut bytes = b"before".to_vec();
        let error = codec.encode(&("some", Broken), &mut bytes).unwrap_err();

        assert!(matches!(error, CodecError::Encode { .. }), "{error}");
        assert_eq!(bytes, b"before");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn encoding_appends() {
    for codec in codecs() {
        let mut bytes = encode_value(codec, &1_u8).unwrap();
        let first = bytes.len();
        codec.encode(&2_u8, &mut bytes).unwrap();
        assert_eq!(second(codec, &bytes[first..]), 2);
    }
}

fn second(codec: &dyn Codec, bytes: &[u8]) -> u8 {
    decode_value(codec, bytes).unwrap()
}

#[test]
fn every_float_is_read_as_it_was_written() {
    // JSON read some numbers as their neighbors.
    for codec in codecs() {
        for float in [1.701_411_834_604_692_3e22, 0.1 + 0.2, f64::MIN_POSITIVE, f64::MAX] {
            let bytes = encode_value(codec, &float).unwrap();
            let read: f64 = decode_value(codec, &bytes).unwrap();
            assert_eq!(read.to_bits(), float.to_bits(), "{}", codec.name());
        }
    }
}
