//! Peers that break the rules: the node says what it expected, closes their channel, and goes on.

use std::time::Duration;

use lyceum::network::{NetworkExt, Settings};
use lyceum_test::SimulatedNetwork;
use lyceum_wire::link::{Answer, GoodbyeReason, Head, Hello, Outcome, PREFACE, VersionRange};
use lyceum_wire::{Encoding, NodeId};

use super::raw::{Raw, call, note};
use super::{Pair, serve};

/// Checks that the server says goodbye because of `part`, and still serves others.
async fn check_refused(bytes: &[u8], part: &str) {
    let pair = Pair::new(1).await;
    let mut raw = Raw::greeted(&pair.network).await;
    let all = async {
        raw.write(bytes).await;
        raw.hear_all().await
    };
    let heard = pair.network.run(all).await;
    let Some(Head::Goodbye { reason: GoodbyeReason::Misbehaviour, text }) = heard.last() else {
        panic!("expected a goodbye, found {heard:?}")
    };
    assert!(text.to_string().contains(part), "{text}");
    assert_eq!(pair.clerk.note(1).await.unwrap(), 1, "others do not notice");
}

#[lyceum::test]
async fn frame_of_4_gib_is_refused_before_anything_is_allocated() {
    check_refused(&[0xff; 4], "found one of 4294967295").await;
}

#[lyceum::test]
async fn unknown_kind_of_frame_is_refused() {
    check_refused(&[2, 0, 0, 0, 0, 99], "head").await;
}

#[lyceum::test]
async fn second_hello_is_refused() {
    let mut bytes = bytes::BytesMut::new();
    let hello = Head::Hello(Box::new(Hello::new(NodeId::new(5))));
    lyceum_wire::link::Encoder::default().encode(&hello, &[], &mut bytes).unwrap();
    check_refused(&bytes, "hello").await;
}

#[lyceum::test]
async fn strangers_at_the_door_are_closed_out() {
    let network = SimulatedNetwork::new(2);
    let _server = serve(&network, Settings::default()).await;
    let long = [&PREFACE[..], &[0xff; 4]].concat();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"LYCEUM\x00\x02", &long] {
        let mut raw = Raw::dial(&network).await;
        let heard = network
            .run(async {
                raw.write(bytes).await;
                let hello = raw.hear().await;
                assert!(matches!(hello.map(|frame| frame.head), Some(Head::Hello(_))));
                raw.hear().await
            })
            .await;
        assert!(heard.is_none(), "{heard:?}");
    }
}

#[lyceum::test]
async fn silent_stranger_is_closed_out_in_time() {
    let network = SimulatedNetwork::new(2);
    let _server = serve(&network, Settings::default()).await;
    let mut raw = Raw::dial(&network).await;
    let before = network.world().now();
    let heard = network.run(async { (raw.hear().await, raw.hear().await) }).await;
    assert!(heard.0.is_some() && heard.1.is_none());
    let took = network.world().now().since_start() - before.since_start();
    assert!(took <= Duration::from_secs(11), "{took:?}");
}

