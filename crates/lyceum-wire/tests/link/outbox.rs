//! What goes out, and in which order.

use bytes::{Buf, Bytes};
use lyceum_wire::Encoding;
use lyceum_wire::link::{
    BODIES_UNDER_WAY, Burst, CHUNK_SIZE, CONTROL_RESERVE, Frame, Head, LinkError, Message, Outbox,
    OutboxLimits, Part, PushError, Reassembly, Withdrawal,
};

use crate::{bursts, call, call_with, frames};

fn outbox() -> Outbox {
    Outbox::new(OutboxLimits::default())
}

fn ping(number: u64) -> Message {
    Message::new(Head::Ping { number })
}

/// Returns what arrives: ids of calls and results, and numbers of pings, in order.
fn arrivals(frames: impl IntoIterator<Item = Frame>) -> Vec<u64> {
    let mut reassembly = Reassembly::default();
    let messages = frames.into_iter().filter_map(|frame| reassembly.accept(frame).unwrap());
    messages
        .map(|message| match message.head {
            Head::Call(call) => call.id,
            Head::Ping { number } => number,
            Head::Item { id, .. } => id,
            other => panic!("expected a call, an item or a ping, found {other:?}"),
        })
        .collect()
}

fn chunks(frames: &[Frame]) -> usize {
    frames.iter().filter(|frame| matches!(frame.head, Head::Chunk { .. })).count()
}

#[test]
fn small_messages_go_out_together_in_order() {
    let mut outbox = outbox();
    for number in 0..100 {
        outbox.push(ping(number)).unwrap();
    }

    let bursts = bursts(&mut outbox);

    assert_eq!(bursts.len(), 1);
    assert_eq!(arrivals(bursts.into_iter().flatten()), Vec::from_iter(0..100));
}

#[test]
fn a_small_message_is_never_behind_more_than_one_chunk() {
    let mut outbox = outbox();
    for id in 0..4 {
        outbox.push(call_with(id, 1 << 20)).unwrap();
    }
    let mut burst = Burst::default();
    for number in 100..110 {
        // What is being written cannot be overtaken.
        assert!(outbox.fill(&mut burst));
        assert_eq!(chunks(&frames(&mut burst)), 1);
        outbox.push(ping(number)).unwrap();

        assert!(outbox.fill(&mut burst));

        let frames = frames(&mut burst);
        assert_eq!(frames[0].head, Head::Ping { number });
        assert_eq!(chunks(&frames), 1);
    }
}

#[test]
fn large_bodies_take_turns() {
    let mut outbox = outbox();
    for id in 0..3 {
        outbox.push(call_with(id, 4 * CHUNK_SIZE)).unwrap();
    }

    let streams: Vec<u32> = bursts(&mut outbox)
        .into_iter()
        .flatten()
        .filter_map(|frame| match frame.head {
            Head::Chunk { stream, .. } => Some(stream),
            _ => None,
        })
        .collect();

    assert_eq!(streams, [0, 1, 2].repeat(4));
}

#[test]
fn a_large_body_goes_on_however_many_small_messages_there_are() {
    let mut outbox = outbox();
    outbox.push(call_with(1, 3 * CHUNK_SIZE)).unwrap();
    for id in 2..20 {
        outbox.push(call_with(id, CHUNK_SIZE)).unwrap();
    }

    let bursts = bursts(&mut outbox);

    assert!(bursts[..3].iter().all(|frames| chunks(frames) == 1), "it has a chunk in each burst");
}

#[test]
fn a_burst_is_about_two_chunks_long_at_most() {
    let mut outbox = outbox();
    for id in 0..200 {
        outbox.push(call_with(id, 10_000)).unwrap();
    }
    outbox.push(call_with(200, 1 << 20)).unwrap();
    let mut burst = Burst::default();

    while outbox.fill(&mut burst) {
        assert!(burst.remaining() < 2 * CHUNK_SIZE + 11_000, "{}", burst.remaining());
        frames(&mut burst);
    }
}

#[test]
fn the_body_of_a_chunk_is_not_copied() {
    let body = Bytes::from(vec![7; 2 * CHUNK_SIZE]);
    let mut outbox = outbox();
    outbox.push(Message::with_body(call(1), body.clone())).unwrap();
    let mut burst = Burst::default();
    outbox.fill(&mut burst);

    let head = burst.remaining() - CHUNK_SIZE;
    burst.advance(head);

    assert_eq!(burst.chunk().as_ptr(), body.as_ptr());
}

