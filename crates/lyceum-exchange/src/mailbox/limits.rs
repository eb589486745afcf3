//! How much is kept.

use std::time::Duration;

/// Bounds on everything that others can make an exchange keep.
///
/// ```
/// use lyceum_exchange::mailbox::Limits;
///
/// let limits = Limits { messages_per_mailbox: 64, ..Limits::default() };
/// assert_eq!(limits.deliveries, 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests that wait in one mailbox. Answers have a place of their own there.
    pub messages_per_mailbox: usize,
    /// Bytes of the requests that wait in one mailbox; a longer one is admitted alone.
    pub bytes_per_mailbox: u64,
    /// Requests of one sender, or to one mailbox, that are not answered yet.
    pub outstanding: usize,
    /// Bytes of one message.
    pub message: u64,
    /// Mailboxes of one owner.
    pub mailboxes_per_owner: usize,
    /// Mailboxes of all owners.
    pub mailboxes: usize,
    /// Bytes of all names and attributes of one mailbox.
    pub profile: usize,
    /// Groups that one mailbox is shared with.
    pub groups: usize,
    /// Terminated mailboxes that are remembered, the latest ones.
    pub gravestones: usize,
    /// How often a durable message is delivered before it is given up.
    pub deliveries: u32,
    /// Answers to durable messages that are remembered, the latest ones.
    pub answers: usize,
    /// Bytes of the answers that are remembered.
    pub answer_bytes: u64,
    /// Dead letters that are kept, the latest ones.
    pub dead_letters: usize,
    /// Bytes of the dead letters that are kept.
    pub dead_letter_bytes: u64,
    /// Without a sign of life for so long, an agent counts as gone.
    pub stale: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages_per_mailbox: 1_024,
            bytes_per_mailbox: 16 << 20,
            outstanding: 65_536,
            message: 512 << 10,
            mailboxes_per_owner: 100_000,
            mailboxes: 1_000_000,
            profile: 16 << 10,
            groups: 64,
            gravestones: 100_000,
            deliveries: 5,
            answers: 65_536,
            answer_bytes: 64 << 20,
            dead_letters: 10_000,
            dead_letter_bytes: 64 << 20,
            stale: Duration::from_secs(90),
        }
    }
}
