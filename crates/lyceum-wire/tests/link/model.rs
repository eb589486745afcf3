//! Random use of an outbox against what a user may expect of it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Buf, BytesMut};
use lyceum_wire::link::{
    Burst, CHUNK_SIZE, Decoder, Head, Outbox, OutboxLimits, Reassembly, Withdrawal,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::{call_with, decoder};

/// How large bodies may be in these tests: four large ones fit.
const LIMIT: usize = 20 * CHUNK_SIZE;

#[derive(Clone, Debug)]
enum Step {
    Push { sender: Option<u64>, size: usize },
    Withdraw(Index),
    Write(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let sizes = vec![0, 10, 1000, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE, 5 * CHUNK_SIZE];
    let sender = proptest::option::of(0..3_u64);
    prop_oneof![
        4 => (sender, select(sizes)).prop_map(|(sender, size)| Step::Push { sender, size }),
        1 => any::<Index>().prop_map(Step::Withdraw),
        4 => (1..3 * CHUNK_SIZE).prop_map(Step::Write),
    ]
}

/// An outbox, a channel, and the other end of it.
struct Channel {
    outbox: Outbox,
    burst: Burst,
    buffer: BytesMut,
    decoder: Decoder,
    reassembly: Reassembly,
    /// What was pushed and not withdrawn, by sender.
    expected: BTreeMap<Option<u64>, Vec<(u64, usize)>>,
    withdrawn: BTreeSet<u64>,
    arrived: Vec<(u64, usize)>,
    pushed: u64,
}

impl Channel {
    fn new() -> Self {
        let limits = OutboxLimits { message_limit: LIMIT as u64, ..OutboxLimits::default() };
        Self {
            outbox: Outbox::new(limits),
            burst: Burst::default(),
            buffer: BytesMut::new(),
            decoder: decoder(),
            reassembly: Reassembly::new(LIMIT as u64),
            expected: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            arrived: Vec::new(),
            pushed: 0,
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Push { sender, size } => self.push(*sender, *size),
            Step::Withdraw(which) if self.pushed > 0 => {
                let call = which.index(self.pushed as usize) as u64;
                if self.outbox.withdraw(call) == Withdrawal::InTime {
                    self.withdrawn.insert(call);
                }
            }
            Step::Withdraw(_) => {}
            Step::Write(bytes) => self.write(*bytes),
        }
    }

    fn push(&mut self, sender: Option<u64>, size: usize) {
        let message = call_with(self.pushed, size);
        match sender {
            Some(sender) => self.outbox.push_from(sender, message).unwrap(),
            None => self.outbox.push(message).unwrap(),
        }
        self.expected.entry(sender).or_default().push((self.pushed, size));
        self.pushed += 1;
    }

    fn write(&mut self, bytes: usize) {
        self.outbox.fill(&mut self.burst);
        let bytes = bytes.min(self.burst.remaining());
        self.buffer.extend_from_slice(&self.burst.copy_to_bytes(bytes));
        while let Some(frame) = self.decoder.decode(&mut self.buffer).unwrap() {
            let Some(message) = self.reassembly.accept(frame).unwrap() else { continue };
            let Head::Call(call) = message.head else { panic!("only calls were pushed") };
            assert!(message.body.iter().all(|byte| *byte == call.id as u8));
            self.arrived.push((call.id, message.body.len()));
        }
    }

    fn finish(mut self) {
        while self.outbox.fill(&mut self.burst) {
            self.write(usize::MAX);
        }
        assert!(self.outbox.is_empty());
        assert_eq!(
            (self.outbox.bytes(), self.reassembly.under_way(), self.buffer.len()),
            (0, 0, 0)
        );
        for (sender, mut expected) in self.expected {
            let mut arrived: Vec<_> =
                self.arrived.iter().filter(|message| expected.contains(message)).copied().collect();
            if sender.is_none() {
                arrived.sort_unstable();
            }
            expected.retain(|(call, _)| !self.withdrawn.contains(call));
            assert_eq!(arrived, expected, "of sender {sender:?}");
        }
    }
}

proptest! {
    #[test]
    fn each_message_arrives_once_and_in_its_sender_s_order(steps in vec(step(), 1..60)) {
        let mut channel = Channel::new();
        for step in &steps {
            channel.take(step);
        }
        channel.finish();
    }
}
