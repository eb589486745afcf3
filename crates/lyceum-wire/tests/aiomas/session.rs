//! Sessions of two containers of aiomas 2.0.1, with one extra serializer.

use std::slice;

use lyceum_wire::aiomas::{Codec, Failure, FrameDecoder, Limits, Map, Message, Typed, Value};

use crate::fixture;

/// The extra type and the proxies, behind the dates.
const POINT: u32 = 1;
const PROXY: u32 = 2;

/// How far a recorder reads at once; frames do not end there.
const PART: usize = 7;

/// Returns what was said and by whom, from the frames of both directions.
fn messages(codec: Codec, file: &'static str) -> Vec<(&'static str, Message, Vec<u8>)> {
    let limits = Limits::default();
    let mut decoder = FrameDecoder::new(limits.payload);
    let mut messages = Vec::new();
    for (direction, frame) in fixture::lines(file) {
        for mut part in frame.chunks(PART) {
            while let Some(payload) = decoder.feed(&mut part).unwrap() {
                let message = codec.decode(&payload, limits).unwrap();
                messages.push((direction, message, payload));
            }
        }
        assert!(decoder.is_idle());
    }
    messages
}

fn request(id: u8, path: &str, args: &[Value]) -> Message {
    Message::Request { id: id.into(), path: path.into(), args: args.into(), kwargs: vec![] }
}

fn result(id: u8, value: impl Into<Value>) -> Message {
    Message::Result { id: id.into(), value: value.into() }
}

fn typed(id: u32, data: impl Into<Value>) -> Value {
    Typed { id, data: data.into() }.into()
}

/// Returns a call that gives back its argument, and the answer.
fn echo(id: u8, value: &Value) -> [(&'static str, Message); 2] {
    let call = request(id, "agents/0/echo", slice::from_ref(value));
    [("C>S", call), ("S>C", result(id, value.clone()))]
}

fn add() -> Message {
    Message::Request {
        id: 1.into(),
        path: "agents/0/add".into(),
        args: vec![3.into()],
        kwargs: vec![("b".into(), 4.into())],
    }
}

/// Returns what `capture.py` lets them say before the first exception.
fn expected(codec: Codec) -> Vec<(&'static str, Message)> {
    let special = match codec {
        Codec::Json => (1_u128 << 70).into(),
        _ => Value::Bytes(vec![0, 255]),
    };
    let proxy = typed(PROXY, "agents/0");
    let point = Map::from([("x", 1.into()), ("y", 2.into())]);
    let begin = [
        ("C>S", Message::validate_aid(0.into(), "0")),
        ("S>C", result(0, "Callee")),
        ("C>S", add()),
        ("S>C", result(1, 7)),
    ];
    let end = [
        ("C>S", request(6, "agents/0/callback", slice::from_ref(&proxy))),
        ("S>C", request(0, "agents/0/hello", &["x".into()])),
        ("C>S", result(0, "hi x")),
        ("S>C", result(6, "hi x")),
        ("C>S", request(7, "agents/0/me", &[])),
        ("S>C", result(7, proxy)),
        ("C>S", request(8, "agents/0/boom", &[])),
    ];
    let echoes = [
        echo(2, &"gr\u{fc}\u{df} \u{1f600}".into()),
        echo(3, &typed(0, "2016-01-01T01:00:00+01:00")),
        echo(4, &typed(POINT, point)),
        echo(5, &special),
    ];
    begin.into_iter().chain(echoes.into_iter().flatten()).chain(end).collect()
}

/// Checks a session; of what is not compressed, each payload must be what we write ourselves.
fn check(codec: Codec, file: &'static str) {
    let said = messages(codec, file);
    let expected = expected(codec);
    let rest = &said[expected.len()..];
    for ((direction, message, _), expected) in said.iter().zip(&expected) {
        assert_eq!((direction, message), (&expected.0, &expected.1));
    }
    check_failures(rest);
    for (_, message, payload) in &said {
        let written = codec.encode(message).unwrap();
        let is_compressed = codec == Codec::MsgPackBlosc && payload[2] & 2 == 0;
        assert!(is_compressed || written == *payload, "{message:?}");
        assert_eq!(codec.decode(&written, Limits::default()).as_ref(), Ok(message));
    }
}

fn check_failures(rest: &[(&str, Message, Vec<u8>)]) {
    let messages: Vec<_> = rest.iter().map(|(_, message, _)| message).collect();
    let [boom, call, lookup, question, answer] = messages[..] else {
        panic!("{messages:?} are not five")
    };
    let failure = |message: &Message| match message {
        Message::Exception { text, .. } => {
            let failure = Failure::read(text);
            format!("{}: {}", failure.kind, failure.message)
        }
        other => panic!("{other:?} is no exception"),
    };
    assert_eq!(failure(boom), "ValueError: bad: gr\u{fc}\u{df}");
    assert_eq!(*call, request(9, "agents/0/nope/there", &[]));
    assert_eq!(failure(lookup), "LookupError: Name \"nope\" not found in \"agents/0\"");
    assert_eq!((boom.id(), lookup.id()), (&8.into(), &9.into()));
    assert_eq!(question.asked_aid(), Some("7"));
    assert_eq!(*answer, result(10, ()));
}

#[test]
fn session_is_read_and_written_in_json() {
    check(Codec::Json, include_str!("session-json.txt"));
}

#[test]
fn session_is_read_and_written_in_msgpack() {
    check(Codec::MsgPack, include_str!("session-msgpack.txt"));
}

#[test]
fn session_is_read_and_written_in_msgpack_blosc() {
    check(Codec::MsgPackBlosc, include_str!("session-msgpack-blosc.txt"));
}
