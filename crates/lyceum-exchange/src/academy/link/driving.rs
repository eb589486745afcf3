//! Who keeps the connection up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::{SinkExt, Stream, StreamExt};
use lyceum_wire::academy::link::{
    FRAME_LIMIT, FrameError, ToClient, ToServer, VERSION, decode, encode,
};
use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, HeaderValue};
use tokio_tungstenite::tungstenite::http::{Request, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::line::Line;
use crate::ByteStream;
use crate::pulse::{Heard, Pulse};

/// How long to wait before the next attempt, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(10));

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long nothing at all may come from the server, which says something every few seconds.
const SILENCE_LIMIT: Duration = Duration::from_secs(15);

/// The longest message of the socket that is taken: one frame of the longest, or many short ones.
const MESSAGE_LIMIT: usize = FRAME_LIMIT + (1 << 20);

type Socket = WebSocketStream<Heard<Box<dyn ByteStream>>>;

/// Why there is no connection.
#[derive(Debug, Error)]
enum Broken {
    #[error("the server did not let this node in: {0}")]
    Refused(String),
    #[error("the server cannot be reached")]
    Dial(#[from] std::io::Error),
    #[error("the connection was lost")]
    Socket(#[from] SocketError),
    #[error("the server does not keep to the protocol")]
    Frame(#[from] FrameError),
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("the server was silent for too long")]
    Silent,
    #[error("the server has ended the connection")]
    Ended,
}

impl Line {
    /// Keeps the connection up until the line is closed, while somebody wants one.
    pub(crate) async fn drive(self: Arc<Self>) {
        match select(Box::pin(self.keep_up()), Box::pin(self.count_time())).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    }

    async fn count_time(&self) {
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            seconds.tick().await;
            self.grow_old();
        }
    }

    async fn keep_up(&self) {
        let (first, longest) = PAUSES;
        let mut pause = first;
        loop {
            while !self.is_wanted() && !self.is_closed() {
                self.wake.notified().await;
            }
            if self.is_closed() {
                return;
            }
            let made = timeout(CONNECT_LIMIT, self.connect()).await;
            let broken = match made.unwrap_or(Err(Broken::Silent)) {
                Ok((socket, pulse, message_limit)) => {
                    pause = first;
                    self.up(message_limit);
                    match self.exchange(socket, &pulse).await {
                        Ok(()) => return,
                        Err(broken) => broken,
                    }
                }
                Err(broken) => broken,
            };
            let why = with_cause(&broken);
            tracing::debug!(endpoint = %self.endpoint, error = why, "there is no link");
            self.down(&why);
            if let Broken::Refused(_) = broken {
                self.refused(&why);
            }
            // Between half of it and all.
            let share = (self.door.random() % 1024) as f64 / 1024.0;
            sleep(pause.mul_f64(0.5 + share / 2.0)).await;
            pause = (pause * 2).min(longest);
        }
    }

    /// Makes a connection, and returns the longest message that the server takes.
    async fn connect(&self) -> Result<(Socket, Pulse, u64), Broken> {
        let (pulse, stream) = Pulse::of(self.transport.dial(self.endpoint.clone()).await?);
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT));
        let request = self.request()?;
        let made = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
        let (mut socket, _) = made.map_err(|error| match error {
            SocketError::Http(answer)
                if matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) =>
            {
                Broken::Refused(answer.status().to_string())
            }
            error => error.into(),
        })?;
        let mut hello = bytes::BytesMut::new();
        encode(&ToServer::Hello { version: VERSION }, b"", &mut hello)?;
        socket.send(Message::Binary(hello.freeze())).await?;
        let mut bytes = next(&mut socket, &pulse).await?;
        match decode::<ToClient>(&mut bytes, MESSAGE_LIMIT)?.map(|frame| frame.head) {
            Some(ToClient::Welcome { version: VERSION, message_limit }) => {
                self.take_in(bytes, MESSAGE_LIMIT)?;
                Ok((socket, pulse, message_limit))
            }
            Some(ToClient::Goodbye { reason }) => Err(Broken::Refused(reason)),
            _ => Err(Broken::Expected("a welcome of version 1")),
        }
    }

    fn request(&self) -> Result<Request<()>, Broken> {
        let uri = format!("ws://{}{}/link", self.endpoint.location(), self.prefix);
        let mut request = uri.into_client_request()?;
        if let Some(token) = self.token() {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            let mut value = value.map_err(|_| Broken::Expected("a token of visible letters"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }

    /// Sends and takes in until the connection is lost, or the line closed.
    async fn exchange(&self, socket: Socket, pulse: &Pulse) -> Result<(), Broken> {
        let (mut sink, mut stream) = socket.split();
        let reading = async {
            loop {
                let bytes = next(&mut stream, pulse).await?;
                self.take_in(bytes, MESSAGE_LIMIT)?;
            }
        };
        let writing = async {
            loop {
                let bytes = self.outgoing();
                if !bytes.is_empty() {
                    sink.send(Message::Binary(bytes)).await?;
                } else if self.is_closed() {
                    return sink.close().await;
                } else {
                    self.wake.notified().await;
                }
            }
        };
        // Each goes on while the other waits, so that both sides never wait for each other.
        match select(Box::pin(reading), Box::pin(writing)).await {
            Either::Left((read, _)) => {
                let read: Result<std::convert::Infallible, Broken> = read;
                read.map(|never| match never {})
            }
            Either::Right((written, _)) => Ok(written?),
        }
    }
}

/// Returns the next message of frames.
async fn next<S>(socket: &mut S, pulse: &Pulse) -> Result<Bytes, Broken>
where
    S: Stream<Item = Result<Message, SocketError>> + Unpin,
{
    loop {
        let before = pulse.count();
        let Ok(message) = timeout(SILENCE_LIMIT, socket.next()).await else {
            if pulse.count() > before {
                continue;
            }
            return Err(Broken::Silent);
        };
        match message.ok_or(Broken::Ended)?? {
            Message::Binary(bytes) => return Ok(bytes),
            Message::Close(_) => return Err(Broken::Ended),
            Message::Text(_) => return Err(Broken::Expected("binary messages")),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

fn with_cause(error: &Broken) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, duplex};
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// A link over a slow line was lost in the midst of a long message, again and again: only whole
    /// messages counted as a sign of life.
    #[tokio::test(start_paused = true)]
    async fn a_long_message_may_take_long_and_silence_may_not() {
        let (mut far, near) = duplex(64);
        let (pulse, near) = Pulse::of(near);
        let mut socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        let slow = async {
            for byte in *b"\x82\x04slow" {
                sleep(SILENCE_LIMIT - Duration::from_secs(1)).await;
                far.write_all(&[byte]).await.unwrap();
            }
        };

        let (came, ()) = tokio::join!(next(&mut socket, &pulse), slow);

        assert_eq!(came.unwrap(), "slow");
        assert!(matches!(next(&mut socket, &pulse).await, Err(Broken::Silent)));
    }
}
