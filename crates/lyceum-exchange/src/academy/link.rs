//! The link to Lyceum's own exchange server: one connection for all mailboxes of a node there.
//!
//! A [`Line`] is the connection, which comes back when it is lost; `driving` keeps it up. A
//! [`LinkMailbox`] is one mailbox, and a `lease` what its holder has of it.

mod asked;
mod driving;
mod lease;
mod line;
mod mailbox;

pub(super) use line::Line;
pub(super) use mailbox::LinkMailbox;
