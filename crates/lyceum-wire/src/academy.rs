//! The wire of Academy 1.0.0: messages between mailboxes, and the values in them.
//!
//! A [`Message`] is JSON: a [`Header`] that says who sends what to whom, and a [`Body`]. Arguments,
//! results and exceptions lie in the body as texts, in the [`Serialization`] that the body names.
//!
//! - [`EntityId`], [`Role`]: who is meant.
//! - [`Message`], [`Header`], [`Body`], [`ErrorCode`]: what is said. [`Unread`] is a body that is
//!   only passed on.
//! - [`is_compatible`]: whether two ends speak versions that fit.
//! - [`payload`]: arguments, results and exceptions, as [`Value`]s. [`pickle`]: Python's pickle, as
//!   data. [`handle`]: agents among the values.
//! - `link`, a feature: the frames between a Lyceum node and Lyceum's exchange server.
//!
//! Values are those of [`aiomas`](crate::aiomas), which has what Python has; so are the
//! [`Limits`] on what is taken, and the frames of Academy's direct connections.

mod body;
mod entity;
pub mod handle;
#[cfg(feature = "exchange-link")]
pub mod link;
mod message;
pub mod payload;
pub mod pickle;
mod reading;
mod version;
mod writing;

pub use body::{ActionRequest, Body, ErrorCode, Payload, Serialization};
pub use entity::{EntityId, Role};
pub use message::{Header, Kind, Message, MessageError, Unread};
pub use version::{PROTOCOL_VERSION, is_compatible};

pub use uuid::Uuid;

pub use crate::aiomas::{Handles, Limits, Map, Value, ValueError};
pub use crate::frame::{FrameDecoder, FrameError, write_frame};
