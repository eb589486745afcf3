//! Bytes and texts from nowhere: nothing panics, and each decoder is tried some thousand times.

use std::sync::LazyLock;

use lyceum_wire::aiomas::{
    AgentUrl, Codec, Date, Failure, FrameDecoder, Limits, Message, Path, PeerUrl, TypeTable, Value,
    from_value,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::strategy::message;
use crate::{data, fixture};

/// How often each decoder is tried; with whole messages, which take time to make, less often.
const CASES: u32 = 4_096;

/// Texts that begin as URLs do.
const URL: &str = "(aiomas\\+)?(tcp|ipc|local)://.*";

/// Chunks of blocks and streams of several kinds.
static COMPRESSED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let chunks = fixture::lines(include_str!("blosc.txt")).map(|(_, chunk)| chunk);
    chunks.filter(|chunk| (17..4000).contains(&chunk.len())).collect()
});

/// Decodes, and does what an exchange does with the outcome.
fn survive(codec: Codec, payload: &[u8]) {
    let limits = Limits { payload: 1 << 16, nesting: 16, values: 1000 };
    let table = TypeTable::container().with("Point").unwrap();
    let message = match codec.decode(payload, limits) {
        Ok(message) => message,
        Err(error) => error
            .answer()
            .unwrap_or(Message::Exception { id: Value::Null, text: format!("{error}: {error:?}") }),
    };
    if let Message::Request { path, args, .. } = &message {
        _ = Path::parse(path);
        for arg in args {
            _ = from_value::<(u32, Option<String>, Vec<u8>)>(arg.clone(), &table);
            _ = from_value::<Value>(arg.clone(), &table);
            _ = serde_json::Value::from(arg.clone());
        }
    }
    _ = codec.encode(&message);
}

/// A change of one byte, of the length, or of the order.
#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    Cut(Index),
    Repeat(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => any::<Index>().prop_map(Change::Cut),
        1 => any::<[Index; 2]>().prop_map(|[from, to]| Change::Repeat(from, to)),
    ]
}

fn apply(payload: &mut Vec<u8>, change: &Change) {
    if payload.is_empty() {
        return;
    }
    match change {
        Change::Byte(at, byte) => *at.get_mut(payload) = *byte,
        Change::Cut(at) => payload.truncate(at.index(payload.len())),
        Change::Repeat(from, to) => {
            let [from, to] = [from, to].map(|index| index.index(payload.len()));
            payload.extend_from_within(from.min(to)..from.max(to));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn random_bytes_are_survived(
        codec in select(&Codec::ALL[..]),
        payload in vec(any::<u8>(), 0..200),
    ) {
        survive(codec, &payload);
    }

    #[test]
    fn random_json_is_survived(text in r#"[\[\]{}:,"\\0-9eE.+\-a-zNI \n]{0,80}"#) {
        survive(Codec::Json, text.as_bytes());
    }

    #[test]
    fn changed_chunks_are_survived(at in any::<Index>(), changes in vec(change(), 1..6)) {
        let mut chunk = at.get(&COMPRESSED).clone();
        for change in &changes {
            apply(&mut chunk, change);
        }
        // Otherwise nearly every change of the length ends in the header.
        if let Some(bytes) = chunk.get(12..16).filter(|_| chunk.len() < 1 << 16) {
            let length = u32::try_from(chunk.len()).unwrap().to_le_bytes();
            if bytes != length {
                chunk[12..16].copy_from_slice(&length);
            }
        }
        survive(Codec::MsgPackBlosc, &chunk);
    }

    #[test]
    fn random_streams_are_survived(parts in vec(vec(any::<u8>(), 0..20), 0..20)) {
        let mut decoder = FrameDecoder::new(1 << 24);
        for part in &parts {
            let mut part = part.as_slice();
            while let Ok(Some(_)) = decoder.feed(&mut part) {}
        }
    }

    #[test]
    fn random_texts_are_survived(text in any::<String>(), url in URL) {
        for text in [&text, &url] {
            _ = Path::parse(text);
            _ = text.parse::<Date>();
            _ = text.parse::<PeerUrl>();
            let failure = Failure::read(text);
            prop_assert!(text.contains(failure.message));
            if let Ok(url) = text.parse::<AgentUrl>() {
                prop_assert_eq!(url.to_string().parse(), Ok(url));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES / 4))]

    #[test]
    fn changed_messages_are_survived(
        (codec, message) in select(&Codec::ALL[..])
            .prop_flat_map(|codec| (Just(codec), message(codec))),
        changes in vec(change(), 1..6),
    ) {
        let mut payload = codec.encode(&message).unwrap();
        for change in &changes {
            apply(&mut payload, change);
        }
        survive(codec, &payload);
    }
}

#[test]
fn message_that_is_cut_off_is_refused() {
    let mixed = data::named("mixed", 100);
    let message = Message::Request {
        id: 7.into(),
        path: "agents/0/add".into(),
        args: vec![1.5.into(), String::from_utf8_lossy(&mixed).into_owned().into()],
        kwargs: vec![("b".into(), vec![Value::Null].into())],
    };
    for codec in Codec::ALL {
        let payload = codec.encode(&message).unwrap();
        for length in 0..payload.len() {
            assert!(codec.decode(&payload[..length], Limits::default()).is_err(), "{length}");
        }
    }
}
