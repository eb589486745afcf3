//! The link between two nodes, without a socket.

mod agreement;
mod heads;
mod hostile;
mod reassembly;

use bytes::BytesMut;
use lyceum_wire::link::{ActionKey, Call, Decoder, Encoder, Head, LinkError, PREFACE};
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
    Head::Call(Call::new(id, to, ActionKey::Index(0), Encoding::JSON))
}
