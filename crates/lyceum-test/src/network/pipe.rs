//! One direction of a connection.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use lyceum::Time;

/// How many bytes are under way, unread ones included.
const CAPACITY: usize = 64 << 10;

/// One direction of a connection: bytes, and when they arrive.
#[derive(Clone, Default)]
pub(super) struct Pipe(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    under_way: VecDeque<(Time, Bytes)>,
    bytes: usize,
    /// When the last bytes arrive: none overtake them.
    last: Option<Time>,
    /// Whether nothing passes.
    held: bool,
    /// Whether the writer has no more to say.
    finished: bool,
    /// Whether nobody reads any more.
    unread: bool,
    broken: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// What a reader finds.
pub(super) enum Found {
    Bytes(Bytes),
    End,
    /// The next bytes arrive then.
    Later(Time),
    /// Somebody will wake the reader.
    Nothing,
}

impl Pipe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many bytes may be written now.
    pub(super) fn poll_room(&self, cx: &Context<'_>) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        if state.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if state.unread || state.finished {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        match CAPACITY - state.bytes {
            0 => {
                state.writer = Some(cx.waker().clone());
                Poll::Pending
            }
            room => Poll::Ready(Ok(room)),
        }
    }

    /// Writes bytes that there is room for, and that arrive then at the earliest.
    pub(super) fn write(&self, arrival: Time, bytes: Bytes) {
        let mut state = self.state();
        let arrival = state.last.map_or(arrival, |last| last.max(arrival));
        state.last = Some(arrival);
        state.bytes += bytes.len();
        state.under_way.push_back((arrival, bytes));
        let reader = state.reader.take();
        drop(state);
        wake(reader);
    }

    /// Reads at most so many bytes.
    pub(super) fn read(&self, now: Time, most: usize, cx: &Context<'_>) -> io::Result<Found> {
        let mut state = self.state();
        if state.broken {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let next = if state.held { None } else { state.under_way.front().map(|(due, _)| *due) };
        match next {
            Some(due) if due > now => {
                state.reader = Some(cx.waker().clone());
                Ok(Found::Later(due))
            }
            Some(_) => {
                let (_, bytes) = state.under_way.front_mut().expect("the next bytes are there");
                let taken = bytes.split_to(most.min(bytes.len()));
                if !bytes.has_remaining() {
                    state.under_way.pop_front();
                }
                state.bytes -= taken.len();
                let writer = state.writer.take();
                drop(state);
                wake(writer);
                Ok(Found::Bytes(taken))
            }
            None if state.finished && !state.held => Ok(Found::End),
            None => {
                state.reader = Some(cx.waker().clone());
                Ok(Found::Nothing)
            }
        }
    }

    /// Says that there is no more to come.
    pub(super) fn finish(&self) {
        self.change(|state| state.finished = true);
    }

    /// Says that nobody reads any more.
    pub(super) fn leave(&self) {
        self.change(|state| state.unread = true);
    }

    pub(super) fn hold(&self, held: bool) {
        self.change(|state| state.held = held);
    }

    pub(super) fn break_off(&self) {
        self.change(|state| state.broken = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let (reader, writer) = (state.reader.take(), state.writer.take());
        drop(state);
        wake(reader);
        wake(writer);
    }

    /// Returns whether both ends have let go of it.
    pub(super) fn is_over(&self) -> bool {
        let state = self.state();
        state.broken || (state.finished && state.unread)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
