//! Frames between two nodes, and their handshake.

use bytes::BytesMut;
use lyceum_wire::link::{
    ActionKey, AgentFilter, Answer, Burst, Call, Decoder, Encoder, Fault, FaultKind, Frame, Head,
    Hello, Message, Outbox, OutboxLimits, Outcome, PREFACE, Question, Reassembly, Text, agree,
};
use lyceum_wire::{AgentKey, Encoding, NodeId};

use super::Target;
use crate::Digest;

pub(super) const FRAMES: Target = Target { name: "frames", run, seeds, budget: 8 << 20 };
pub(super) const HANDSHAKE: Target =
    Target { name: "handshake", run: greet, seeds: greetings, budget: 1 << 20 };

/// How long frames and messages may be.
const FRAME_LIMIT: u32 = 128 << 10;
const MESSAGE_LIMIT: u64 = 512 << 10;

/// Returns a call of `note` of the agent `clerk`.
pub(super) fn note(id: u64) -> (Head, Vec<u8>) {
    let to: AgentKey = "clerk".parse().expect("it is a name");
    let (encoding, body) = Encoding::JSON.encode(&[id]).expect("numbers have a form");
    (Head::Call(Call::new(id, to, ActionKey::Name("note".into()), encoding)), body)
}

/// Returns frames of all kinds, without a preface.
pub(super) fn session() -> Vec<Vec<u8>> {
    let answer = |outcome| Head::Answer(Answer { id: 1, outcome });
    let fault = Fault::new(FaultKind::UnknownAction, "no such action").started(false);
    let filter = AgentFilter { kind: None, interface: None, attributes: Vec::new() };
    let heads = [
        note(1),
        (answer(Outcome::Result(Encoding::JSON)), b"5".to_vec()),
        (answer(Outcome::Fault(fault)), Vec::new()),
        (answer(Outcome::Streaming), Vec::new()),
        (Head::Item { id: 1, encoding: Encoding::JSON }, b"[1]".to_vec()),
        (Head::ItemsEnd { id: 1, fault: None }, Vec::new()),
        (Head::Cancel { id: 1 }, Vec::new()),
        (Head::Ask { id: 2, to: None, what: Question::Agents(filter) }, Vec::new()),
        (Head::Interest { add: vec!["a.#".into()], remove: vec!["b".into()] }, Vec::new()),
        (Head::Ping { number: 7 }, Vec::new()),
    ];
    let mut all: Vec<Vec<u8>> = heads.iter().map(|(head, body)| frame(head, body)).collect();
    all.push(all.concat());
    all.push(chunked());
    all
}

fn frame(head: &Head, body: &[u8]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    Encoder::default().encode(head, body, &mut bytes).expect("it is within bounds");
    bytes.to_vec()
}

/// Returns a large body in chunks.
fn chunked() -> Vec<u8> {
    let limits = OutboxLimits {
        message_limit: MESSAGE_LIMIT,
        frame_limit: FRAME_LIMIT,
        ..OutboxLimits::default()
    };
    let mut outbox = Outbox::new(limits);
    let head = Head::Answer(Answer { id: 1, outcome: Outcome::Result(Encoding::JSON) });
    outbox.push(Message::with_body(head, vec![b'1'; 70_000])).expect("there is room");
    let (mut burst, mut bytes) = (Burst::default(), Vec::new());
    while outbox.fill(&mut burst) {
        while bytes::Buf::has_remaining(&burst) {
            bytes.extend_from_slice(bytes::Buf::chunk(&burst));
            let length = bytes::Buf::chunk(&burst).len();
            bytes::Buf::advance(&mut burst, length);
        }
    }
    bytes
}

fn seeds() -> Vec<Vec<u8>> {
    session()
}

fn run(input: &[u8]) -> Digest {
    let mut bytes = BytesMut::from(&PREFACE[..]);
    bytes.extend_from_slice(input);
    let mut decoder = Decoder::new();
    decoder.set_frame_limit(FRAME_LIMIT);
    let mut reassembly = Reassembly::new(MESSAGE_LIMIT);
    let mut came = Vec::new();
    loop {
        match decoder.decode(&mut bytes) {
            Ok(Some(frame)) => {
                rewrite(&frame);
                match reassembly.accept(frame) {
                    Ok(Some(message)) => {
                        assert!(message.body.len() as u64 <= MESSAGE_LIMIT);
                        came.push(message.head.name().to_owned());
                    }
                    Ok(None) => came.push("part".into()),
                    Err(error) => return Digest::of((came, error.to_string())),
                }
            }
            Ok(None) => return Digest::of(came),
            Err(error) => return Digest::of((came, error.to_string())),
        }
        came.truncate(4);
    }
}

/// Checks that a frame is read as the same after it was written.
fn rewrite(frame: &Frame) {
    let mut written = BytesMut::from(&PREFACE[..]);
    // What takes more bytes than before may be beyond the limit.
    if Encoder::new(FRAME_LIMIT).encode(&frame.head, &frame.body, &mut written).is_err() {
        return;
    }
    let mut decoder = Decoder::new();
    decoder.set_frame_limit(FRAME_LIMIT);
    let again = decoder.decode(&mut written).expect("what is written can be read");
    let again = again.expect("it is whole");
    assert_eq!((&again.head, &again.body), (&frame.head, &frame.body));
}

fn mine() -> Hello {
    Hello::new(NodeId::new(1))
}

fn greetings() -> Vec<Vec<u8>> {
    let plain = Hello::new(NodeId::new(2));
    let full = Hello {
        endpoints: vec!["tcp://127.0.0.1:5555".into(), "unix:///run/a.sock".into()],
        token: Some(lyceum_wire::link::Token::new("secret")),
        host: [7; 16],
        ..plain.clone()
    };
    let terms = agree(&plain, &mine()).expect("they are alike");
    let refusal = lyceum_wire::link::Refusal {
        reason: lyceum_wire::link::RefusalReason::Version,
        text: Text::new("no"),
    };
    let after = [
        Head::Hello(Box::new(plain)),
        Head::Hello(Box::new(full)),
        Head::Welcome(Box::new(terms)),
        Head::Refused(refusal),
    ];
    after.iter().map(|head| [&PREFACE[..], &frame(head, &[])].concat()).collect()
}

fn greet(input: &[u8]) -> Digest {
    let (mut bytes, mut decoder) = (BytesMut::from(input), Decoder::new());
    match decoder.decode(&mut bytes) {
        Ok(Some(Frame { head: Head::Hello(theirs), .. })) => {
            let mine = mine();
            let agreed = agree(&mine, &theirs);
            assert_eq!(agreed, agree(&theirs, &mine), "both find the same");
            Digest::of(agreed.map_err(|refusal| refusal.to_string()))
        }
        Ok(frame) => Digest::of(frame.map(|frame| frame.head.name().to_owned())),
        Err(error) => Digest::of(error.to_string()),
    }
}
