//! Connections between two hosts.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use lyceum::Sleep;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::pipe::{Found, Pipe};
use super::{Pair, SimulatedNetwork};

/// A connection, as the network sees it.
#[derive(Clone)]
pub(super) struct Line {
    pair: Pair,
    pipes: [Pipe; 2],
}

/// One end of a connection.
struct End {
    network: SimulatedNetwork,
    incoming: Pipe,
    outgoing: Pipe,
    /// Until the next bytes arrive.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Line {
    /// Makes a connection, and returns its two ends.
    pub(super) fn lay(
        network: &SimulatedNetwork,
        pair: Pair,
    ) -> (Self, [impl AsyncRead + AsyncWrite + Send + Unpin + 'static; 2]) {
        let pipes = [Pipe::default(), Pipe::default()];
        let end = |incoming: usize, outgoing: usize| End {
            network: network.clone(),
            incoming: pipes[incoming].clone(),
            outgoing: pipes[outgoing].clone(),
            sleep: None,
        };
        let ends = [end(0, 1), end(1, 0)];
        (Self { pair, pipes }, ends)
    }

    pub(super) fn is_between(&self, pair: &Pair) -> bool {
        self.pair == *pair
    }

    pub(super) fn hold(&self, held: bool) {
        self.pipes.iter().for_each(|pipe| pipe.hold(held));
    }

    pub(super) fn break_off(&self) {
        self.pipes.iter().for_each(Pipe::break_off);
    }

    /// Returns whether both ends have let go of it.
    pub(super) fn is_over(&self) -> bool {
        self.pipes.iter().all(Pipe::is_over)
    }
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let door = self.network.inner.door.clone();
            match self.incoming.read(door.now(), into.remaining(), cx)? {
                Found::Bytes(bytes) => {
                    into.put_slice(&bytes);
                    return Poll::Ready(Ok(()));
                }
                Found::End => return Poll::Ready(Ok(())),
                Found::Nothing => return Poll::Pending,
                Found::Later(due) => {
                    let mut sleep = Box::pin(door.sleep_until(due));
                    let slept = sleep.as_mut().poll(cx);
                    self.sleep = Some(sleep);
                    if slept.is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let room = match self.outgoing.poll_room(cx)? {
            Poll::Ready(room) => room,
            Poll::Pending => return Poll::Pending,
        };
        let written = room.min(bytes.len());
        let arrival = self.network.arrival(written);
        self.outgoing.write(arrival, Bytes::copy_from_slice(&bytes[..written]));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.finish();
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.outgoing.finish();
        self.incoming.leave();
    }
}
