//! The targets.

mod addresses;
mod agents;
mod aiomas;
mod aiomas_node;
mod channel;
mod codecs;
mod compression;
mod exchange_link;
mod files;
mod frames;
mod hybrid;
mod mosaik;
mod pickles;
mod records;
mod topics;

use crate::Digest;

/// A decoder of bytes from outside.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]) -> Digest,
    /// What to begin with: whole and valid inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How many bytes one input may have allocated, besides a thousand for each of its own. What is
    /// merely announced is not allocated.
    pub budget: usize,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    addresses::TARGET,
    agents::TARGET,
    aiomas::FRAMES,
    aiomas::JSON,
    aiomas::MSGPACK,
    aiomas::BLOSC,
    aiomas::TEXTS,
    aiomas_node::TARGET,
    channel::TARGET,
    codecs::JSON,
    codecs::MESSAGEPACK,
    codecs::POSTCARD,
    compression::TARGET,
    exchange_link::TO_SERVER,
    exchange_link::TO_CLIENT,
    frames::FRAMES,
    frames::HANDSHAKE,
    hybrid::TARGET,
    mosaik::TARGET,
    pickles::PICKLES,
    pickles::MESSAGES,
    records::RECORDS,
    records::EVENTS,
    topics::TARGET,
    files::TARGET,
];

/// Returns texts as bytes.
fn bytes_of(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
