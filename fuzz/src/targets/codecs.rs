//! Encoded values: what is read can be written, and is read as the same again.

use std::collections::BTreeMap;

use lyceum_wire::{CodecKind, Encoding, Style};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Target;
use crate::Digest;

pub(super) const JSON: Target =
    Target { name: "json", run: |bytes| run(CodecKind::Json, bytes), seeds: json, budget: 4 << 20 };
pub(super) const MESSAGEPACK: Target = Target {
    name: "messagepack",
    run: |bytes| run(CodecKind::MessagePack, bytes),
    seeds: messagepack,
    budget: 4 << 20,
};
pub(super) const POSTCARD: Target = Target {
    name: "postcard",
    run: |bytes| run(CodecKind::Postcard, bytes),
    seeds: postcard,
    budget: 4 << 20,
};

/// How many bytes a value may have.
const LIMIT: usize = 64 << 10;

/// Something of everything.
#[derive(Serialize, Deserialize, Debug, Clone)]
struct Shape {
    name: String,
    count: u64,
    level: f64,
    delta: i32,
    mark: char,
    is_on: bool,
    tags: Vec<String>,
    table: BTreeMap<String, i64>,
    inner: Option<Box<Shape>>,
    kind: Kind,
    pair: (u8, i128),
    bytes: Vec<u8>,
    nothing: (),
}

#[derive(Serialize, Deserialize, Debug, Clone)]
enum Kind {
    Plain,
    Number(u16),
    Two(i8, String),
    Fields { x: f32, y: Option<u32> },
}

fn shape() -> Shape {
    let leaf = Shape {
        name: "bolt".into(),
        count: u64::MAX,
        level: -0.5,
        delta: -7,
        mark: 'ß',
        is_on: true,
        tags: vec!["a".into(), "long enough to be more than a few bytes".into()],
        table: BTreeMap::from([("x".into(), i64::MIN), ("y".into(), 300)]),
        inner: None,
        kind: Kind::Two(-1, "two".into()),
        pair: (255, i128::MAX),
        bytes: vec![0, 127, 128, 255],
        nothing: (),
    };
    let fields = Kind::Fields { x: 1.5, y: Some(70_000) };
    let number = Shape { kind: Kind::Number(9), inner: Some(Box::new(leaf.clone())), ..leaf };
    Shape { kind: fields, inner: Some(Box::new(number)), ..shape_of_nothing() }
}

fn shape_of_nothing() -> Shape {
    Shape {
        name: String::new(),
        count: 0,
        level: 0.0,
        delta: 0,
        mark: 'a',
        is_on: false,
        tags: Vec::new(),
        table: BTreeMap::new(),
        inner: None,
        kind: Kind::Plain,
        pair: (0, 0),
        bytes: Vec::new(),
        nothing: (),
    }
}

fn seeds(codec: CodecKind) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for style in [Style::Positional, Style::SelfDescribing] {
        let encoding = Encoding::new(codec, style);
        for shape in [shape(), shape_of_nothing()] {
            all.extend(encoding.encode(&shape).map(|(_, bytes)| bytes));
        }
        let value = serde_json::json!({ "a": [1, -2.5, null, true, "text"], "b": { "c": [] } });
        all.extend(encoding.encode(&value).map(|(_, bytes)| bytes));
    }
    all
}

fn json() -> Vec<Vec<u8>> {
    seeds(CodecKind::Json)
}

fn messagepack() -> Vec<Vec<u8>> {
    seeds(CodecKind::MessagePack)
}

fn postcard() -> Vec<Vec<u8>> {
    seeds(CodecKind::Postcard)
}

fn run(codec: CodecKind, bytes: &[u8]) -> Digest {
    let styles = [Style::Positional, Style::SelfDescribing];
    Digest::of(styles.map(|style| {
        let encoding = Encoding::new(codec, style);
        (check::<Shape>(encoding, bytes), check::<Value>(encoding, bytes))
    }))
}

fn check<T: DeserializeOwned + Serialize>(encoding: Encoding, bytes: &[u8]) -> Result<(), String> {
    let value: T = encoding.decode(bytes, LIMIT).map_err(|error| error.to_string())?;
    // A number that is none has no form in JSON.
    let Ok((encoding, written)) = encoding.encode(&value) else { return Ok(()) };
    let again: T = encoding
        .decode(&written, LIMIT.max(written.len()))
        .unwrap_or_else(|error| panic!("what was written cannot be read: {error}: {written:x?}"));
    let (_, rewritten) = encoding.encode(&again).expect("it could be written before");
    assert_eq!(written, rewritten, "it is read as something else");
    Ok(())
}
