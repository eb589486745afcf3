//! Academy's hybrid exchange: messages go straight to the other program where that can be reached,
//! and wait at a Redis where it cannot.

mod channel;
mod frame;
mod listener;
mod mailbox;
mod options;
mod post;
mod route;
mod tally;

pub use frame::direct_messages;
pub(super) use mailbox::HybridMailbox;
pub(super) use options::Options;
pub(super) use post::Post;
