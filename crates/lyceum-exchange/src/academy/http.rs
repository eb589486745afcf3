//! Academy's HTTP exchange: REST, and a stream of events for what comes in.

mod client;
mod connector;
mod events;
mod mailbox;
mod receiving;

pub(super) use client::{Client, HttpSettings};
pub(super) use mailbox::HttpMailbox;
pub(super) use receiving::Receive;
