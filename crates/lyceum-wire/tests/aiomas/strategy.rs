//! Values and messages at random.

use lyceum_wire::aiomas::{Codec, Integer, Map, Message, Typed, Value};
use proptest::collection::vec;
use proptest::prelude::*;

/// Returns values that the codec has, and that equal themselves.
pub(crate) fn value(codec: Codec) -> BoxedStrategy<Value> {
    let is_json = codec == Codec::Json;
    let leaf = if is_json {
        prop_oneof![plain(), "-?[1-9][0-9]{18,60}".prop_map(|text| digits(&text))].boxed()
    } else {
        let bytes = vec(any::<u8>(), 0..40).prop_map(Value::Bytes);
        prop_oneof![plain(), bytes].boxed()
    };
    let inside = move |inner: BoxedStrategy<Value>| {
        let text = any::<String>().prop_map(Value::from).boxed();
        let key = if is_json { text } else { prop_oneof![text, inner.clone()].boxed() };
        prop_oneof![
            vec(inner.clone(), 0..20).prop_map(Value::from),
            vec((key, inner.clone()), 0..20).prop_map(|pairs| Map::from_iter(pairs).into()),
            (any::<u32>(), inner).prop_map(|(id, data)| Typed { id, data }.into()),
        ]
    };
    leaf.prop_recursive(4, 64, 20, move |inner| inside(inner.boxed())).boxed()
}

/// Returns messages with values that the codec has.
pub(crate) fn message(codec: Codec) -> impl Strategy<Value = Message> {
    let request = (
        value(codec),
        any::<String>(),
        vec(value(codec), 0..4),
        vec(("[a-z]{1,8}", value(codec)), 0..4),
    );
    prop_oneof![
        request.prop_map(|(id, path, args, kwargs)| Message::Request { id, path, args, kwargs }),
        (value(codec), value(codec)).prop_map(|(id, value)| Message::Result { id, value }),
        (value(codec), any::<String>()).prop_map(|(id, text)| Message::Exception { id, text }),
    ]
}

/// Returns values that all codecs have.
fn plain() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-200..300).prop_map(Value::from),
        any::<f64>()
            .prop_filter("NaN equals nothing", |float| !float.is_nan())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

fn digits(text: &str) -> Value {
    text.parse::<Integer>().expect("digits are an integer").into()
}
