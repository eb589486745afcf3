//! Academy's Redis exchange: mailboxes are lists, and everything that must not be torn apart is one
//! script.
//!
//! The keys of Academy are kept as its programs keep them. Those of our own begin with `lyceum:`,
//! and say which of several holders has a mailbox and what it took and did not answer yet.

mod client;
mod connection;
pub(super) mod dead;
mod discovery;
mod dispatch;
mod keys;
mod mailbox;
mod options;
mod receiving;
mod recovery;
mod reply;
mod script;
mod url;

pub(super) use client::Client;
pub(super) use keys::Keys;
#[cfg(feature = "hybrid")]
pub(super) use mailbox::Passed;
pub(super) use mailbox::RedisMailbox;
pub(super) use options::{Login, Options, Servers};
#[cfg(feature = "hybrid")]
pub(super) use script::Order;
pub(super) use url::{is_scheme, server};
