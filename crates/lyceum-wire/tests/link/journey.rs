//! Messages from one end of a channel to the other.

use bytes::{Buf, Bytes, BytesMut};
use lyceum_wire::link::{
    Burst, CHUNK_SIZE, Decoder, FRAME_LIMIT, Head, Message, Outbox, OutboxLimits, PREFACE,
    Reassembly,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::heads::head;
use crate::{call_with, decoder, encode};

/// Sends messages through an outbox, a channel that delivers pieces of `piece` bytes, a decoder
/// and a reassembly.
fn travel(messages: Vec<Message>, piece: usize) -> Vec<Message> {
    let mut outbox = Outbox::new(OutboxLimits::default());
    for message in messages {
        outbox.push(message).unwrap();
    }
    let mut sent = PREFACE.to_vec();
    let mut burst = Burst::default();
    while outbox.fill(&mut burst) {
        sent.extend_from_slice(&burst.copy_to_bytes(burst.remaining()));
    }
    assert!(outbox.is_empty() && outbox.bytes() == 0);
    receive(&sent, piece)
}

fn receive(sent: &[u8], piece: usize) -> Vec<Message> {
    let (mut decoder, mut reassembly) = (Decoder::new(), Reassembly::default());
    decoder.set_frame_limit(FRAME_LIMIT);
    let mut received = Vec::new();
    let mut buffer = BytesMut::new();
    for piece in sent.chunks(piece) {
        buffer.extend_from_slice(piece);
        while let Some(frame) = decoder.decode(&mut buffer).unwrap() {
            received.extend(reassembly.accept(frame).unwrap());
        }
    }
    assert_eq!((buffer.len(), reassembly.under_way()), (0, 0));
    received
}

proptest! {
    #[test]
    fn every_head_arrives_as_it_was_sent(
        heads in vec(head(), 0..20),
        body in vec(any::<u8>(), 0..100),
        piece in 1..200_usize,
    ) {
        let with_body = |head: Head| {
            let body = if head.may_have_body() { Bytes::from(body.clone()) } else { Bytes::new() };
            Message { head, body }
        };
        let messages: Vec<Message> = heads.into_iter().map(with_body).collect();

        prop_assert_eq!(travel(messages.clone(), piece), messages);
    }

    #[test]
    fn bodies_of_all_sizes_arrive(
        sizes in vec(0..400_000_usize, 1..8),
        piece in 1000..100_000_usize,
    ) {
        let messages: Vec<Message> =
            sizes.iter().enumerate().map(|(id, size)| call_with(id as u64, *size)).collect();

        let mut received = travel(messages.clone(), piece);

        received.sort_by_key(|message| match &message.head {
            Head::Call(call) => call.id,
            other => panic!("expected a call, found {other:?}"),
        });
        prop_assert_eq!(received, messages);
    }
}

#[test]
fn a_body_around_the_size_of_a_chunk_arrives() {
    for size in [CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 2 * CHUNK_SIZE + 1] {
        let message = call_with(1, size);
        assert_eq!(travel(vec![message.clone()], 1 << 20), [message]);
    }
}

#[test]
fn a_body_is_a_slice_of_the_buffer_that_it_came_in() {
    let message = call_with(1, 1000);
    let mut bytes = encode(&message.head, &message.body).unwrap();
    let buffer = bytes.as_ptr_range();

    let frame = decoder().decode(&mut bytes).unwrap().unwrap();

    assert_eq!(frame.body, message.body);
    assert!(buffer.contains(&frame.body.as_ptr()));
}
