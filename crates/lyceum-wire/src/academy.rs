//! The wire of Academy 1.0.0: messages between mailboxes, and the values in them.
//!
//! A [`Message`] is JSON: a [`Header`] that says who sends what to whom, and a [`Body`]. Arguments,
//! results and exceptions lie in the body as texts, in the [`Serialization`] that the body names.
//!
//! - [`EntityId`], [`Role`]: who is meant.
//! - [`Message`], [`Header`], [`Body`], [`ErrorCode`]: what is said. [`Unread`] is a body that is
//!   only passed on.
//! - [`is_compatible`]: whether two ends speak versions that fit.

mod body;
mod entity;
mod message;
mod version;

pub use body::{ActionRequest, Body, ErrorCode, Payload, Serialization};
pub use entity::{EntityId, Role};
pub use message::{Header, Kind, Message, MessageError, Unread};
pub use version::{PROTOCOL_VERSION, is_compatible};

pub use uuid::Uuid;

pub use crate::frame::{FrameDecoder, FrameError, write_frame};
