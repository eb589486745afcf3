//! Bytes for a network, and what came back.

use std::time::Duration;

use lyceum_macros::Event;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// What [`Client`](super::Client) and [`Server`](super::Server) send: put it into the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(pub Vec<u8>);

/// How a conversation over a network went, as [`Client`](super::Client) and
/// [`Server`](super::Server) tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
pub struct NetworkAnswer {
    /// What the other side sent, as far as it was read.
    pub bytes: Vec<u8>,
    /// Whether it was cut off: it sent more than is read, or its time was over.
    pub was_cut: bool,
    /// Why it could not be talked to, or broke off.
    pub error: Option<String>,
}

/// How much of an answer is read, and how long a conversation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkLimits {
    /// Bytes that are read of what the other side sends; 64 KiB.
    pub bytes: usize,
    /// How long all of it may take; 5 s.
    pub time: Duration,
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self { bytes: 64 << 10, time: Duration::from_secs(5) }
    }
}

/// In which order the two sides talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// All is sent, and then the answer is read to its end.
    SendFirst,
    /// Something is heard, and then all is sent.
    HearFirst,
}

impl NetworkAnswer {
    pub(super) fn failed(error: &std::io::Error) -> Self {
        Self { bytes: Vec::new(), was_cut: false, error: Some(error.to_string()) }
    }
}

/// Talks to the other side, within the limits.
pub(super) async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    payload: &[u8],
    limits: NetworkLimits,
    order: Order,
) -> NetworkAnswer {
    let mut answer = NetworkAnswer { bytes: Vec::new(), was_cut: false, error: None };
    let bytes = &mut answer.bytes;
    let conversation = async {
        match order {
            Order::SendFirst => {
                stream.write_all(payload).await?;
                stream.shutdown().await?;
                // One more byte than is kept tells that there were more.
                let most = limits.bytes as u64 + 1;
                (&mut stream).take(most).read_to_end(bytes).await?;
            }
            Order::HearFirst => {
                bytes.resize(limits.bytes, 0);
                let heard = stream.read(bytes).await;
                bytes.truncate(heard.as_ref().map_or(0, |heard| *heard));
                heard?;
                stream.write_all(payload).await?;
                stream.shutdown().await?;
            }
        }
        Ok::<(), std::io::Error>(())
    };
    match timeout(limits.time, conversation).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => answer.error = Some(error.to_string()),
        Err(_) => answer.was_cut = true,
    }
    answer.was_cut |= answer.bytes.len() > limits.bytes;
    answer.bytes.truncate(limits.bytes);
    answer
}
