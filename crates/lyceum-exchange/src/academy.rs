//! Academy 1.0.0: its agents, and its exchanges over HTTP.
//!
//! - [`AcademyExt`] lets the agents of a node have mailboxes on an exchange of Academy's, where
//!   Python reaches them, and reach Python's agents by addresses as
//!   `academy+http://127.0.0.1:8700/00112233-4455-6677-8899-aabbccddeeff`. Addresses as
//!   `exchange://127.0.0.1:8700/app.Sensor` lead to Lyceum's own server by a link, which is faster
//!   and delivers durably.
//! - [`Register`] gives an agent its mailbox, [`Registered`] is what it has then.
//! - [`Mailbox`] is what this side asks of an exchange.

mod answer;
mod bulk;
mod calling;
#[cfg(feature = "redis")]
mod dead;
mod deliveries;
mod describe;
mod exchange;
mod failure;
mod http;
mod hub;
#[cfg(feature = "hybrid")]
mod hybrid;
mod inquiry;
mod link;
mod mailbox;
mod open;
mod parking;
mod pending;
mod reception;
#[cfg(feature = "redis")]
mod redis;
mod register;
mod requests;
mod service;
mod serving;
mod session;
mod site;
mod told;
mod url;
mod way;

pub(crate) use url::leads_to;

#[cfg(feature = "redis")]
pub use dead::{DeadLetter, DeadLetterError};
pub use exchange::{Academy, AcademyExt, DiscoverError};
#[cfg(feature = "hybrid")]
#[doc(hidden)]
pub use hybrid::direct_messages;
pub use lyceum_wire::academy::{EntityId, Role, Serialization, Uuid};
pub use mailbox::{
    Asked, Attributes, Delivered, Mailbox, MailboxError, MailboxStats, Promise, TakeAnswer,
};
pub use open::OpenError;
pub use register::{Register, Registered};
