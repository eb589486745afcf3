//! The bytes of a few frames, so that a change of the format is noticed. `docs/src/wire.md`
//! explains them.

use std::time::Duration;

use bytes::Buf;
use lyceum_wire::link::{
    ActionKey, Answer, Burst, Call, Fault, FaultKind, Head, Hello, Hop, Message, Outbox,
    OutboxLimits, Outcome, Reply, Token,
};
use lyceum_wire::{
    AgentId, AgentKey, CodecKind, Encoding, Fingerprint, NodeId, Style, TraceContext,
};

use crate::{decoder, encode};

fn check(head: &Head, body: &[u8], golden: &[u8]) {
    let mut bytes = encode(head, body).unwrap();
    assert_eq!(bytes.escape_ascii().to_string(), golden.escape_ascii().to_string());

    let frame = decoder().decode(&mut bytes).unwrap().unwrap();
    assert_eq!((&frame.head, &frame.body[..], frame.opening), (head, body, None));
}

#[test]
fn a_typed_call() {
    let mut call = Call::new(
        300,
        AgentKey::Id(AgentId::new(7)),
        ActionKey::Typed { name: "add".into(), fingerprint: Fingerprint::new(5) },
        Encoding::new(CodecKind::Postcard, Style::Positional),
    );
    call.time_left = Some(Duration::from_millis(1500));
    let golden = b"\x1c\0\0\0\x00\x03\xac\x02\x00\x07\x00\x03add\x05\x00\x02\x00\x00\
        \x01\x01\x80\xca\xb5\xee\x01\x00\x00\x00\x05\x06";

    check(&Head::Call(call), b"\x05\x06", golden);
}

#[test]
fn a_call_by_name_with_everything() {
    let call = Call {
        id: 1,
        to: AgentKey::Name("clerk".parse().unwrap()),
        action: ActionKey::Name("add".into()),
        reply: Reply::Receipt,
        encoding: Encoding::JSON,
        time_left: None,
        chain: vec![Hop { node: NodeId::new(0xa1), call: 9 }],
        trace: Some(TraceContext { trace: [0x11; 16], span: [0x22; 8], flags: 1 }),
        from: Some(AgentId::new(3)),
    };
    let golden = [
        &b"\x37\0\0\0\x00\x03\x01\x01\x05clerk\x01\x03add\x02\x00\x01\x00\x00\x01\xa1\x01\x09\x01"
            [..],
        &[0x11; 16],
        &[0x22; 8],
        b"\x01\x01\x03[2]",
    ];

    check(&Head::Call(call), b"[2]", &golden.concat());
}

#[test]
fn answers() {
    let done = Answer { id: 300, outcome: Outcome::Result(Encoding::JSON) };
    check(&Head::Answer(done), b"2", b"\x09\0\0\0\x00\x04\xac\x02\x00\x00\x01\x002");

    let fault = Fault::new(FaultKind::NoSuchAgent, "gone").started(false);
    let failed = Answer { id: 1, outcome: Outcome::Fault(fault) };
    check(&Head::Answer(failed), b"", b"\x0d\0\0\0\x00\x04\x01\x05\x01\x01\x04gone\x01\x00");
}

#[test]
fn signs_of_life() {
    check(&Head::Ping { number: 7 }, b"", b"\x03\0\0\0\x00\x0d\x07");
    check(&Head::Pong { number: 7 }, b"", b"\x03\0\0\0\x00\x0e\x07");
    check(&Head::Cancel { id: 7 }, b"", b"\x03\0\0\0\x00\x05\x07");
}

#[test]
fn a_hello() {
    let mut hello = Hello::new(NodeId::new(0xa1)).codecs([CodecKind::Json]);
    hello.endpoints.push("tcp://[::1]:5555".into());
    hello.host = [9; 16];
    hello.token = Some(Token::new("key"));
    let golden = [
        &b"\x44\0\0\0\x00\x00\x01\x01\xa1\x01\x01\x04json\x00"[..],
        b"\x80\x80\x40\x80\x80\x80\x80\x01\x80\x20\x80\x80\x80\x20",
        b"\x01\x10tcp://[::1]:5555",
        &[9; 16],
        b"\x05\x00\x01\x03key",
    ];

    check(&Head::Hello(Box::new(hello)), b"", &golden.concat());
}

#[test]
fn a_large_body() {
    let head = Head::Item { id: 1, encoding: Encoding::JSON };
    let mut outbox = Outbox::new(OutboxLimits::default());
    outbox.push(Message::with_body(head, vec![b'x'; 65_537])).unwrap();
    let mut burst = Burst::default();

    outbox.fill(&mut burst);
    let first = burst.copy_to_bytes(burst.remaining());
    outbox.fill(&mut burst);
    let second = burst.copy_to_bytes(burst.remaining());

    let announced = b"\x0a\0\0\0\x01\x00\x81\x80\x04\x06\x01\x00\x01\x00";
    let chunk = b"\x04\0\x01\0\x00\x0f\x00\x00";
    let (heads, body) = first.split_at(announced.len() + chunk.len());
    assert_eq!(heads, [&announced[..], chunk].concat());
    assert_eq!(body, [b'x'; 65_536]);
    assert_eq!(&second[..], b"\x05\0\0\0\x00\x0f\x00\x01x");
}