#[lyceum::test]
async fn random_bytes_never_harm_others() {
    let pair = Pair::new(3).await;
    let random = |length: usize| -> Vec<u8> {
        let mut state = (length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        (0..length).map(next).collect()
    };
    for length in 1..150 {
        let mut raw = match length % 2 {
            0 => Raw::dial(&pair.network).await,
            _ => Raw::greeted(&pair.network).await,
        };
        pair.network.run(raw.write(&random(length))).await;
        drop(raw);
        assert_eq!(pair.clerk.note(1).await.unwrap(), length as u64);
    }
}

#[lyceum::test]
async fn session_that_ends_anywhere_leaves_nothing_behind() {
    let pair = Pair::new(4).await;
    let mut session = bytes::BytesMut::from(&PREFACE[..]);
    let encoder = lyceum_wire::link::Encoder::default();
    let hello = Hello::new(NodeId::new(5));
    let terms = lyceum_wire::link::agree(&hello, &Hello::new(NodeId::new(6))).unwrap();
    encoder.encode(&Head::Hello(Box::new(hello)), &[], &mut session).unwrap();
    encoder.encode(&Head::Welcome(Box::new(terms)), &[], &mut session).unwrap();
    let (head, body) = call(1, "clerk", "sleep", &[1]);
    encoder.encode(&head, &body, &mut session).unwrap();
    for end in 0..session.len() {
        let mut raw = Raw::dial(&pair.network).await;
        pair.network.run(raw.write(&session[..end])).await;
    }
    pair.client.advance(Duration::from_secs(60));
    assert_eq!(pair.clerk.note(1).await.unwrap(), 1);
    let nodes = pair.server.exchange::<lyceum::network::Network>().unwrap().connected();
    assert_eq!(nodes, [pair.client.id()]);
}

#[lyceum::test]
async fn second_call_of_one_number_and_unsolicited_answers_do_no_harm() {
    let pair = Pair::new(5).await;
    let mut raw = Raw::greeted(&pair.network).await;
    let answers = pair.network.run(async {
        let outcome = || Outcome::Result(Encoding::JSON);
        raw.say(&Head::Answer(Answer { id: 77, outcome: outcome() }), b"1").await;
        raw.say(&Head::Told { id: 78, outcome: outcome() }, b"1").await;
        raw.say(&Head::ItemsEnd { id: 79, fault: None }, &[]).await;
        raw.say(&Head::ItemCredit { id: 80, count: u32::MAX }, &[]).await;
        raw.say(&Head::Cancel { id: 81 }, &[]).await;
        let (sleep, body) = call(1, "clerk", "sleep", &[1]);
        raw.say(&sleep, &body).await;
        raw.say(&sleep, &body).await;
        let (note, body) = note(2, 9);
        raw.say(&note, &body).await;
        [raw.answer().await.head, raw.answer().await.head, raw.answer().await.head]
    });
    let answers = answers.await;
    let is_result =
        |head: &&Head| matches!(head, Head::Answer(Answer { outcome: Outcome::Result(_), .. }));
    assert_eq!(answers.iter().filter(is_result).count(), 2, "{answers:?}");
    assert!(format!("{answers:?}").contains("one number twice"), "{answers:?}");
    assert_eq!(pair.clerk.told().await.unwrap(), [9]);
}

#[lyceum::test]
async fn peer_that_does_not_read_is_not_listened_to_for_ever() {
    // Each call of an agent that is not there had its answer at once, and answers that found no
    // room were kept without a bound.
    let pair = Pair::new(6).await;
    let mut raw = Raw::greeted(&pair.network).await;
    let mut said = 0u64;
    let flood = async {
        loop {
            let (head, body) = call(said, "nobody", "note", &[1]);
            let mut bytes = bytes::BytesMut::new();
            lyceum_wire::link::Encoder::default().encode(&head, &body, &mut bytes).unwrap();
            if tokio::io::AsyncWriteExt::write_all(&mut raw.stream, &bytes).await.is_err() {
                return;
            }
            said += 1;
            assert!(said < 1_000_000, "the node goes on listening");
        }
    };
    pair.network.run(flood).await;
    assert_eq!(pair.clerk.note(1).await.unwrap(), 1);
}

#[lyceum::test]
async fn other_version_and_codec_are_named_in_the_refusal() {
    let network = SimulatedNetwork::new(7);
    let _server = serve(&network, Settings::default()).await;
    let mut raw = Raw::dial(&network).await;
    let future =
        Hello { versions: VersionRange { oldest: 8, newest: 9 }, ..Hello::new(NodeId::new(5)) };
    let heard = network
        .run(async {
            raw.write(&PREFACE).await;
            raw.say(&Head::Hello(Box::new(future)), &[]).await;
            raw.hear_all().await
        })
        .await;
    assert!(format!("{heard:?}").contains("speaks 8"), "{heard:?}");

    let json = lyceum_wire::CodecKind::Json;
    let postcard = lyceum_wire::CodecKind::Postcard;
    let strict = network.node_with("strict", Settings::default().codecs([json]));
    strict.listen("sim://strict").await.unwrap();
    let other = network.node_with("other", Settings::default().codecs([postcard]));
    let error = other.connect_any("sim://strict/clerk").await.unwrap_err();
    let text = format!("{:?}", std::error::Error::source(&error).map(ToString::to_string));
    assert!(text.contains("cannot agree on a codec") && text.contains("has json"), "{text}");
}
