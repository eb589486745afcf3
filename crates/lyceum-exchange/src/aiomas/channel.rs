//! Channels: requests and answers of any content, without agents and without calls.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::aiomas::{Packet, PacketKind, Value};
use tokio::sync::{mpsc, oneshot};

use super::driver::{Answered, Answers};
use super::driving::Driving;
use super::link::{Link, Sent};
use super::open::Transports;
use super::{Closed, Exception, OpenError, Profile, RpcError};
use crate::ByteStream;

/// Requests that wait for [`Channel::recv`]; then nothing more is read.
const QUEUE: usize = 64;

/// A connection that carries requests and their answers, whatever their content means.
///
/// Both sides may send requests. Dropping the channel closes it.
///
/// ```
/// use lyceum_exchange::aiomas::{Channel, Listener};
///
/// # type Done = Result<(), Box<dyn std::error::Error>>;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Done {
/// let mut listener = Listener::bind("aiomas+tcp://127.0.0.1:0").await?;
/// let url = listener.url().to_string();
/// let server = async {
///     let mut channel = listener.accept_channel().await?;
///     let request = channel.recv().await.ok_or("nobody asked")?;
///     assert_eq!(request.content(), &"ping".into());
///     request.reply("pong");
///     channel.closed().await;
///     Done::Ok(())
/// };
/// let client = async {
///     let channel = Channel::open(&url).await?;
///     let pending = channel.send("ping").await?;
///     assert_eq!(pending.answer().await?, "pong".into());
///     Done::Ok(())
/// };
/// let (served, asked) = tokio::join!(server, client);
/// served.and(asked)
/// # }
/// ```
pub struct Channel {
    driving: Driving,
    requests: mpsc::Receiver<Request>,
}

/// Sends requests over a channel, from wherever it is needed.
#[derive(Clone)]
pub struct ChannelSender {
    link: Arc<Link>,
}

/// A request that was sent over a channel.
///
/// # Cancel safety
///
/// Dropping it gives up; the answer is ignored when it comes, and the channel goes on.
#[must_use = "dropping this gives up the answer"]
pub struct Pending(Sent);

/// A request that came over a channel.
///
/// Its sender is answered in any case: dropping it tells him that nobody did.
#[must_use = "dropping this answers with an exception"]
pub struct Request {
    content: Value,
    answer: oneshot::Sender<Answered>,
}

impl Channel {
    /// Opens a channel to who listens at a URL.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the URL, or why nobody is reached.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let destination = Transports::default().find(&url.parse()?)?;
        let stream = destination.dial().await?;
        Ok(Self::start(stream, destination.profile))
    }

    /// Makes a channel of a stream.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(stream: impl ByteStream, profile: Profile) -> Self {
        Self::start(Box::new(stream), profile)
    }

    pub(super) fn start(stream: Box<dyn ByteStream>, profile: Profile) -> Self {
        let (sender, requests) = mpsc::channel(QUEUE);
        Self { driving: Driving::start(stream, profile, Arc::new(Queue(sender))), requests }
    }

    /// Sends a request, and returns the way to its answer.
    ///
    /// # Errors
    ///
    /// Says why it was not sent.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future sends nothing.
    pub async fn send(&self, content: impl Into<Value>) -> Result<Pending, RpcError> {
        self.sender().send(content).await
    }

    /// Returns what sends requests over this channel from elsewhere.
    pub fn sender(&self) -> ChannelSender {
        ChannelSender { link: self.driving.link.clone() }
    }

    /// Waits for the next request of the other side; `None` if the channel has ended.
    ///
    /// # Cancel safety
    ///
    /// No request is lost if the future is dropped.
    pub async fn recv(&mut self) -> Option<Request> {
        let link = &self.driving.link;
        tokio::select! {
            request = self.requests.recv() => request,
            _ = link.closed() => None,
        }
    }

    /// Waits for the end of the channel.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn closed(&self) -> Closed {
        self.driving.link.closed().await
    }

    /// Closes the channel, once what is written already is sent.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes it at once.
    pub async fn close(self) {
        self.driving.close().await;
    }
}

impl ChannelSender {
    /// Sends a request; see [`Channel::send`].
    ///
    /// # Errors
    ///
    /// Says why it was not sent.
    pub async fn send(&self, content: impl Into<Value>) -> Result<Pending, RpcError> {
        let (codec, content) = (self.link.profile.codec, content.into());
        let encode = |id| codec.encode_packet(Packet { kind: PacketKind::Request, id, content });
        Ok(Pending(self.link.send(encode).await?))
    }
}

impl Pending {
    /// Waits for the answer.
    ///
    /// # Errors
    ///
    /// The exception that came back; or why nothing could.
    pub async fn answer(self) -> Result<Value, RpcError> {
        self.0.answer().await?.into_result()
    }
}

impl Request {
    /// Returns what is asked.
    pub fn content(&self) -> &Value {
        &self.content
    }

    /// Answers with a result. If it cannot be written, its sender is told so.
    pub fn reply(self, result: impl Into<Value>) {
        // If nobody waits any more, there is nothing to be done.
        let _ = self.answer.send(Ok(result.into()));
    }

    /// Answers with an exception.
    pub fn fail(self, exception: &Exception) {
        // If nobody waits any more, there is nothing to be done.
        let _ = self.answer.send(Err(exception.to_string().into()));
    }

    /// Answers with an exception that is not a text.
    #[cfg(feature = "mosaik")]
    pub(crate) fn fail_with(self, exception: Value) {
        // If nobody waits any more, there is nothing to be done.
        let _ = self.answer.send(Err(exception));
    }
}

/// Lets requests wait for who receives them.
struct Queue(mpsc::Sender<Request>);

impl Answers for Queue {
    fn answer(
        self: Arc<Self>,
        _: &Arc<Link>,
        request: Packet,
        _: usize,
    ) -> BoxFuture<'static, Answered> {
        let queue = self.0.clone();
        async move {
            let (answer, answered) = oneshot::channel();
            let request = Request { content: request.content, answer };
            // The receiver is gone with its channel, which ends with it.
            let _ = queue.send(request).await;
            let unanswered = || Err("Unanswered: the request was dropped".into());
            answered.await.unwrap_or_else(|_| unanswered())
        }
        .boxed()
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Channel")
    }
}

impl fmt::Debug for ChannelSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChannelSender")
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending")
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?})", self.content)
    }
}
