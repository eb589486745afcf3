//! Streams whose reader looks again for a moment before its thread goes to sleep.
//!
//! A thread that sleeps is woken through the system, which takes longer than a call over a loopback
//! itself: tens of microseconds where the processor has gone to sleep as well. An answer that is on
//! its way is there sooner than that.

use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use lyceum_core::exchange::Stopwatch;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// How long a reader looks, unless set.
pub(crate) const LOOKING: Duration = Duration::from_micros(100);

/// How often a reader goes to sleep at once, at most, after it looked in vain: so whoever mostly
/// waits for longer looks less than two microseconds for each time.
const LONGEST_REST: u32 = 64;

/// How often the processor is told to take its time between two looks.
const BREATHS: usize = 16;

/// How many bytes are taken by looking; more come by the usual way.
const POCKET: usize = 4096;

/// A stream over a socket, whose reader looks again before it sleeps, if something was written
/// since, and an answer came in time before.
pub(crate) struct Attentive<S> {
    stream: S,
    looking: Duration,
    pocket: Box<[u8]>,
    /// Whether something was written since the reader last found nothing.
    expects: bool,
    /// How often it sleeps at once after it looked in vain.
    rest: u32,
    /// How often it still does.
    resting: u32,
}

/// A socket.
pub(crate) trait Socket {
    fn socket(&self) -> SockRef<'_>;
}

impl Socket for TcpStream {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

impl Socket for UnixStream {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

impl<S: Socket> Attentive<S> {
    /// Makes a stream whose reader looks for so long; not at all if that is zero.
    pub(crate) fn new(stream: S, looking: Duration) -> Self {
        let pocket = vec![0; POCKET].into();
        Self { stream, looking, pocket, expects: false, rest: 0, resting: 0 }
    }

    /// Lets the reader look the next time that it finds nothing: what is to be answered was sent by
    /// another stream.
    #[cfg(feature = "hybrid")]
    pub(crate) fn expect(&mut self) {
        self.expects = true;
    }

    /// Returns whether to look before sleeping, this time.
    fn is_worth_it(&mut self) -> bool {
        if !std::mem::take(&mut self.expects) || self.looking.is_zero() {
            return false;
        }
        let is_rested = self.resting == 0;
        self.resting = self.resting.saturating_sub(1);
        is_rested
    }

    /// Looks until something is there, but not for long.
    fn look(&mut self, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let socket = self.stream.socket();
        let room = buffer.remaining().min(POCKET);
        let watch = Stopwatch::start();
        loop {
            match (&*socket).read(&mut self.pocket[..room]) {
                Ok(count) => {
                    buffer.put_slice(&self.pocket[..count]);
                    self.rest = 0;
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            if watch.elapsed() >= self.looking {
                self.rest = (self.rest * 2).clamp(1, LONGEST_REST);
                self.resting = self.rest;
                return Poll::Pending;
            }
            (0..BREATHS).for_each(|_| std::hint::spin_loop());
        }
    }
}

impl<S: Socket + AsyncRead + Unpin> AsyncRead for Attentive<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buffer);
        // The task is woken in any case; perhaps what it is woken for was read already.
        if polled.is_pending() && this.is_worth_it() { this.look(buffer) } else { polled }
    }
}

impl<S: AsyncWrite + Unpin> Attentive<S> {
    fn written(&mut self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.expects |= polled.is_ready();
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Attentive<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.written(polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.written(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Time enough for whatever is to come on a machine with much to do.
    const LONG: Duration = Duration::from_secs(60);

    async fn poll(stream: &mut Attentive<UnixStream>, bytes: &mut [u8]) -> Poll<usize> {
        let mut buffer = ReadBuf::new(bytes);
        poll_fn(|cx| {
            let polled = Pin::new(&mut *stream).poll_read(cx, &mut buffer);
            Poll::Ready(polled.map(|read| read.map(|()| buffer.filled().len()).unwrap()))
        })
        .await
    }

    #[tokio::test]
    async fn what_comes_while_the_reader_looks_is_read_at_once() {
        let (near, far) = UnixStream::pair().unwrap();
        let mut near = Attentive::new(near, LONG);
        near.write_all(b"question").await.unwrap();
        let far = far.into_std().unwrap();
        far.set_nonblocking(false).unwrap();
        let answering = tokio::task::spawn_blocking(move || {
            let mut question = [0; 8];
            (&far).read_exact(&mut question).unwrap();
            (&far).write_all(b"answer").unwrap();
            far
        });

        let mut bytes = [0; 64];
        assert_eq!(poll(&mut near, &mut bytes).await, Poll::Ready(6));
        assert_eq!(&bytes[..6], b"answer");
        drop(answering.await.unwrap());
        assert_eq!(near.read(&mut bytes).await.unwrap(), 0, "the usual way sees the end");
    }

    #[tokio::test]
    async fn reader_rests_the_longer_the_more_often_it_looked_in_vain() {
        let (near, far) = UnixStream::pair().unwrap();
        let mut near = Attentive::new(near, Duration::from_nanos(1));
        let (mut looks, mut bytes) = (Vec::new(), [0; 64]);
        for round in 0..200 {
            near.write_all(b"?").await.unwrap();
            let rested = near.resting == 0;
            assert!(poll(&mut near, &mut bytes).await.is_pending());
            if rested {
                looks.push(round);
            }
        }
        assert_eq!(looks, [0, 2, 5, 10, 19, 36, 69, 134, 199]);
        drop(far);
    }

    #[tokio::test]
    async fn who_sent_nothing_does_not_look() {
        let (near, far) = UnixStream::pair().unwrap();
        let mut near = Attentive::new(near, LONG);
        assert!(poll(&mut near, &mut [0; 64]).await.is_pending());
        let mut near = Attentive::new(near.stream, Duration::ZERO);
        near.write_all(b"?").await.unwrap();
        assert!(poll(&mut near, &mut [0; 64]).await.is_pending(), "or not at all");
        drop(far);
    }
}
