//! Readers: the bytes of a blob, fetched and checked part by part.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use futures_util::future::{BoxFuture, poll_fn};
use futures_util::stream::{FuturesOrdered, StreamExt};
use tokio::io::{AsyncRead, ReadBuf};

use crate::digest::Digest;
use crate::error::BlobError;
use crate::outline::{Outline, PART, part_count};
use crate::reference::Reference;
use crate::source::Source;

/// How many parts are fetched ahead of who reads. With [`PART`] this bounds the memory of a reader.
const AHEAD: usize = 16;

/// Reads a blob: fetches its parts in order, a few ahead, and checks each.
///
/// A stream of chunks, and an [`AsyncRead`]. What is not read is not fetched, apart from the few
/// parts ahead; dropping it ends the transfer.
pub struct BlobReader {
    source: Source,
    state: State,
    /// How many bytes of the first part were read before.
    skip: usize,
    /// What is left of a part that was partly read.
    rest: Bytes,
}

enum State {
    /// Nothing was asked for.
    New {
        first: u64,
    },
    /// What parts are checked by is fetched.
    Outlining {
        first: u64,
        outline: BoxFuture<'static, Result<Outline, BlobError>>,
    },
    Reading(Reading),
    /// All was read, or it failed.
    Over,
}

/// Parts that are fetched.
struct Reading {
    outline: Outline,
    under_way: FuturesOrdered<BoxFuture<'static, Result<Bytes, BlobError>>>,
    /// The part that comes next.
    next: u64,
    /// The part that is asked for next.
    ask: u64,
    count: u64,
}

impl BlobReader {
    pub(crate) fn new(reference: Arc<Reference>, start: u64) -> Self {
        let is_over = start >= reference.size;
        let (first, skip) = (start / PART as u64, (start % PART as u64) as usize);
        let state = if is_over { State::Over } else { State::New { first } };
        Self { source: Source::new(reference), state, skip, rest: Bytes::new() }
    }

    /// Returns the next bytes, a quarter of a mebibyte at most; none at the end.
    ///
    /// # Errors
    ///
    /// Says that the data is gone or cannot be reached, or that its bytes are not those that the
    /// reference stands for. Nothing comes after an error. If the owner cannot be reached, the
    /// reader asks several times within two seconds; what it had read so far need not be read
    /// again, see [`Blob::read_from`](crate::Blob::read_from).
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    #[expect(clippy::should_implement_trait, reason = "an iterator's `next` does not wait")]
    pub fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, BlobError>> + Send + '_ {
        let door = self.source.door();
        let next = poll_fn(|cx| self.poll_chunk(cx));
        async move {
            match door {
                // A simulated node makes its steps while somebody outside of it waits.
                Some(door) => door.driven(next).await,
                None => next.await,
            }
        }
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BlobError>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Ok(Some(std::mem::take(&mut self.rest))));
        }
        let polled = ready!(self.poll_part(cx));
        if !matches!(polled, Ok(Some(_))) {
            self.state = State::Over;
        }
        Poll::Ready(polled.map(|part| {
            part.map(|mut part| {
                part.advance(std::mem::take(&mut self.skip));
                part
            })
        }))
    }

    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BlobError>> {
        loop {
            match &mut self.state {
                State::New { first } => {
                    let (first, source) = (*first, self.source.clone());
                    let outline = Box::pin(async move { source.outline().await });
                    self.state = State::Outlining { first, outline };
                }
                State::Outlining { first, outline } => {
                    let first = *first;
                    let outline = ready!(outline.as_mut().poll(cx))?;
                    self.state = State::Reading(Reading::new(&self.source, outline, first));
                }
                State::Reading(reading) => return reading.poll(&self.source, cx),
                State::Over => return Poll::Ready(Ok(None)),
            }
        }
    }
}

impl Reading {
    fn new(source: &Source, outline: Outline, first: u64) -> Self {
        let count = part_count(source.reference().size);
        Self { outline, under_way: FuturesOrdered::new(), next: first, ask: first, count }
    }

    fn poll(
        &mut self,
        source: &Source,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, BlobError>> {
        while self.ask < self.count && self.under_way.len() < AHEAD {
            let (source, index) = (source.clone(), self.ask);
            self.under_way.push_back(Box::pin(async move { source.part(index).await }));
            self.ask += 1;
        }
        let Some(part) = ready!(self.under_way.poll_next_unpin(cx)) else {
            return Poll::Ready(Ok(None));
        };
        let (part, index) = (part?, self.next);
        self.next += 1;
        self.check(source, index, &part)?;
        Poll::Ready(Ok(Some(part)))
    }

    /// Checks that a part is what the digest stands for.
    fn check(&self, source: &Source, index: u64, part: &Bytes) -> Result<(), BlobError> {
        let is_good = if self.count == 1 {
            Digest::of(part) == source.reference().digest
        } else {
            usize::try_from(index).is_ok_and(|index| self.outline.is_part(index, part))
        };
        if is_good {
            return Ok(());
        }
        let place = format!("that of part {} of {} alone", index + 1, self.count);
        Err(source.mismatch(Digest::of(part), place))
    }
}

impl Stream for BlobReader {
    type Item = Result<Bytes, BlobError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_chunk(cx).map(Result::transpose)
    }
}

impl AsyncRead for BlobReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let chunk = ready!(this.poll_chunk(cx)).map_err(io::Error::other)?;
        if let Some(mut chunk) = chunk {
            buffer.put_slice(&chunk.split_to(chunk.len().min(buffer.remaining())));
            this.rest = chunk;
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobReader").field("source", &self.source).finish_non_exhaustive()
    }
}
