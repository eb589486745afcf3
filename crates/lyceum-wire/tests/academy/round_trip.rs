//! Values at random.

use lyceum_wire::academy::pickle::{plain, read, write};
use lyceum_wire::academy::{EntityId, Limits, Serialization, Uuid, Value, handle, payload};
use lyceum_wire::aiomas::{Integer, Map, Proxy};
use proptest::collection::vec;
use proptest::prelude::*;

fn agent() -> impl Strategy<Value = Value> {
    (any::<u128>(), proptest::option::of("[a-z/]{1,9}")).prop_map(|(uid, name)| {
        let path = handle::path(&EntityId::agent(Uuid::from_u128(uid), name));
        handle::table().proxy(Proxy { path })
    })
}

fn value() -> impl Strategy<Value = Value> {
    let float = any::<f64>().prop_filter("NaN equals nothing", |float| !float.is_nan());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i128>().prop_map(Value::from),
        (-300..70_000).prop_map(Value::from),
        "-?[1-9][0-9]{18,90}".prop_map(|digits| digits.parse::<Integer>().unwrap().into()),
        float.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        agent(),
    ];
    leaf.prop_recursive(4, 64, 20, |inner| {
        let text = any::<String>().prop_map(Value::from);
        let key = prop_oneof![text, any::<i64>().prop_map(Value::from)];
        prop_oneof![
            vec(inner.clone(), 0..20).prop_map(Value::List),
            vec((key, inner), 0..20).prop_map(|pairs| Value::Map(Map::from_iter(pairs))),
        ]
    })
}

/// What programs are made of.
const CODES: &[u8] = b"()]}NK\x01.0122aesutRbldo\x81\x85\x86\x87\x88\x8f\x90\x91\x93\x94\
    h\0q\0X\0\0\0\0ca\nB\n";

proptest! {
    #[test]
    fn a_value_survives_its_pickle(value in value()) {
        let back = plain(read(&write(&value), Limits::default()).unwrap());
        prop_assert_eq!(back, value);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, Limits::default()).map(plain);
    }

    /// The bytes are those that pickles are made of, so that more of them are read.
    #[test]
    fn any_program_is_read_or_refused(
        codes in vec(proptest::sample::select(CODES), 0..60)
    ) {
        let limits = Limits { values: 10_000, ..Limits::default() };
        let _ = read(&[&codes[..], b"."].concat(), limits).map(plain);
    }

    #[test]
    fn any_text_is_a_payload_or_refused(text in any::<String>()) {
        for serialization in [Serialization::Json, Serialization::Pickle] {
            let _ = payload::read(serialization, &text, Limits::default());
            let _ = payload::read_exception(serialization, &text, Limits::default());
        }
    }
}
