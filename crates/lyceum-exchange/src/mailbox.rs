//! Mailboxes that outlive programs: who has one, what waits in it, and who was told what.
//!
//! The logic is a state machine without I/O and without a clock. A verb of [`Mailboxes`] decides,
//! tells a [`Journal`] what happened as [`Event`]s, and changes the state by those alone. So a
//! journal is all that a restart needs, and tests need neither files nor time.
//!
//! - [`Mailboxes`] has all mailboxes: register, share, find, beat, terminate.
//! - [`Letter`] is what it knows of a message; [`Delivery`] what is promised about it.
//! - [`Mailboxes::put`] accepts messages, [`Mailboxes::lease`] and [`Mailboxes::take`] give them to
//!   the one program that holds a mailbox.
//! - [`DeadLetter`]s are durable messages that nobody will answer.
//! - [`Limits`] bound everything that others can make an exchange keep.

mod change;
mod dead;
mod directory;
mod entry;
mod error;
mod event;
mod id;
mod lane;
mod letter;
mod limits;
mod mailboxes;
mod moment;
mod profile;
mod put;
mod reinstate;
mod state;
mod take;

pub use change::{Change, LAYOUT};
pub use entry::{DeadLetter, Statistics, Status};
pub use error::{MailboxError, PutError, RegisterError, ReplayError};
pub use event::{BodyOf, DeadReason, End, Event, Journal, Place, Sequence};
pub use id::{MailboxId, MessageId};
pub use letter::{Delivery, Failure, Letter, LetterKind, Notice, Wording};
pub use limits::Limits;
pub use mailboxes::Mailboxes;
pub use moment::Moment;
pub use profile::{Profile, Query};
pub use put::Put;
pub use take::{Acknowledge, Parcel};
