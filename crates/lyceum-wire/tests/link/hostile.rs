//! What a peer should not send is refused with a reason.

use bytes::{BufMut, Bytes, BytesMut};
use lyceum_wire::link::{
    AgentFilter, CHAIN_LIMIT, Call, Decoder, Encoder, FRAME_LIMIT, HANDSHAKE_FRAME_LIMIT,
    HEAD_LIMIT, Head, Hello, Hop, LinkError, NAME_LIMIT, PREFACE, Question, Reassembly,
};
use lyceum_wire::{Encoding, NodeId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::heads::head;
use crate::{call, decoder, encode};

fn refuse(bytes: &[u8]) -> LinkError {
    decoder().decode(&mut BytesMut::from(bytes)).unwrap_err()
}

#[test]
fn a_stranger_is_told_apart_by_its_first_byte() {
    for strange in [&b"G"[..], b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"LYCEE", b"\0"] {
        let error = Decoder::new().decode(&mut BytesMut::from(strange)).unwrap_err();
        assert_eq!(error, LinkError::Stranger { found: strange.to_vec() });
    }
    for beginning in 0..PREFACE.len() {
        let mut bytes = BytesMut::from(&PREFACE[..beginning]);
        assert_eq!(Decoder::new().decode(&mut bytes), Ok(None));
    }
}

#[test]
fn another_version_of_the_framing_is_named() {
    let error = Decoder::new().decode(&mut BytesMut::from(&b"LYCEUM\0\x02"[..])).unwrap_err();

    assert_eq!(error.to_string(), "expected version 1 of the framing, found 2");
}

#[test]
fn a_frame_of_four_gigabytes_is_refused_by_its_length() {
    assert_eq!(
        refuse(b"\xff\xff\xff\xff"),
        LinkError::FrameTooLong { length: u32::MAX.into(), limit: FRAME_LIMIT }
    );
}

#[test]
fn a_frame_before_the_handshake_must_be_short() {
    let mut bytes = BytesMut::from(&PREFACE[..]);
    bytes.put_u32_le(HANDSHAKE_FRAME_LIMIT + 1);

    let error = Decoder::new().decode(&mut bytes).unwrap_err();

    assert!(matches!(error, LinkError::FrameTooLong { limit: HANDSHAKE_FRAME_LIMIT, .. }));
}

#[test]
fn a_frame_without_a_head_is_refused() {
    for bytes in [&b"\0\0\0\0"[..], b"\x01\0\0\0\0", b"\x02\0\0\0\0\x7f", b"\x02\0\0\0\x02\x0d"] {
        assert!(matches!(refuse(bytes), LinkError::Head { .. }), "{bytes:?}");
    }
}

#[test]
fn a_body_where_none_belongs_is_refused() {
    let expected = LinkError::UnexpectedBody { head: "ping" };

    assert_eq!(refuse(b"\x04\0\0\0\x00\x0d\x07x"), expected);
    assert_eq!(encode(&Head::Ping { number: 7 }, b"x"), Err(expected));
    // One that is announced for later, too.
    assert_eq!(
        refuse(b"\x05\0\0\0\x01\x00\x01\x0d\x07"),
        LinkError::UnexpectedBody { head: "ping" }
    );
}

#[test]
fn what_is_out_of_bounds_is_refused_at_both_ends() {
    let name = "x".repeat(NAME_LIMIT + 1);
    let Head::Call(call) = call(1) else { unreachable!("it is a call") };
    let hop = Hop { node: NodeId::new(1), call: 1 };
    let chain = Call { chain: vec![hop; CHAIN_LIMIT + 1], ..call };
    let mut hello = Hello::new(NodeId::new(1));
    hello.codecs = vec![String::new(); 17];
    let topic = "x".repeat(256);
    let heads = [
        Head::Call(chain),
        Head::Hello(Box::new(hello)),
        Head::Ask { id: 1, to: None, what: Question::SetFlag(name.clone()) },
        Head::Ask { id: 1, to: None, what: Question::Agents(AgentFilter::default().kind(name)) },
        Head::Interest { add: vec![String::new(); 101], remove: vec![String::new(); 100] },
        Head::Publish { topic, encoding: Encoding::JSON, from: None },
    ];
    for head in heads {
        let error = encode(&head, b"").unwrap_err();
        assert!(matches!(error, LinkError::OutOfBounds { .. }), "{error}");

        let mut bytes = BytesMut::from(&[0; 4][..]);
        bytes.extend_from_slice(&postcard::to_stdvec(&(None::<()>, &head)).unwrap());
        let length = (bytes.len() - 4) as u32;
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        assert_eq!(refuse(&bytes), error);
    }
}

#[test]
fn a_head_longer_than_its_limit_is_refused() {
    let pattern = "x".repeat(255);
    let interest = Head::Interest { add: vec![pattern; 200], remove: Vec::new() };
    assert!(encode(&interest, b"").unwrap().len() < HEAD_LIMIT);

    let mut bytes = BytesMut::new();
    bytes.put_u32_le(HEAD_LIMIT as u32 + 100);
    // A refusal whose text is as long as the frame.
    bytes.extend_from_slice(b"\x00\x02\x00\xd0\x80\x04");
    bytes.resize(4 + HEAD_LIMIT + 100, b'x');
    assert!(matches!(refuse(&bytes), LinkError::Head { .. }));
}

#[test]
fn a_frame_that_is_too_long_is_not_sent() {
    let mut bytes = BytesMut::from(&b"before"[..]);

    let error = Encoder::new(1000).encode(&call(1), &[0; 1000], &mut bytes).unwrap_err();

    assert!(matches!(error, LinkError::FrameTooLong { limit: 1000, .. }), "{error}");
    assert_eq!(&bytes[..], b"before");
}

/// Decodes and reassembles as long as all is well.
fn receive(bytes: &[u8]) {
    let (mut decoder, mut reassembly) = (decoder(), Reassembly::new(1 << 20));
    let mut bytes = BytesMut::from(bytes);
    while let Ok(Some(frame)) = decoder.decode(&mut bytes) {
        if reassembly.accept(frame).is_err() {
            return;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_are_frames_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let _ = Decoder::new().decode(&mut BytesMut::from(&bytes[..]));
        receive(&bytes);
    }

    #[test]
    fn random_heads_are_frames_or_refused(frames in vec(vec(any::<u8>(), 0..60), 0..10)) {
        let mut bytes = Vec::new();
        for frame in frames {
            bytes.extend_from_slice(&(frame.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&frame);
        }
        receive(&bytes);
    }

    #[test]
    fn damaged_frames_are_frames_or_refused(heads in vec(head(), 1..5), at: Index, byte: u8) {
        let mut bytes = Vec::new();
        for head in heads {
            bytes.extend_from_slice(&encode(&head, b"").unwrap());
        }
        let at = at.index(bytes.len());
        bytes[at] = byte;
        receive(&bytes);
    }

    #[test]
    fn the_beginning_of_a_frame_is_waited_for(head in head(), part: Index) {
        let bytes = encode(&head, b"").unwrap();
        let part = part.index(bytes.len());
        let mut beginning = BytesMut::from(&bytes[..part]);
        prop_assert_eq!(decoder().decode(&mut beginning), Ok(None));
        prop_assert_eq!(beginning.len(), part);
    }

    #[test]
    fn a_frame_cut_short_is_refused(head in head(), part: Index) {
        // The length says that the frame ends where it was cut.
        let frame = encode(&head, b"").unwrap().split_off(4);
        let part = part.index(frame.len());
        let mut bytes = BytesMut::from(&(part as u32).to_le_bytes()[..]);
        bytes.extend_from_slice(&Bytes::from(frame)[..part]);
        let is_refused = matches!(decoder().decode(&mut bytes), Err(LinkError::Head { .. }));
        prop_assert!(is_refused);
    }
}
