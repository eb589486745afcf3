//! The task of a connection: reads, has requests answered, and writes.
//!
//! Requests are handed over in the order in which they came; answers go out as they are ready.
//! While the other side does not take answers, nothing is read from it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, Stream};
use lyceum_wire::aiomas::{DecodeError, FrameDecoder, Message, Packet, PacketKind, Value};
use tokio::io::{AsyncRead, ReadBuf, ReadHalf};

use super::calls::Answer;
use super::link::Link;
use super::outbox::{Haste, Outbox};
use super::{Closed, Profile};
use crate::ByteStream;

/// Requests of the other side that are answered at once.
const REQUEST_LIMIT: usize = 1024;

/// The same, while calls of this side wait for answers, which come behind requests.
const CROSSING_REQUEST_LIMIT: usize = 16 * REQUEST_LIMIT;

/// Bytes that are read at once.
const READ_SIZE: usize = 16 * 1024;

/// How often a task goes on before it lets others run.
const ROUND_LIMIT: usize = 32;

/// Answers requests.
pub(super) trait Answers: Send + Sync {
    /// Takes a request, which took so many bytes. The future is polled at once, and those of later
    /// requests after it.
    fn answer(
        self: Arc<Self>,
        link: &Arc<Link>,
        request: Packet,
        bytes: usize,
    ) -> BoxFuture<'static, Answered>;
}

/// The answer to a request: its result, or an exception, which is a text in aiomas.
pub(super) type Answered = Result<Value, Value>;

/// The task of a connection; ready when it has ended.
pub(super) struct Driver {
    link: Arc<Link>,
    answers: Arc<dyn Answers>,
    reader: ReadHalf<Box<dyn ByteStream>>,
    input: Box<[u8]>,
    frames: FrameDecoder,
    requests: FuturesUnordered<Underway>,
    /// Whether the other side has said anything yet.
    has_heard: bool,
}

/// A request that is being answered.
struct Underway {
    id: Value,
    answer: BoxFuture<'static, Answered>,
}

impl Driver {
    /// Makes a connection of a stream.
    pub(super) fn new(
        stream: Box<dyn ByteStream>,
        profile: Profile,
        answers: Arc<dyn Answers>,
    ) -> (Arc<Link>, Self) {
        let (reader, writer) = tokio::io::split(stream);
        let frames = FrameDecoder::new(profile.limits.payload);
        let link = Arc::new(Link::new(profile, Outbox::new(writer)));
        let driver = Self {
            link: link.clone(),
            answers,
            reader,
            input: vec![0; READ_SIZE].into(),
            frames,
            requests: FuturesUnordered::new(),
            has_heard: false,
        };
        (link, driver)
    }

    /// Does what can be done now; true if there may be more.
    fn step(&mut self, cx: &mut Context<'_>) -> Result<bool, Closed> {
        let mut is_busy = false;
        // What others said goes out before the stream is read, which may take a moment.
        let _ = self.link.outbox.poll_flush(cx)?;
        if self.link.outbox.has_room() {
            while self.link.outbox.has_room() && self.send_answer(cx) {
                is_busy = true;
            }
            is_busy |= self.read(cx)?;
        }
        let had_room = self.link.outbox.has_room();
        let is_empty = self.link.outbox.poll_flush(cx)?.is_ready();
        if is_empty && self.link.is_closing.load(Ordering::Acquire) {
            // Pending or not, nothing more is to be said.
            let _ = self.link.outbox.poll_shutdown(cx);
            return Err(Closed::Here);
        }
        Ok(is_busy || (!had_room && self.link.outbox.has_room()))
    }

    /// Sends one answer that is ready.
    fn send_answer(&mut self, cx: &mut Context<'_>) -> bool {
        match Pin::new(&mut self.requests).poll_next(cx) {
            Poll::Ready(Some((id, answered))) => {
                self.send(id, answered);
                true
            }
            Poll::Ready(None) | Poll::Pending => false,
        }
    }

