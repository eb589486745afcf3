//! The task that drives a channel: reads, serves, writes, and notices silence.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use futures_util::future::BoxFuture;
use lyceum_wire::link::{
    Answer, Burst, Decoder, GoodbyeReason, Head, LinkError, Message, Reassembly,
};
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::calls::{Arrived, ArrivedItem};
use super::interest::Topics;
use super::serving::Services;
use super::{Channel, Handshaken, QUESTION_LIMIT};
use crate::network::Timer;
use crate::transport::ByteStream;

/// How many bytes there is room for, at least, when the channel is read.
const READ_SIZE: usize = 32 << 10;
/// The same while a large body comes in.
const LARGE_READ_SIZE: usize = 128 << 10;
/// How many frames are handled before other tasks run.
const FRAMES: usize = 256;
/// How many bytes are read before what is to go out is written, though there may be more.
const READ_BUDGET: usize = 256 << 10;
/// How many bursts are written before the channel is read again, though there may be more.
const BURSTS: usize = 4;
/// How often the driver reads and writes before other tasks run.
const ROUNDS: usize = 8;
/// After how many heartbeats without a sign of life a channel is lost.
const SILENT_BEATS: u32 = 3;

/// Drives a channel until it ends; then it returns why.
pub(crate) struct Driver {
    channel: Arc<Channel>,
    stream: Box<dyn ByteStream>,
    decoder: Decoder,
    reassembly: Reassembly,
    received: BytesMut,
    burst: Burst,
    services: Services,
    topics: Arc<Topics>,
    timer: Timer,
    beat: BoxFuture<'static, ()>,
    /// How many heartbeats passed since the other side gave a sign of life.
    silent_beats: u32,
    pings: u64,
    /// Whether the other side said that it makes no new calls here.
    other_retired: bool,
    /// Why the channel ends once all is written.
    leaving: Option<Lost>,
    /// How many messages came in since all was written.
    handled: usize,
    /// Whether something was written since the stream was last read.
    wrote: bool,
}

/// How much of what came in was handled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    All,
    /// As many frames as are handled before other tasks run.
    Frames,
    /// As many bytes as are read before others are written.
    Bytes,
}

/// How much of what is to go out was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    All,
    /// As many bytes as are written before others are read.
    Some,
    /// As many as the stream takes.
    Full,
}

/// Why a channel ends.
enum Lost {
    Io(io::Error),
    Link(LinkError),
    /// The other side said goodbye.
    Goodbye(GoodbyeReason, String),
    /// This side said goodbye.
    Left,
    /// The other side was silent.
    Silent,
    /// The other side dialed again.
    Replaced,
}

impl Driver {
    pub(crate) fn new(
        channel: Arc<Channel>,
        shaken: Handshaken,
        topics: Arc<Topics>,
        timer: Timer,
    ) -> Self {
        let beat = timer.sleep(shaken.terms.heartbeat);
        Self {
            reassembly: Reassembly::new(shaken.terms.message_limit),
            channel,
            stream: shaken.stream,
            decoder: shaken.decoder,
            received: shaken.received,
            burst: Burst::default(),
            services: Services::default(),
            topics,
            timer,
            beat,
            silent_beats: 0,
            pings: 0,
            other_retired: false,
            leaving: None,
            handled: 0,
            wrote: false,
        }
    }

