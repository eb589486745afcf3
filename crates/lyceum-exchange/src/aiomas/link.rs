//! Links: one connection, as its users and its task see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lyceum_wire::aiomas::{EncodeError, FrameError, Value};
use thiserror::Error;
use tokio::sync::watch;

use super::calls::{Answer, Calls, Return};
use super::outbox::{Haste, Outbox};
use super::{Closed, Profile};

/// Calls of one connection that may wait for their answers.
pub(super) const CALL_LIMIT: usize = 65_536;

/// One connection.
pub(super) struct Link {
    pub(super) profile: Profile,
    pub(super) outbox: Outbox,
    pub(super) calls: Arc<Calls>,
    /// Whether the connection's task has stopped reading until requests are answered.
    pub(super) is_paused: AtomicBool,
    /// Whether this side wants to end the connection.
    pub(super) is_closing: AtomicBool,
    pub(super) end: watch::Sender<Option<Closed>>,
}

/// Says why a request did not get an answer.
#[derive(Debug, Error)]
pub(super) enum LinkError {
    /// It cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// It is too long.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Too many calls wait already.
    #[error("{CALL_LIMIT} calls wait for an answer of the other side already")]
    Full,
    /// The connection ended before anything was sent.
    #[error(transparent)]
    NotSent(Closed),
}

/// A request that was sent.
pub(super) struct Sent {
    link: Arc<Link>,
    back: Return,
}

impl Link {
    pub(super) fn new(profile: Profile, outbox: Outbox) -> Self {
        Self {
            profile,
            outbox,
            calls: Arc::default(),
            is_paused: AtomicBool::new(false),
            is_closing: AtomicBool::new(false),
            end: watch::Sender::new(None),
        }
    }

    /// Sends the request that `encode` writes for an id.
    ///
    /// Where the outbox has room, it is sent at the first poll.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future sends nothing.
    pub(super) async fn send(
        self: &Arc<Self>,
        encode: impl FnOnce(Value) -> Result<Vec<u8>, EncodeError>,
    ) -> Result<Sent, LinkError> {
        let waiting = self.calls.count();
        if waiting >= CALL_LIMIT {
            return Err(LinkError::Full);
        }
        let back = self.calls.add();
        let payload = encode(back.id.into())?;
        let limit = self.profile.limits.payload;
        if payload.len() > limit {
            return Err(FrameError::TooLong { length: payload.len(), limit }.into());
        }
        let room = self.outbox.take_room(payload.len()).await;
        let room = room.ok_or_else(|| LinkError::NotSent(self.why()))?;
        // A lone call is written by its caller; where many are under way, they go out together.
        let haste = if waiting == 0 { Haste::AtOnce } else { Haste::Together };
        if !self.outbox.push(&payload, room, haste)? {
            return Err(LinkError::NotSent(self.why()));
        }
        if self.is_paused.load(Ordering::Acquire) {
            self.outbox.wake();
        }
        Ok(Sent { link: self.clone(), back })
    }

    /// Returns why the connection ended.
    pub(super) fn why(&self) -> Closed {
        self.end.borrow().clone().unwrap_or(Closed::Here)
    }

    /// Returns whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// Waits for the end of the connection.
    pub(super) async fn closed(&self) -> Closed {
        let mut end = self.end.subscribe();
        match end.wait_for(Option::is_some).await {
            Ok(end) => end.clone().unwrap_or(Closed::Here),
            // The sender is part of this.
            Err(_) => Closed::Here,
        }
    }

    /// Begins to end the connection: what is written already is sent.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.outbox.wake();
    }
}

impl Sent {
    /// Waits for the answer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up: the answer is ignored when it comes.
    pub(super) async fn answer(self) -> Result<Answer, Closed> {
        self.back.await.ok_or_else(|| self.link.why())
    }
}
