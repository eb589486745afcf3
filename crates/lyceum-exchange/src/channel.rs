//! Channels: one byte stream to another node, with many calls and streams of results in flight.
//!
//! One task drives a channel (`driver`): it reads frames, hands calls to agents (`serving`), and
//! writes what the `outbox` has. Everybody else pushes into the outbox, notes in `calls` what he
//! waits for, and wakes the driver.

mod calls;
mod clock;
mod driver;
mod encoding;
pub(crate) mod faults;
mod handshake;
mod heavy;
mod interest;
mod outflow;
mod questions;
mod room;
mod sending;
mod serving;
mod traffic;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use calls::Calls;
pub(crate) use clock::{ClockReport, report};
pub(crate) use driver::Driver;
use futures_util::future::{Either, select};
use futures_util::task::AtomicWaker;
pub(crate) use handshake::{HandshakeError, Handshaken, greet};
pub(crate) use interest::Topics;
use interest::{Announced, Interest};
use lyceum_core::exchange::Door;
use lyceum_wire::link::{
    GoodbyeReason, Head, Hello, Message, Outbox, OutboxLimits, PushError, Terms, Text,
};
use lyceum_wire::{Endpoint, Fingerprint, NodeId};
use room::Room;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
pub(crate) use traffic::{Traffic, TrafficCount};

use crate::network::{Settings, Timer};

/// How long the other side of a channel may take to give a sign of life, once it dials again.
const PROBE_LIMIT: Duration = Duration::from_secs(2);
/// How many bytes one permit of the window of bytes stands for.
const BYTES_PER_PERMIT: u64 = 1024;
/// How many questions of one node are answered at once; a monitor is one that takes long.
const QUESTION_LIMIT: usize = 65_536;
/// How many actions are remembered whose types differ on the two nodes.
const MISMATCH_LIMIT: usize = 1024;

/// A live channel to another node.
pub(crate) struct Channel {
    /// The node at the other end.
    pub(crate) node: NodeId,
    /// Where that node listens.
    pub(crate) endpoints: Vec<Endpoint>,
    door: Door,
    terms: Terms,
    outbox: Mutex<Outbox>,
    room: Room,
    calls: Mutex<Calls>,
    next_id: AtomicU64,
    /// How many calls the other side takes on.
    call_window: Arc<Semaphore>,
    /// How many bytes of calls it takes on, in units of [`BYTES_PER_PERMIT`].
    byte_window: Arc<Semaphore>,
    byte_permits: u32,
    /// How many calls this side takes on.
    serving_limit: usize,
    /// How many bytes of large ones.
    serving_bytes: u64,
    /// Whether other nodes may set this one's clock.
    conducted: bool,
    /// Where large values are decoded, encoded and dropped, so that they do not hold up the
    /// channel; none for a node whose clock waits until all is done.
    beside: Option<Handle>,
    driver: AtomicWaker,
    /// Whether the driver looks into the outbox anyway before it waits, and need not be woken.
    attending: AtomicBool,
    /// Actions whose types differ on the two nodes, which is not tried each time.
    mismatches: Mutex<HashSet<Fingerprint>>,
    traffic: Arc<Traffic>,
    interest: Interest,
    announced: Announced,
    /// Small messages that found no room; the windows bound their number.
    backlog: Mutex<VecDeque<Message>>,
    closing: AtomicBool,
    /// Whether the driver is to say goodbye once all is answered and written, and takes on no more
    /// calls.
    stopping: AtomicBool,
    /// Whether this side said goodbye.
    left: AtomicBool,
    /// Whether the driver is to drop the channel, since another one takes its place.
    broken_off: AtomicBool,
    /// Told when something came from the other side.
    heard: Notify,
    /// Whether this side said that it makes no new calls here.
    retired: AtomicBool,
    ended: Mutex<Option<String>>,
    over: Notify,
}