    /// Makes all the progress that can be made now.
    fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), Lost> {
        self.channel.driver.register(cx.waker());
        self.channel.attending.store(true, Ordering::Release);
        if self.channel.broken_off.load(Ordering::Acquire) {
            return Err(Lost::Replaced);
        }
        self.keep_alive(cx)?;
        // What others said goes out before the stream is read, which may take a moment.
        self.write(cx).map_err(Lost::Io)?;
        for _ in 0..ROUNDS {
            let taken = self.take_in(cx)?;
            self.services.poll(&self.channel, cx);
            // Those who got answers are about to call again: what they say is written together.
            let others_first = taken == Taken::Frames || std::mem::take(&mut self.handled) > 1;
            let mut written = self.write_all(cx, others_first).map_err(Lost::Io)?;
            if written == Written::All && self.services.len() == 0 && self.channel.is_stopping() {
                // Goodbye goes last: the other side reads nothing after it.
                self.channel.say_goodbye(GoodbyeReason::Stopping, "");
                written = self.write_all(cx, others_first).map_err(Lost::Io)?;
            }
            if written == Written::All {
                self.check_end()?;
            }
            if others_first {
                break;
            }
            // Whoever was sent something may answer soon.
            let expects = std::mem::take(&mut self.wrote) && written == Written::All;
            if taken == Taken::All && written != Written::Some && !expects {
                return Ok(());
            }
        }
        cx.waker().wake_by_ref();
        Ok(())
    }

    /// Ends the channel if all is written and that is the last of it.
    fn check_end(&mut self) -> Result<(), Lost> {
        match self.leaving.take() {
            Some(lost) => Err(lost),
            None if self.is_over() => Err(Lost::Left),
            None => Ok(()),
        }
    }

    /// Reads and handles what came in, or a part of it.
    fn take_in(&mut self, cx: &mut Context<'_>) -> Result<Taken, Lost> {
        let mut count = 0;
        // What is left of the last time goes first.
        while self.is_reading() {
            if self.handle_frames(cx)? {
                return Ok(Taken::Frames);
            }
            if count >= READ_BUDGET {
                return Ok(Taken::Bytes);
            }
            if !self.is_reading() {
                break;
            }
            match self.read(cx)? {
                0 => break,
                read => count += read,
            }
        }
        Ok(Taken::All)
    }

    /// Returns whether this side listens to the other one: not while it leaves, nor while more
    /// answers than any good node asks for wait to be written.
    fn is_reading(&self) -> bool {
        let most = self.channel.serving_limit + QUESTION_LIMIT;
        self.leaving.is_none() && self.channel.backlog().len() <= most
    }

    /// Returns whether neither side makes new calls, and all are over.
    fn is_over(&self) -> bool {
        self.other_retired && self.channel.calls().is_empty() && self.services.len() == 0
    }

    /// Writes what is to go out, or a part of it.
    ///
    /// Who pushes more wakes the driver then, unless that comes back at once.
    fn write_all(&mut self, cx: &mut Context<'_>, comes_back: bool) -> io::Result<Written> {
        loop {
            let written = self.write(cx)?;
            if written != Written::All || comes_back {
                return Ok(written);
            }
            self.channel.attending.store(false, Ordering::Release);
            if self.channel.outbox().is_empty() {
                return Ok(Written::All);
            }
            self.channel.attending.store(true, Ordering::Release);
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> io::Result<Written> {
        let mut bursts = 0;
        loop {
            self.channel.push_backlog();
            if !self.channel.outbox().fill(&mut self.burst) {
                break;
            }
            if bursts == BURSTS {
                return Ok(Written::Some);
            }
            bursts += 1;
            if self.write_burst(cx)?.is_pending() {
                return Ok(Written::Full);
            }
            self.channel.room.open();
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(flushed) => flushed.map(|()| Written::All),
            Poll::Pending => Ok(Written::Full),
        }
    }

    /// Writes what is left of a burst.
    fn write_burst(&mut self, cx: &mut Context<'_>) -> io::Result<Poll<()>> {
        while self.burst.has_remaining() {
            match self.write_once(cx) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(written) => self.burst.advance(written?),
            }
            self.wrote = true;
            if let Some(spent) = self.burst.take_spent() {
                self.channel.dispose(spent);
            }
        }
        Ok(Poll::Ready(()))
    }

    fn write_once(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut slices = [io::IoSlice::new(&[]); 4];
        let count = self.burst.chunks_vectored(&mut slices);
        Pin::new(&mut self.stream).poll_write_vectored(cx, &slices[..count])
    }

    /// Reads once, and returns how many bytes; none if there is nothing to read now.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<usize, Lost> {
        let is_large = self.reassembly.under_way() > 0;
        self.received.reserve(if is_large { LARGE_READ_SIZE } else { READ_SIZE });
        let read = pin!(self.stream.read_buf(&mut self.received));
        match read.poll(cx) {
            Poll::Pending => Ok(0),
            Poll::Ready(Ok(0)) => Err(Lost::Io(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(Ok(count)) => {
                self.silent_beats = 0;
                self.channel.heard.notify_waiters();
                Ok(count)
            }
            Poll::Ready(Err(error)) => Err(Lost::Io(error)),
        }
    }

    /// Handles frames that were read; true if there may be more.
    fn handle_frames(&mut self, cx: &mut Context<'_>) -> Result<bool, Lost> {
        for _ in 0..FRAMES {
            let frame = match self.decoder.decode(&mut self.received) {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(false),
                Err(error) => return self.refuse(error).map(|()| false),
            };
            match self.reassembly.accept(frame) {
                Ok(Some(message)) => {
                    self.handled += 1;
                    self.handle(message, cx)?;
                }
                Ok(None) => {}
                Err(error) => return self.refuse(error).map(|()| false),
            }
        }
        Ok(true)
    }

    /// Ends the channel because of what the other side sent, and tells it why.
    fn refuse(&mut self, error: LinkError) -> Result<(), Lost> {
        if self.leaving.is_some() {
            return Ok(());
        }
        self.channel.say_goodbye(GoodbyeReason::Misbehaviour, &error.to_string());
        self.leaving = Some(Lost::Link(error));
        Ok(())
    }

    fn handle(&mut self, message: Message, cx: &mut Context<'_>) -> Result<(), Lost> {
        let counted = super::traffic::counts(&message.head);
        self.dispatch(message, cx)?;
        if counted {
            // Now those who are to do something have it.
            self.channel.traffic.note_received();
        }
        Ok(())
    }

    fn dispatch(&mut self, message: Message, cx: &mut Context<'_>) -> Result<(), Lost> {
        let Message { head, body } = message;
        let channel = &self.channel;
        // Whoever waits for it may do so outside of a simulated node.
        channel.door.note_outside();
        match head {
            Head::Call(call) => self.services.call(channel, call, body, cx),
            Head::Answer(Answer { id, outcome }) | Head::Told { id, outcome } => {
                channel.calls().answer(id, Arrived { outcome, body });
            }
            Head::Cancel { id } => {
                if self.services.cancel(id) {
                    channel.confirm_cancel(id);
                }
            }
            Head::Item { id, encoding } => {
                channel.calls().item(id, ArrivedItem::Item(encoding, body));
            }
            Head::ItemsEnd { id, fault } => channel.calls().item(id, ArrivedItem::End(fault)),
            Head::ItemCredit { id, count } => self.services.allow(id, count),
            Head::Ask { id, to, what } => {
                self.services.question(channel, id, to.as_ref(), what, cx);
            }
            Head::Interest { add, remove } => channel.interest.change(add, remove),
            Head::Publish { topic, encoding, from } => {
                self.topics.arrived(channel, &topic, encoding, from, body);
            }
            Head::Ping { number } => channel.push_control(Head::Pong { number }),
            Head::Goodbye { reason: GoodbyeReason::Duplicate | GoodbyeReason::Idle, .. } => {
                self.other_retired = true;
                channel.retire();
            }
            Head::Goodbye { reason, text } => {
                return Err(Lost::Goodbye(reason, text.to_string()));
            }
            // A sign of life is all that it is for.
            Head::Pong { .. } => {}
            other => self.refuse(LinkError::Misplaced { head: other.name() })?,
        }
        Ok(())
    }

    /// Asks for a sign of life at each heartbeat, and notices when there is none.
    fn keep_alive(&mut self, cx: &mut Context<'_>) -> Result<(), Lost> {
        while self.beat.as_mut().poll(cx).is_ready() {
            self.beat = self.timer.sleep(self.channel.terms.heartbeat);
            self.silent_beats += 1;
            if self.silent_beats >= SILENT_BEATS {
                return Err(Lost::Silent);
            }
            self.pings += 1;
            self.channel.push_control(Head::Ping { number: self.pings });
        }
        Ok(())
    }
}

impl Future for Driver {
    type Output = String;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<String> {
        let this = self.get_mut();
        match this.advance(cx) {
            Ok(()) => Poll::Pending,
            Err(lost) => {
                let why = lost.to_string();
                this.channel.finish(&why);
                Poll::Ready(why)
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.channel.finish("the node does not drive the channel any more");
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                f.write_str("the other node closed the channel")
            }
            Self::Io(error) => write!(f, "the channel broke: {error}"),
            Self::Link(error) => write!(f, "the other node misbehaved: {error}"),
            Self::Goodbye(GoodbyeReason::Stopping, _) => f.write_str("the other node stopped"),
            Self::Goodbye(GoodbyeReason::Misbehaviour, text) => {
                write!(f, "the other node refused what this one sent: {text}")
            }
            Self::Goodbye(_, text) if text.is_empty() => {
                f.write_str("the other node closed the channel in good order")
            }
            Self::Goodbye(_, text) => write!(f, "the other node closed the channel: {text}"),
            Self::Left => f.write_str("this node closed the channel"),
            Self::Replaced => f.write_str("the other node has given the channel up"),
            Self::Silent => f.write_str("the other node gave no sign of life"),
        }
    }
}
