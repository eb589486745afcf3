//! The link between two nodes, without a socket.

mod agreement;
mod golden;
mod heads;
mod hostile;
mod journey;
mod model;
mod outbox;
mod reassembly;

use bytes::{Buf, Bytes, BytesMut};
use lyceum_wire::link::{
    ActionKey, Burst, Call, Decoder, Encoder, Frame, Head, LinkError, Message, Outbox, PREFACE,
};
use lyceum_wire::{AgentId, AgentKey, Encoding};

/// Returns a decoder that has seen the preface and takes long frames.
fn decoder() -> Decoder {
    let mut decoder = Decoder::new();
    let nothing = decoder.decode(&mut BytesMut::from(&PREFACE[..]));
    assert_eq!(nothing, Ok(None));
    decoder.set_frame_limit(lyceum_wire::link::FRAME_LIMIT);
    decoder
}

fn encode(head: &Head, body: &[u8]) -> Result<BytesMut, LinkError> {
    let mut bytes = BytesMut::new();
    Encoder::default().encode(head, body, &mut bytes)?;
    Ok(bytes)
}

fn call(id: u64) -> Head {
    let to = AgentKey::Id(AgentId::new(7));
    Head::Call(Call::new(id, to, ActionKey::Name("add".into()), Encoding::JSON))
}

/// Returns a call with a body of so many bytes, which its id determines.
fn call_with(id: u64, size: usize) -> Message {
    Message::with_body(call(id), Bytes::from(vec![id as u8; size]))
}

/// Returns the frames of one burst, and empties it.
fn frames(burst: &mut Burst) -> Vec<Frame> {
    let mut bytes = BytesMut::from(&burst.copy_to_bytes(burst.remaining())[..]);
    let mut decoder = decoder();
    let frames = std::iter::from_fn(|| decoder.decode(&mut bytes).unwrap()).collect();
    assert!(bytes.is_empty(), "a burst has whole frames");
    frames
}

/// Returns the frames of each burst until the outbox has no more.
fn bursts(outbox: &mut Outbox) -> Vec<Vec<Frame>> {
    let mut burst = Burst::default();
    std::iter::from_fn(|| outbox.fill(&mut burst).then(|| frames(&mut burst))).collect()
}