#[test]
fn messages_of_one_sender_never_overtake_each_other() {
    let sizes = [10, 3 * CHUNK_SIZE, 10, 2 * CHUNK_SIZE, 10, 10];
    let mut outbox = outbox();
    for (id, size) in (0..).zip(sizes) {
        outbox.push_from(7, call_with(id, size)).unwrap();
    }
    outbox.push(ping(99)).unwrap();

    let arrivals = arrivals(bursts(&mut outbox).into_iter().flatten());

    assert_eq!(arrivals, [0, 99, 1, 2, 3, 4, 5]);
}

#[test]
fn a_large_message_never_overtakes_small_ones_before_it() {
    let mut outbox = outbox();
    for id in 0..30 {
        outbox.push_from(7, call_with(id, 30_000)).unwrap();
    }
    outbox.push_from(7, call_with(30, CHUNK_SIZE + 1)).unwrap();

    let arrivals = arrivals(bursts(&mut outbox).into_iter().flatten());

    assert_eq!(arrivals, Vec::from_iter(0..=30));
}

#[test]
fn senders_do_not_wait_for_each_other() {
    let mut outbox = outbox();
    outbox.push_from(1, call_with(1, 10 * CHUNK_SIZE)).unwrap();
    outbox.push_from(2, call_with(2, 10)).unwrap();

    assert_eq!(arrivals(bursts(&mut outbox).into_iter().flatten()), [2, 1]);
}

#[test]
fn results_of_a_stream_keep_their_order() {
    let item = |id, size| {
        let body = Bytes::from(vec![0; size]);
        Message::with_body(Head::Item { id, encoding: Encoding::JSON }, body)
    };
    let mut outbox = outbox();
    outbox.push(item(1, 2 * CHUNK_SIZE)).unwrap();
    outbox.push(item(2, 10)).unwrap();
    outbox.push(item(1, 10)).unwrap();
    outbox.push(Message::new(Head::ItemsEnd { id: 1, fault: None })).unwrap();

    let frames: Vec<Frame> = bursts(&mut outbox).into_iter().flatten().collect();

    assert_eq!(frames.last().unwrap().head, Head::ItemsEnd { id: 1, fault: None });
    let frames = frames[..frames.len() - 1].to_vec();
    assert_eq!(arrivals(frames), [2, 1, 1]);
}

#[test]
fn the_other_node_never_sees_more_than_it_allows() {
    let limits = OutboxLimits { message_limit: 1 << 20, ..OutboxLimits::default() };
    let mut outbox = Outbox::new(limits);
    let sizes = [100_000, 1 << 20, 700_000, 700_000].repeat(5);
    for (id, size) in (0..).zip(&sizes) {
        outbox.push(call_with(id, *size)).unwrap_or_else(|_| panic!("there is room for {size}"));
    }
    for id in 100..200 {
        outbox.push(call_with(id, CHUNK_SIZE + 1)).unwrap();
    }
    let mut reassembly = Reassembly::new(1 << 20);
    let mut most = 0;
    for frame in bursts(&mut outbox).into_iter().flatten() {
        reassembly.accept(frame).unwrap();
        most = most.max(reassembly.under_way());
    }

    assert!((2..=BODIES_UNDER_WAY).contains(&most), "{most}");
    assert_eq!(reassembly.under_way(), 0);
}

#[test]
fn a_full_outbox_gives_the_message_back() {
    let mut outbox = Outbox::new(OutboxLimits { messages: 2, ..OutboxLimits::default() });
    outbox.push(call_with(1, 10)).unwrap();
    assert!(!outbox.is_full());
    outbox.push(call_with(2, 10)).unwrap();
    assert!(outbox.is_full());

    let error = outbox.push(call_with(3, 10)).unwrap_err();

    assert!(matches!(error, PushError::Full(_)), "{error}");
    assert_eq!(error.into_message(), call_with(3, 10));
    bursts(&mut outbox);
    assert!(!outbox.is_full());
    outbox.push(call_with(3, 10)).unwrap();
}

