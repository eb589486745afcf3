//! Outboxes: what is to be written to a stream, bounded, and by whom it is written.
//!
//! Whoever makes a call may write at once, so that a lone call does not wait for another task.
//! What cannot be written then is left to the connection's task, which is woken for it.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use lyceum_wire::aiomas::{FrameError, write_frame};
use tokio::io::{AsyncWrite, WriteHalf};
use tokio::sync::{Semaphore, TryAcquireError};

use crate::ByteStream;

/// Bytes that wait to be written at most; one larger frame is taken alone.
const ROOM: u32 = 1024 * 1024;

/// Bytes of written frames that are kept in front of what is left, before they are moved out.
const WRITTEN_LIMIT: usize = 64 * 1024;

/// Room that an empty outbox keeps.
const KEPT_ROOM: usize = 64 * 1024;

/// What is to be written to a stream.
pub(super) struct Outbox {
    /// One permit for each byte that callers may add.
    room: Semaphore,
    state: Mutex<Writing>,
}

struct Writing {
    writer: WriteHalf<Box<dyn ByteStream>>,
    bytes: Vec<u8>,
    written: usize,
    /// Permits that are given back when the bytes are written.
    owed: u32,
    /// Whether what was written may still be held back by the stream.
    unflushed: bool,
    /// The connection's task.
    task: Waker,
    closed: bool,
}

/// When a frame is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Haste {
    /// By who adds it, if the stream takes it.
    AtOnce,
    /// With others, by the connection's task.
    Together,
    /// By the connection's task, which adds it itself.
    Own,
}

impl Outbox {
    pub(super) fn new(writer: WriteHalf<Box<dyn ByteStream>>) -> Self {
        let writing = Writing {
            writer,
            bytes: Vec::new(),
            written: 0,
            owed: 0,
            unflushed: false,
            task: Waker::noop().clone(),
            closed: false,
        };
        Self { room: Semaphore::new(ROOM as usize), state: Mutex::new(writing) }
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for a payload, and takes it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future takes nothing.
    pub(super) async fn take_room(&self, payload: usize) -> Option<u32> {
        let size = u32::try_from(payload).unwrap_or(ROOM).clamp(1, ROOM);
        let taken = match self.room.try_acquire_many(size) {
            Ok(taken) => taken,
            Err(TryAcquireError::Closed) => return None,
            Err(TryAcquireError::NoPermits) => self.room.acquire_many(size).await.ok()?,
        };
        taken.forget();
        Some(size)
    }

    /// Adds a frame; false if the connection has ended.
    pub(super) fn push(&self, payload: &[u8], room: u32, haste: Haste) -> Result<bool, FrameError> {
        let mut state = self.lock();
        if state.closed {
            return Ok(false);
        }
        let was_empty = state.is_empty();
        write_frame(payload, &mut state.bytes)?;
        state.owed += room;
        // Where something is left already, the connection's task knows.
        if !was_empty || haste == Haste::Own {
            return Ok(true);
        }
        let task = state.task.clone();
        if haste == Haste::AtOnce {
            let _ = state.write(&mut Context::from_waker(&task));
            self.room.add_permits(state.give_back());
            // The connection's task looks for the answer; or it finds the same error, and ends the
            // connection.
        }
        drop(state);
        task.wake();
        Ok(true)
    }

    /// Notes the connection's task.
    pub(super) fn attend(&self, task: &Waker) {
        self.lock().task.clone_from(task);
    }

    /// Wakes the connection's task.
    pub(super) fn wake(&self) {
        let task = self.lock().task.clone();
        task.wake();
    }

    /// Returns whether there is room for answers.
    pub(super) fn has_room(&self) -> bool {
        let state = self.lock();
        state.bytes.len() - state.written < ROOM as usize
    }

    /// Writes what the stream takes; ready when nothing is left.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        let polled = state.write(cx);
        let given_back = state.give_back();
        drop(state);
        self.room.add_permits(given_back);
        polled
    }

    /// Tells the other side that nothing more will come.
    pub(super) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().writer).poll_shutdown(cx)
    }

    /// Takes nothing more, and lets go of what is left.
    pub(super) fn close(&self) {
        self.room.close();
        let mut state = self.lock();
        state.closed = true;
        state.bytes = Vec::new();
        state.written = 0;
        // The task owns what owns this.
        state.task = Waker::noop().clone();
    }
}

impl Writing {
    fn is_empty(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Writes what the stream takes; ready when nothing is left.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            let writer = Pin::new(&mut self.writer);
            match writer.poll_write(cx, &self.bytes[self.written..])? {
                Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(count) => {
                    self.written += count;
                    self.unflushed = true;
                }
                Poll::Pending => {
                    self.let_go();
                    return Poll::Pending;
                }
            }
        }
        self.let_go();
        if !self.unflushed {
            return Poll::Ready(Ok(()));
        }
        let flushed = Pin::new(&mut self.writer).poll_flush(cx);
        self.unflushed = flushed.is_pending();
        flushed
    }

    /// Lets go of bytes that are written.
    fn let_go(&mut self) {
        if self.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT_ROOM);
            self.written = 0;
        } else if self.written > WRITTEN_LIMIT && self.written > self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }

    /// Returns how many permits nothing stands for any more.
    fn give_back(&mut self) -> usize {
        let left = u32::try_from(self.bytes.len() - self.written).unwrap_or(u32::MAX);
        let surplus = self.owed.saturating_sub(left);
        self.owed -= surplus;
        surplus as usize
    }
}
