//! The wire of aiomas: frames, payloads of each codec, and texts.

use lyceum_wire::aiomas::{
    AgentUrl, Codec, Date, FrameDecoder, Integer, Limits, Message, Path, PeerUrl, TypeTable, Value,
    from_value, write_frame,
};
use serde_json::Value as Json;

use super::{Target, bytes_of};
use crate::Digest;

pub(super) const FRAMES: Target =
    Target { name: "aiomas-frames", run: frames, seeds: framed, budget: 1 << 20 };
pub(super) const JSON: Target = Target {
    name: "aiomas-json",
    run: |bytes| payload(Codec::Json, bytes),
    seeds: || payloads(Codec::Json),
    budget: 4 << 20,
};
pub(super) const MSGPACK: Target = Target {
    name: "aiomas-msgpack",
    run: |bytes| payload(Codec::MsgPack, bytes),
    seeds: || payloads(Codec::MsgPack),
    budget: 4 << 20,
};
pub(super) const BLOSC: Target = Target {
    name: "aiomas-blosc",
    run: |bytes| payload(Codec::MsgPackBlosc, bytes),
    seeds: || payloads(Codec::MsgPackBlosc),
    budget: 8 << 20,
};
pub(super) const TEXTS: Target =
    Target { name: "aiomas-texts", run: texts, seeds: some_texts, budget: 1 << 20 };

macro_rules! captured {
    ($name:literal) => {
        include_str!(concat!("../../../crates/lyceum-wire/tests/aiomas/", $name, ".txt"))
    };
}

const LIMITS: Limits = Limits { payload: 64 << 10, nesting: 16, values: 4096 };

/// What the real aiomas wrote: the last word of each line, in hexadecimal digits.
const CAPTURED: [&[&str]; 3] = [
    &[captured!("json"), captured!("session-json")],
    &[captured!("msgpack"), captured!("session-msgpack")],
    &[captured!("blosc"), captured!("session-msgpack-blosc")],
];
/// How long a captured seed may be: mutations of long ones are slow and lead nowhere.
const SEED_LIMIT: usize = 2000;

fn framed() -> Vec<Vec<u8>> {
    let frame = |payload: &[u8]| {
        let mut out = Vec::new();
        write_frame(payload, &mut out).expect("it is short");
        out
    };
    vec![frame(b"[0, 7, [\"ping\", [], {}]]"), [frame(b""), frame(b"[1, 7, 5]")].concat()]
}

fn frames(bytes: &[u8]) -> Digest {
    let (mut whole, mut pieces) = (FrameDecoder::new(1 << 16), FrameDecoder::new(1 << 16));
    let all = take(&mut whole, bytes);
    // Byte by byte it is the same.
    let mut one_by_one = Ok(Vec::new());
    for byte in bytes {
        match (&mut one_by_one, take(&mut pieces, &[*byte])) {
            (Ok(payloads), Ok(more)) => payloads.extend(more),
            (_, Err(error)) => {
                one_by_one = Err(error);
                break;
            }
            (Err(_), _) => break,
        }
    }
    assert_eq!(all, one_by_one);
    Digest::of(all.map(|payloads| "p".repeat(payloads.len().min(8))))
}

fn take(decoder: &mut FrameDecoder, mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut payloads = Vec::new();
    while !bytes.is_empty() {
        match decoder.feed(&mut bytes) {
            Ok(Some(payload)) => payloads.push(payload),
            Ok(None) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(payloads)
}

fn payloads(codec: Codec) -> Vec<Vec<u8>> {
    let table = TypeTable::container();
    let date: Date = "2017-01-02T03:04:05+01:00".parse().expect("it is a date");
    let typed = table.date(date).expect("it has a number");
    let arguments = serde_json::json!([["agents/0/hello", [1, -2.5, null, "ß"], { "a": [true] }]]);
    let Value::List(mut path) = Value::from(arguments) else { unreachable!("it is a list") };
    let messages = [
        Message::Result { id: 1.into(), value: typed },
        Message::Result { id: 2.into(), value: path.remove(0) },
        Message::Exception { id: "x".into(), text: "Traceback".into() },
    ];
    let mut all: Vec<_> =
        messages.iter().map(|message| codec.encode(message).expect("it has a form")).collect();
    let request = serde_json::json!([0, 7, ["agents/0/hello", ["x"], {}]]);
    all.push(codec.encode_value(&request.into()).expect("it has a form"));
    let captured = CAPTURED[codec as usize].iter().flat_map(|text| text.lines()).map(bytes);
    all.extend(captured.filter(|bytes| bytes.len() <= SEED_LIMIT));
    all
}

/// Returns the bytes that a line ends with.
fn bytes(line: &str) -> Vec<u8> {
    let digits = line.rsplit(' ').next().unwrap_or_default().as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
    digits.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn payload(codec: Codec, bytes: &[u8]) -> Digest {
    let message = codec.decode(bytes, LIMITS);
    if let Err(error) = &message
        && let Some(answer) = error.answer()
    {
        // Whoever may wait gets an answer that can be written.
        codec.encode(&answer).expect("an answer has a form");
    }
    let packet = codec.decode_packet(bytes, LIMITS).map(|packet| packet.kind);
    let value = codec.decode_value(bytes, LIMITS);
    let value = value.map_err(|error| error.to_string()).map(|value| reuse(codec, &value));
    Digest::of((message.map(drop).map_err(|error| error.to_string()), packet.is_ok(), value))
}

/// Does with a value what is done with those that come in.
fn reuse(codec: Codec, value: &Value) -> Result<(), String> {
    let table = TypeTable::container();
    let json: Result<Json, _> = from_value(value.clone(), &table);
    let json = json.map(drop).map_err(|error| error.to_string());
    if let Ok(written) = codec.encode_value(value) {
        let limits = Limits { payload: usize::MAX, values: usize::MAX, ..LIMITS };
        let again = codec
            .decode_value(&written, limits)
            .unwrap_or_else(|error| panic!("what was written cannot be read: {error}: {value:?}"));
        let rewritten = codec.encode_value(&again).expect("it could be written before");
        assert_eq!(written, rewritten, "{value:?} is read as another one");
    }
    json
}

fn some_texts() -> Vec<Vec<u8>> {
    bytes_of(&[
        "tcp://127.0.0.1:5555/0",
        "ipc://[/tmp/a.sock]/house/2",
        "aiomas+tcp://127.0.0.1:5555?codec=msgpack&types=Point",
        "agents/0/hello",
        "agents/house/dict/key/method",
        "2017-01-02T03:04:05.678901+01:30",
        "-170141183460469231731687303715884105728",
        "msgpack-blosc",
    ])
}

fn texts(bytes: &[u8]) -> Digest {
    let Ok(text) = std::str::from_utf8(bytes) else { return Digest::of("no text") };
    let url = text.parse::<AgentUrl>();
    if let Ok(url) = &url {
        assert_eq!(url.to_string().parse::<AgentUrl>().as_ref(), Ok(url), "{url}");
    }
    let date = text.parse::<Date>();
    if let Ok(date) = &date {
        assert_eq!(date.to_string().parse::<Date>().as_ref(), Ok(date), "{date}");
    }
    Digest::of((
        url.map(drop).map_err(|error| error.to_string()),
        text.parse::<PeerUrl>().map(drop).map_err(|error| error.to_string()),
        Path::parse(text).map(drop).map_err(|error| error.to_string()),
        date.is_ok(),
        text.parse::<Integer>().is_ok(),
        text.parse::<Codec>().is_ok(),
    ))
}