#[test]
fn an_outbox_is_full_by_bytes_too() {
    let mut outbox = Outbox::new(OutboxLimits { bytes: 1000, ..OutboxLimits::default() });
    outbox.push(call_with(1, 2000)).unwrap();

    assert!(outbox.is_full());
    assert!(matches!(outbox.push(call_with(2, 1)), Err(PushError::Full(_))));
}

#[test]
fn a_large_body_leaves_small_messages_their_room() {
    let mut outbox = Outbox::new(OutboxLimits { large_bytes: 1000, ..OutboxLimits::default() });
    outbox.push(call_with(1, 10 * CHUNK_SIZE)).unwrap();
    assert_eq!(outbox.bytes(), 10 * CHUNK_SIZE);

    assert!(outbox.has_room(CHUNK_SIZE) && !outbox.has_room(CHUNK_SIZE + 1));
    assert!(matches!(outbox.push(call_with(2, CHUNK_SIZE + 1)), Err(PushError::Full(_))));
    outbox.push(call_with(3, 10)).unwrap();
}

#[test]
fn what_keeps_the_channel_going_has_room_of_its_own() {
    let mut outbox = Outbox::new(OutboxLimits { messages: 1, ..OutboxLimits::default() });
    outbox.push(call_with(1, 10)).unwrap();
    for number in 0..CONTROL_RESERVE as u64 {
        outbox.push(ping(number)).unwrap();
    }

    assert!(matches!(outbox.push(ping(9999)), Err(PushError::Full(_))));
}

#[test]
fn a_message_above_the_limit_is_refused_and_given_back() {
    let mut outbox = Outbox::new(OutboxLimits { message_limit: 99, ..OutboxLimits::default() });

    let error = outbox.push(call_with(1, 100)).unwrap_err();

    let reason = LinkError::BodyTooLarge { size: 100, limit: 99 };
    let message = Box::new(call_with(1, 100));
    assert_eq!(error, PushError::Refused { message, reason });
    assert!(outbox.is_empty() && !outbox.fill(&mut Burst::default()));
}

#[test]
fn a_burst_that_is_not_written_yet_is_left_alone() {
    let mut outbox = outbox();
    outbox.push(ping(1)).unwrap();
    let mut burst = Burst::default();
    assert!(outbox.fill(&mut burst));
    let before = burst.remaining();
    outbox.push(ping(2)).unwrap();

    assert!(outbox.fill(&mut burst));

    assert_eq!(burst.remaining(), before);
}

#[test]
fn a_call_that_waits_can_be_withdrawn() {
    let mut outbox = outbox();
    outbox.push_from(7, call_with(1, 2 * CHUNK_SIZE)).unwrap();
    outbox.push_from(7, call_with(2, 10)).unwrap();
    outbox.push_from(7, call_with(3, 2 * CHUNK_SIZE)).unwrap();
    outbox.push_from(7, call_with(4, 10)).unwrap();

    for id in [2, 3, 1] {
        assert_eq!(outbox.withdraw(id), Withdrawal::InTime, "{id}");
    }

    assert_eq!(arrivals(bursts(&mut outbox).into_iter().flatten()), [4]);
    assert!(outbox.is_empty() && outbox.bytes() == 0);
}

#[test]
fn a_large_call_under_way_can_be_given_up() {
    let mut outbox = outbox();
    outbox.push_from(7, call_with(1, 100 * CHUNK_SIZE)).unwrap();
    outbox.push_from(7, call_with(2, 10)).unwrap();
    let mut burst = Burst::default();
    outbox.fill(&mut burst);
    let mut sent = frames(&mut burst);

    assert_eq!(outbox.withdraw(1), Withdrawal::InTime);

    let rest: Vec<Frame> = bursts(&mut outbox).into_iter().flatten().collect();
    assert_eq!(rest[0].head, Head::Chunk { stream: 0, part: Part::Abandoned });
    sent.extend(rest);
    assert_eq!(arrivals(sent), [2]);
    assert!(outbox.is_empty() && outbox.bytes() == 0);
}

#[test]
fn a_small_call_in_the_lane_is_too_late_to_withdraw() {
    let mut outbox = outbox();
    outbox.push(call_with(1, 10)).unwrap();

    assert_eq!(outbox.withdraw(1), Withdrawal::TooLate);
    assert_eq!(outbox.withdraw(2), Withdrawal::TooLate);
}
