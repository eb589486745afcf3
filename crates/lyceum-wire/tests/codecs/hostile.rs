//! Bytes from outside are refused with a reason.

use std::collections::HashMap;
use std::error::Error;

use lyceum_wire::{Codec, CodecError, Json, NESTING_LIMIT, decode_value, encode_value};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::codecs;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Nest(Vec<Nest>);

#[derive(Debug, Serialize, Deserialize)]
struct Chain(Option<Box<Chain>>);

#[derive(Debug, Serialize, Deserialize)]
enum Anything {
    Empty,
    Many(Vec<Anything>),
    Pairs(HashMap<String, u32>),
    Record { text: String, next: Option<Box<Anything>>, rest: (u8, f64, i64) },
    Bytes(Vec<u8>),
    Units(Vec<()>),
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct NodeName;

impl TryFrom<String> for NodeName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains(' ') { Err(format!("no name has spaces: {text}")) } else { Ok(Self) }
    }
}

/// Returns `levels` lists, one in the other.
fn nested(codec: &dyn Codec, levels: usize) -> Vec<u8> {
    match codec.name() {
        "json" => ["[".repeat(levels), "]".repeat(levels)].concat().into_bytes(),
        "messagepack" => [vec![0x91; levels - 1], vec![0x90]].concat(),
        "postcard" => [vec![1; levels - 1], vec![0]].concat(),
        other => panic!("no nested lists are known for {other}"),
    }
}

#[test]
fn a_value_has_64_levels_and_no_more() {
    for codec in codecs() {
        let bytes = nested(codec, NESTING_LIMIT);
        let nest: Nest = decode_value(codec, &bytes).unwrap();
        assert_eq!(encode_value(codec, &nest).unwrap(), bytes);

        for levels in [NESTING_LIMIT + 1, 127, 100_000] {
            let error = decode_value::<Nest>(codec, &nested(codec, levels)).unwrap_err();
            assert!(matches!(error, CodecError::TooDeep { limit: 64, .. }), "{levels}: {error}");
        }
    }
}

#[test]
fn the_limit_of_levels_can_be_set() {
    let strict = Json::new().nesting(2);

    assert_eq!(decode_value::<Nest>(&strict, b"[[]]").unwrap(), Nest(vec![Nest::default()]));
    let error = decode_value::<Nest>(&strict, b"[[[]]]").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot decode the value from json: expected at most 2 nested levels"
    );
}

#[test]
fn options_in_options_are_levels_too() {
    for codec in codecs() {
        // A type like this has no end in codecs that do not write options.
        let bytes = if codec.name() == "postcard" { vec![1; 100_000] } else { b"1".to_vec() };
        let error = decode_value::<Chain>(codec, &bytes).unwrap_err();
        assert!(matches!(error, CodecError::TooDeep { .. }), "{error}");
    }
}

#[test]
fn bytes_after_the_value_are_an_error() {
    for codec in codecs() {
        for more in [&b"1"[..], b"\x00", b"\x91", b"\xc0", b"[", b"\xcf", b"\xc1"] {
            let bytes = [&encode_value(codec, &7_u8).unwrap(), more].concat();
            let result = decode_value::<u8>(codec, &bytes);
            // `71` is one number in JSON.
            assert!(result.is_err() || (codec.name() == "json" && more == b"1"), "{result:?}");
        }
        let bytes = [&encode_value(codec, "text").unwrap()[..], b"\x91"].concat();
        let error = decode_value::<String>(codec, &bytes).unwrap_err();
        assert!(matches!(error, CodecError::TrailingBytes { .. }), "{error}");
    }
}

#[test]
fn what_a_type_says_against_a_value_is_kept() {
    for codec in codecs() {
        let bytes = encode_value(codec, &["a b"]).unwrap();

        let error = decode_value::<[NodeName; 1]>(codec, &bytes).unwrap_err();

        let cause = error.source().unwrap().to_string();
        assert!(cause.contains("no name has spaces: a b"), "{codec:?}: {cause}");
    }
}

#[cfg(feature = "postcard")]
#[test]
fn a_list_of_units_ends_long_before_the_length_that_it_announces() {
    let forever = [&[0xff; 9][..], &[1]].concat();

    let error = decode_value::<Vec<()>>(&lyceum_wire::Postcard::new(), &forever).unwrap_err();

    assert!(matches!(error, CodecError::TooMany { .. }), "{error}");
}

#[cfg(feature = "messagepack")]
#[test]
fn an_array_that_announces_four_billion_elements_is_no_value() {
    use lyceum_wire::MessagePack;

    let lie = b"\xdd\xff\xff\xff\xff\x01\x02";

    let error = decode_value::<Vec<u64>>(&MessagePack::compact(), lie).unwrap_err();

    assert!(matches!(error, CodecError::Decode { codec: "messagepack", .. }), "{error}");
}

#[test]
fn every_beginning_of_a_value_is_refused() {
    let value = Anything::Record {
        text: "some text".into(),
        next: Some(Box::new(Anything::Many(vec![Anything::Empty, Anything::Bytes(vec![1, 200])]))),
        rest: (1, 0.5, -70_000),
    };
    for codec in codecs() {
        let bytes = encode_value(codec, &value).unwrap();
        for end in 0..bytes.len() {
            assert!(decode_value::<Anything>(codec, &bytes[..end]).is_err(), "{codec:?}, {end}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for codec in codecs() {
            let _ = decode_value::<Anything>(codec, &bytes);
            let _ = decode_value::<serde_json::Value>(codec, &bytes);
            let _ = decode_value::<Vec<Option<String>>>(codec, &bytes);
            let _ = decode_value::<serde::de::IgnoredAny>(codec, &bytes);
        }
    }

    #[test]
    fn a_damaged_value_is_read_or_refused(
        texts in proptest::collection::vec("[a-z]{0,8}", 0..8),
        at: proptest::sample::Index,
        byte: u8,
    ) {
        let inner = texts.into_iter().map(|text| Anything::Record {
            text,
            next: Some(Box::new(Anything::Units(vec![(); 3]))),
            rest: (7, 1.5, -1),
        });
        let value = Anything::Many(inner.collect());
        for codec in codecs() {
            let mut bytes = encode_value(codec, &value).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = decode_value::<Anything>(codec, &bytes);
        }
    }
}