impl Channel {
    pub(crate) fn new(
        door: Door,
        settings: &Settings,
        traffic: Arc<Traffic>,
        shaken: &Handshaken,
    ) -> Self {
        let (terms, theirs) = (&shaken.terms, &shaken.theirs);
        let outbox = OutboxLimits {
            message_limit: terms.message_limit,
            frame_limit: terms.frame_limit,
            ..OutboxLimits::default()
        };
        let byte_permits = permits(theirs.byte_window);
        let beside = door.runtime().filter(|_| door.clock_driver().is_none());
        Self {
            node: theirs.node,
            endpoints: endpoints(theirs),
            door,
            terms: terms.clone(),
            outbox: Mutex::new(Outbox::new(outbox)),
            room: Room::default(),
            calls: Mutex::new(Calls::default()),
            next_id: AtomicU64::new(1),
            call_window: Arc::new(Semaphore::new(theirs.call_window.max(1) as usize)),
            byte_window: Arc::new(Semaphore::new(byte_permits as usize)),
            byte_permits,
            serving_limit: settings.call_window as usize,
            serving_bytes: settings.byte_window,
            conducted: settings.conducted,
            beside,
            driver: AtomicWaker::new(),
            attending: AtomicBool::new(false),
            mismatches: Mutex::default(),
            traffic,
            interest: Interest::default(),
            announced: Announced::default(),
            backlog: Mutex::default(),
            closing: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            left: AtomicBool::new(false),
            broken_off: AtomicBool::new(false),
            heard: Notify::new(),
            retired: AtomicBool::new(false),
            ended: Mutex::new(None),
            over: Notify::new(),
        }
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns whether new calls may go over it.
    pub(crate) fn is_open(&self) -> bool {
        !self.closing.load(Ordering::Acquire) && self.end().is_none()
    }

    /// Returns why it ended, if it did.
    pub(crate) fn end(&self) -> Option<String> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Pushes a message out, waiting for room.
    ///
    /// # Errors
    ///
    /// Returns the message if it is at fault, or the channel has ended.
    async fn push(&self, message: Message) -> Result<(), PushError> {
        let mut message = message;
        loop {
            let room = self.room.wait();
            match self.try_push(message) {
                Err(PushError::Full(full)) if self.end().is_none() => message = *full,
                other => return other,
            }
            room.await;
        }
    }

    fn try_push(&self, message: Message) -> Result<(), PushError> {
        // Counted before it can be received.
        let counted = traffic::counts(&message.head);
        if counted {
            self.traffic.note_sent();
        }
        let pushed = self.outbox().push(message);
        if pushed.is_ok() {
            self.wake_driver();
        } else if counted {
            self.traffic.take_back();
        }
        pushed
    }

    /// Has the driver write what was pushed into the outbox.
    ///
    /// The outbox's lock makes this safe: who pushes after the driver's last look at it sees that
    /// the driver does not attend to it any more.
    fn wake_driver(&self) {
        if !self.attending.load(Ordering::Acquire) {
            self.driver.wake();
        }
    }

    /// Pushes a small message whose number the windows bound, past the outbox's own bound if it
    /// must be.
    fn push_small(&self, message: Message) {
        match self.try_push(message) {
            Ok(()) => {}
            Err(PushError::Full(full)) => {
                if traffic::counts(&full.head) {
                    // It is on its way, as others see it.
                    self.traffic.note_sent();
                }
                self.backlog().push_back(*full);
            }
            Err(error) => tracing::warn!(node = %self.node, %error, "a message was not sent"),
        }
    }

    fn backlog(&self) -> MutexGuard<'_, VecDeque<Message>> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets in what found no room before.
    fn push_backlog(&self) {
        let mut backlog = self.backlog();
        while let Some(message) = backlog.pop_front() {
            let counted = traffic::counts(&message.head);
            match self.outbox().push(message) {
                Ok(()) => continue,
                Err(PushError::Full(full)) => return backlog.push_front(*full),
                Err(error) => tracing::warn!(node = %self.node, %error, "a message was not sent"),
            }
            if counted {
                self.traffic.take_back();
            }
        }
    }

    fn knows_mismatch(&self, action: Fingerprint) -> bool {
        self.mismatches.lock().unwrap_or_else(PoisonError::into_inner).contains(&action)
    }

    fn note_mismatch(&self, action: Fingerprint) {
        let mut known = self.mismatches.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MISMATCH_LIMIT {
            known.insert(action);
        }
    }

    /// Pushes what keeps the channel going; there is always room for that.
    fn push_control(&self, head: Head) {
        if let Err(error) = self.try_push(Message::new(head)) {
            tracing::warn!(node = %self.node, %error, "a channel cannot be kept going");
        }
    }

    /// Lets no new calls onto the channel; it is closed once both sides said so and those on it
    /// are over.
    pub(crate) fn retire(&self) {
        self.closing.store(true, Ordering::Release);
        if !self.retired.swap(true, Ordering::AcqRel) {
            let text = Text::new("another channel took its place");
            self.push_control(Head::Goodbye { reason: GoodbyeReason::Duplicate, text });
        }
    }

    /// Returns whether the other side gives a sign of life.
    pub(crate) async fn is_alive(&self, timer: &Timer) -> bool {
        let (heard, ended) = (pin!(self.heard.notified()), pin!(self.ended()));
        if self.end().is_none() {
            self.push_control(Head::Ping { number: 0 });
        }
        let ended_or_late = select(ended, timer.sleep(PROBE_LIMIT));
        let first = select(heard, ended_or_late).await;
        matches!(first, Either::Left(_)) && self.end().is_none()
    }

    /// Drops the channel, whatever is on it: the other side does not use it any more.
    pub(crate) fn break_off(&self) {
        self.broken_off.store(true, Ordering::Release);
        self.driver.wake();
    }

    /// Waits until the channel has ended.
    pub(crate) async fn ended(&self) {
        loop {
            let ended = self.over.notified();
            if self.end().is_some() {
                return;
            }
            ended.await;
        }
    }

    /// Ends the channel once all that the other side asked for is answered, and all is written.
    pub(crate) fn stop(&self) {
        self.closing.store(true, Ordering::Release);
        self.stopping.store(true, Ordering::Release);
        self.driver.wake();
    }

    /// Ends the channel without waiting for answers.
    pub(crate) fn leave(&self) {
        self.say_goodbye(GoodbyeReason::Stopping, "");
    }

    /// Returns whether new calls are refused, since the channel is about to end.
    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Says goodbye, once; the other side ends the channel then.
    fn say_goodbye(&self, reason: GoodbyeReason, text: &str) {
        self.closing.store(true, Ordering::Release);
        if self.left.swap(true, Ordering::AcqRel) {
            return;
        }
        self.push_control(Head::Goodbye { reason, text: Text::new(text) });
    }

    /// Ends everything that waits on the channel.
    fn finish(&self, why: &str) {
        self.closing.store(true, Ordering::Release);
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.get_or_insert_with(|| why.into());
        drop(ended);
        self.call_window.close();
        self.byte_window.close();
        let waiting = self.calls().take_all();
        drop(waiting);
        self.room.open();
        self.over.notify_waiters();
        self.door.note_outside();
    }
}

fn permits(bytes: u64) -> u32 {
    u32::try_from(bytes / BYTES_PER_PERMIT).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 4)
}

fn endpoints(hello: &Hello) -> Vec<Endpoint> {
    hello.endpoints.iter().filter_map(|endpoint| endpoint.parse().ok()).collect()
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({})", self.node)
    }
}
