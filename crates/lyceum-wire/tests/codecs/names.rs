//! What codecs by names can do, and what codecs by position must refuse.

use lyceum_wire::{CodecError, CodecKind, Style, decode_value, encode_value};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{codecs, codecs_with};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Old {
    name: String,
    count: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct New {
    count: u32,
    #[serde(default)]
    color: Option<String>,
    name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sparse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<u32>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Spot { x: u32 },
    Gone,
}

fn old() -> Old {
    Old { name: "bolt".into(), count: 3 }
}

#[test]
fn a_type_with_other_fields_in_another_order_is_read_by_names() {
    for codec in codecs_with(true) {
        let bytes = encode_value(codec, &old()).unwrap();

        let new: New = decode_value(codec, &bytes).unwrap();
        assert_eq!(new, New { count: 3, color: None, name: "bolt".into() });

        let bytes = encode_value(codec, &New { color: Some("red".into()), ..new }).unwrap();
        assert_eq!(decode_value::<Old>(codec, &bytes).unwrap(), old());
    }
}

#[test]
fn a_field_that_is_left_out_is_never_taken_for_the_next_one() {
    let sparse = Sparse { low: None, high: Some(7) };
    for codec in codecs_with(true) {
        let bytes = encode_value(codec, &sparse).unwrap();
        assert_eq!(decode_value::<Sparse>(codec, &bytes).unwrap(), sparse);
    }
    for codec in codecs_with(false) {
        // In a list, since what is inside counts as well.
        let error = encode_value(codec, &[&sparse]).unwrap_err();
        assert!(matches!(error, CodecError::FieldLeftOut { field: "low", .. }), "{error}");
    }
}

#[test]
fn a_value_without_a_type_is_read_by_every_codec_that_says_what_it_is() {
    let value = json!({ "list": [1, -2, 0.5, null, true], "text": "bolt" });
    for codec in codecs().into_iter().filter(|codec| codec.name() != "postcard") {
        let bytes = encode_value(codec, &value).unwrap();
        assert_eq!(decode_value::<Value>(codec, &bytes).unwrap(), value);
    }
}

#[test]
fn a_value_without_a_type_needs_names() {
    let Ok(codec) = CodecKind::Postcard.codec(Style::Positional) else { return };
    let bytes = encode_value(codec, &json!([1])).unwrap();

    let error = decode_value::<Value>(codec, &bytes).unwrap_err();

    assert!(matches!(error, CodecError::NeedsNames { codec: "postcard" }), "{error}");
}

#[test]
fn an_internally_tagged_enum_is_read_or_refused_and_never_misread() {
    for tagged in [Tagged::Spot { x: 7 }, Tagged::Gone] {
        for codec in codecs() {
            let bytes = encode_value(codec, &tagged).unwrap();
            match decode_value::<Tagged>(codec, &bytes) {
                Ok(read) => assert_eq!(read, tagged),
                Err(error) => assert!(matches!(error, CodecError::NeedsNames { .. }), "{error}"),
            }
        }
    }
}

#[cfg(feature = "messagepack")]
#[test]
fn either_flavor_of_messagepack_reads_the_other() {
    use lyceum_wire::MessagePack;

    let (compact, named) = (MessagePack::compact(), MessagePack::named());
    let short = encode_value(&compact, &old()).unwrap();
    let long = encode_value(&named, &old()).unwrap();

    assert_eq!(short, b"\x92\xa4bolt\x03");
    assert_eq!(long, b"\x82\xa4name\xa4bolt\xa5count\x03");
    assert_eq!(decode_value::<Old>(&named, &short).unwrap(), old());
    assert_eq!(decode_value::<Old>(&compact, &long).unwrap(), old());
}
