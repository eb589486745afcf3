//! The post: what was sent in this step, in order, and the mail of agents.

use crate::channel::Channel;
use crate::error::SendFault;

/// What was sent in this step, in the order in which it was sent.
#[derive(Debug)]
pub(crate) struct Post {
    limit: usize,
    messages: Vec<Message>,
    /// How many agents will get them.
    planned: usize,
    /// The channels of which there are some.
    filled: Vec<u32>,
}

/// A message, by its place in the column of its channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    pub(crate) channel: u32,
    pub(crate) index: u32,
    /// The only one to get it; all that listen, if there is none.
    pub(crate) to: Option<u32>,
}

/// A message in the mail of an agent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    pub(crate) channel: u32,
    pub(crate) index: u32,
    pub(crate) handler: u16,
}

impl Post {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, messages: Vec::new(), planned: 0, filled: Vec::new() }
    }

    /// Says whether one more message may be sent in this step.
    #[inline]
    pub(crate) fn check(&self, channel: &Channel, to: Option<u32>) -> Result<(), SendFault> {
        let deliveries = if to.is_some() { 1 } else { channel.subscribers.len() };
        // A lone message passes, however many listen: there may be more agents than the limit.
        let fits = self.planned == 0 || self.planned + deliveries <= self.limit;
        if self.messages.len() < self.limit && fits {
            return Ok(());
        }
        let (messages, deliveries) = (self.messages.len(), self.planned);
        Err(SendFault::Full { messages, deliveries, limit: self.limit })
    }

    /// Adds a message, and how many will get it.
    #[inline]
    pub(crate) fn add(&mut self, channel: u32, index: usize, to: Option<u32>, deliveries: usize) {
        self.planned += deliveries;
        if index == 0 {
            self.filled.push(channel);
        }
        let index = u32::try_from(index).expect("a step has fewer than 2^32 messages");
        self.messages.push(Message { channel, index, to });
    }

    /// Returns whether nothing was sent in this step.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Swaps the messages of the step, and their channels, for empty lists.
    pub(crate) fn swap(&mut self, messages: &mut Vec<Message>, filled: &mut Vec<u32>) {
        self.planned = 0;
        messages.clear();
        filled.clear();
        std::mem::swap(&mut self.messages, messages);
        std::mem::swap(&mut self.filled, filled);
    }

    /// Drops what was sent; returns how many messages that were.
    pub(crate) fn clear(&mut self) -> usize {
        let count = self.messages.len();
        self.messages.clear();
        self.filled.clear();
        self.planned = 0;
        count
    }
}
