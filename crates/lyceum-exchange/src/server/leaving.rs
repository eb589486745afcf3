//! Messages on their way out of a connection.
//!
//! A message that was taken out of a mailbox may still lie in a buffer of this process when its
//! connection ends. If not even its first byte has left, it has certainly not arrived: it is put
//! back, as if it had never been taken. What has left in part may have arrived, and counts as
//! delivered.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::mailbox::{Letter, LetterKind, MailboxId, Parcel, Place, Sequence};
use crate::server::holding::Connection;
use crate::server::hub::Hub;
use crate::store::Level;

/// Messages of one mailbox that were taken; they are put back unless they [leave](Self::leave).
pub(crate) struct Handout {
    hub: Arc<Hub>,
    mailbox: MailboxId,
    generation: u64,
    requests: Vec<Sequence>,
    /// Answers are over when they are taken, and are put once more.
    answers: Vec<Answer>,
    /// Keeps the bodies that were not read yet.
    pin: Option<Arc<()>>,
}

struct Answer {
    letter: Letter,
    place: Place,
    text: Option<Bytes>,
}

/// What was handed to a connection, and has not left this process.
#[derive(Default)]
pub(crate) struct Handouts(Mutex<Queue>);

/// All counted in bytes of the connection.
#[derive(Default)]
struct Queue {
    /// Those that have left.
    written: u64,
    /// Before this one, nothing begins that is handed over from now on.
    position: u64,
    /// Each with a byte before which it does not begin.
    waiting: VecDeque<(u64, Handout)>,
}

/// A byte stream that counts what leaves this process.
pub(crate) struct Leaving<S> {
    stream: S,
    connection: Arc<Connection>,
}

impl Handout {
    pub(crate) fn new(
        hub: &Arc<Hub>,
        (mailbox, generation): (MailboxId, u64),
        parcels: &[Parcel],
        pin: Arc<()>,
    ) -> Self {
        let hub = hub.clone();
        let (mut requests, mut answers) = (Vec::new(), Vec::new());
        for parcel in parcels {
            match parcel.letter.kind {
                LetterKind::Request => requests.push(parcel.sequence),
                LetterKind::Response => answers.push(Answer {
                    letter: parcel.letter.clone(),
                    place: parcel.place,
                    text: None,
                }),
            }
        }
        Self { hub, mailbox, generation, requests, answers, pin: Some(pin) }
    }

    /// Keeps the texts of all parcels, so that nothing needs to be read again.
    pub(crate) fn has_read<'t>(&mut self, texts: impl Iterator<Item = (Place, &'t Bytes)>) {
        for (place, text) in texts {
            let answer = self.answers.iter_mut().find(|answer| answer.place == place);
            if let Some(answer) = answer {
                answer.text = Some(text.clone());
            }
        }
        self.pin = None;
    }

    /// Notes that the messages are on their way.
    fn leave(mut self) {
        self.requests.clear();
        self.answers.clear();
    }
}

impl Drop for Handout {
    fn drop(&mut self) {
        if self.requests.is_empty() && self.answers.is_empty() {
            return;
        }
        let keeper = &self.hub.keeper;
        let answers = std::mem::take(&mut self.answers).into_iter().filter_map(|answer| {
            let text = answer.text.or_else(|| keeper.body_now(answer.place).ok())?;
            Some((answer.letter, text))
        });
        let (answers, requests): (Vec<_>, _) = (answers.collect(), &self.requests);
        let (mailbox, generation) = (self.mailbox, self.generation);
        let ((), _nobody_waits) = keeper.change(Level::Written, |mailboxes, log| {
            mailboxes.put_back(log, mailbox, generation, requests);
            for (letter, text) in answers {
                mailboxes.put_back_answer(log, letter, &text);
            }
        });
    }
}

impl Handouts {
    /// Has the connection send messages, in so many bytes or more.
    pub(crate) fn push(&self, handout: Handout, bytes: usize) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = queue.position.max(queue.written);
        queue.position = start + bytes as u64;
        queue.waiting.push_back((start, handout));
    }

    /// Notes that so many bytes have left.
    fn count(&self, bytes: usize) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.written += bytes as u64;
        while queue.waiting.front().is_some_and(|(start, _)| *start < queue.written) {
            if let Some((_, handout)) = queue.waiting.pop_front() {
                handout.leave();
            }
        }
    }

    /// Puts everything back that has not left.
    pub(crate) fn clear(&self) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        // In their order, so that answers keep theirs.
        waiting.into_iter().for_each(drop);
    }
}

impl<S> Leaving<S> {
    pub(crate) fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self { stream, connection }
    }

    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            self.connection.handouts.count(bytes);
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Leaving<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Leaving<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.count(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