    /// Reads once, unless too many requests wait for their answers.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, Closed> {
        self.link.is_paused.store(true, Ordering::Release);
        let crosses = self.link.calls.count() > 0;
        let limit = if crosses { CROSSING_REQUEST_LIMIT } else { REQUEST_LIMIT };
        if self.requests.len() >= limit {
            return Ok(false);
        }
        self.link.is_paused.store(false, Ordering::Release);
        let mut buffer = ReadBuf::new(&mut self.input);
        match Pin::new(&mut self.reader).poll_read(cx, &mut buffer)? {
            Poll::Pending => return Ok(false),
            Poll::Ready(()) => {}
        }
        let count = buffer.filled().len();
        if count == 0 {
            return Err(if self.frames.is_idle() { Closed::There } else { Closed::CutOff });
        }
        self.has_heard = true;
        let input = std::mem::take(&mut self.input);
        let taken = self.take(&input[..count], cx);
        self.input = input;
        taken.map(|()| true)
    }

    /// Takes bytes that were read.
    fn take(&mut self, mut input: &[u8], cx: &mut Context<'_>) -> Result<(), Closed> {
        let Profile { codec, limits, .. } = self.link.profile;
        while let Some(payload) = self.frames.feed(&mut input)? {
            match codec.decode_packet(&payload, limits) {
                Ok(packet) => self.take_packet(packet, payload.len(), cx),
                Err(error) => self.take_error(error)?,
            }
        }
        Ok(())
    }

    fn take_packet(&mut self, packet: Packet, bytes: usize, cx: &mut Context<'_>) {
        match packet.kind {
            PacketKind::Request => {
                let id = packet.id.clone();
                let answer = self.answers.clone().answer(&self.link, packet, bytes);
                let mut underway = Underway { id, answer };
                match Pin::new(&mut underway).poll(cx) {
                    Poll::Ready((id, answered)) => self.send(id, answered),
                    Poll::Pending => self.requests.push(underway),
                }
            }
            PacketKind::Result => {
                self.link.calls.answer(&packet.id, Answer::Result(packet.content));
            }
            PacketKind::Exception => {
                self.link.calls.answer(&packet.id, Answer::Exception(packet.content));
            }
        }
    }

    /// Tells of a payload that cannot be read, whom it concerns.
    fn take_error(&mut self, error: DecodeError) -> Result<(), Closed> {
        match (error.answer(), error) {
            (Some(Message::Exception { id, text }), _) => self.send(id, Err(text.into())),
            (_, DecodeError::Answer { id, source }) => {
                self.link.calls.answer(&id, Answer::Unreadable(source));
            }
            (_, error) => return Err(Closed::Payload(Arc::new(error))),
        }
        Ok(())
    }

    /// Sends an answer, or why it cannot be written.
    fn send(&self, id: Value, answered: Answered) {
        let Profile { codec, limits, .. } = self.link.profile;
        let (kind, content) = match answered {
            Ok(value) => (PacketKind::Result, value),
            Err(exception) => (PacketKind::Exception, exception),
        };
        let why = match codec.encode_packet(Packet { kind, id: id.clone(), content }) {
            Ok(payload) if payload.len() <= limits.payload => return self.push(&payload),
            Ok(payload) => {
                let (length, limit) = (payload.len(), limits.payload);
                format!("cannot send {length} bytes: expected at most {limit}")
            }
            Err(error) => error.to_string(),
        };
        let content = format!("SerializationError: {why}").into();
        let answer = Packet { kind: PacketKind::Exception, id, content };
        // An id that was read can be written, and so can a short text.
        if let Ok(payload) = codec.encode_packet(answer) {
            self.push(&payload);
        }
    }

    fn push(&self, payload: &[u8]) {
        // It is shorter than the limit; and if the connection has ended, nobody waits.
        let _ = self.link.outbox.push(payload, 0, Haste::Own);
    }

    /// Says more of a connection that ended before the other side said anything.
    fn explain(&self, closed: Closed) -> Closed {
        let is_silent = !self.has_heard && self.link.calls.count() > 0;
        match closed {
            Closed::There | Closed::Lost(_) if is_silent => Closed::Unanswered,
            closed => closed,
        }
    }

    /// Ends the connection, and the calls of this side.
    fn end(&mut self, closed: Closed) {
        let is_first = self.link.end.send_if_modified(|end| {
            let is_first = end.is_none();
            end.get_or_insert(closed);
            is_first
        });
        if is_first {
            self.requests = FuturesUnordered::new();
            self.link.outbox.close();
            self.link.calls.close();
        }
    }
}

impl Future for Driver {
    type Output = Closed;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Closed> {
        let this = self.get_mut();
        this.link.outbox.attend(cx.waker());
        for _ in 0..ROUND_LIMIT {
            match this.step(cx) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(closed) => {
                    let closed = this.explain(closed);
                    this.end(closed.clone());
                    return Poll::Ready(closed);
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end(Closed::Here);
    }
}

impl Future for Underway {
    type Output = (Value, Answered);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.answer.as_mut().poll(cx);
        polled.map(|answered| (std::mem::replace(&mut self.id, Value::Null), answered))
    }
}
