//! What others send straight to this node.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use lyceum_wire::academy::{Message, Unread, Uuid};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::channel::Channel;
use super::frame;
use super::post::{INCOMING_LIMIT, Incoming, Post};
use crate::transport::attentive::{Attentive, LOOKING};
use crate::transport::tcp::tune;

/// Connections of others at a time.
const CONNECTION_LIMIT: usize = 4096;

/// Bytes that are read together.
const READ_BYTES: usize = 64 << 10;

/// How long to wait when the system has no more connections to give.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Takes connections for as long as there is a post.
pub(super) async fn accept(listener: TcpListener, post: Weak<Post>) {
    let places = Arc::new(Semaphore::new(CONNECTION_LIMIT));
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection");
                sleep(REFUSED_PAUSE).await;
                continue;
            }
        };
        // One too many ends here, and whoever dialed goes by Redis.
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let post = post.clone();
        tasks.spawn(async move {
            if let Err(error) = read(stream, post).await {
                tracing::debug!(%error, "a direct connection broke off");
            }
            drop(place);
        });
    }
}

/// Reads messages until the stream ends, or is none.
async fn read(stream: TcpStream, post: Weak<Post>) -> io::Result<()> {
    tune(&stream)?;
    let mut stream = BufReader::with_capacity(READ_BYTES, Attentive::new(stream, LOOKING));
    let Some(known) = post.upgrade() else { return Ok(()) };
    let (limit, room) = (known.client().options().message, known.room.clone());
    drop(known);
    let mut sender = Sender { known: None, reader: Arc::default() };
    loop {
        sender.wait(&mut stream).await?;
        let Some(length) = frame::length(&mut stream, limit).await? else { return Ok(()) };
        let share = u32::try_from((length >> 10) + 1).unwrap_or(u32::MAX);
        let share = share.min(u32::try_from(INCOMING_LIMIT).unwrap_or(u32::MAX));
        let share = room.clone().acquire_many_owned(share).await.map_err(io::Error::other)?;
        let bytes = frame::body(&mut stream, length).await?;
        let message = match Message::read(&bytes) {
            Ok(message) => message,
            Err(error) => {
                // The frame is whole, and the next one may be better.
                tracing::warn!(%error, "dropped what is no message");
                continue;
            }
        };
        drop(bytes);
        let Some(post) = post.upgrade() else { return Ok(()) };
        sender.meet(&post, message.header.src.uid);
        take(&post, message, share).await;
    }
}

/// Hands a message to who receives it.
async fn take(post: &Post, message: Message<Unread>, share: OwnedSemaphorePermit) {
    post.answered(&message.header);
    let Some(message) = post.answer(message) else { return };
    let Some(inbox) = post.inbox(message.header.dest.uid) else {
        return post.pass_on(message).await;
    };
    if let Err(back) = inbox.send(Incoming { message, _room: Some(share) }).await {
        post.pass_on(back.0.message).await;
    }
}

/// Who sends over a connection. What this node sends there goes by another one, after which it is
/// worth to look here.
struct Sender {
    /// By which connection this node sends to it.
    known: Option<(Uuid, Weak<Channel>)>,
    reader: Arc<Notify>,
}

impl Sender {
    /// Waits until something has come, or the stream is over.
    async fn wait(&self, stream: &mut BufReader<Attentive<TcpStream>>) -> io::Result<()> {
        loop {
            tokio::select! {
                biased;
                filled = stream.fill_buf() => return filled.map(|_| ()),
                () = self.reader.notified() => {}
            }
            stream.get_mut().expect();
        }
    }

    /// Notes who sent something.
    fn meet(&mut self, post: &Post, uid: Uuid) {
        let is_known =
            |(known, channel): &(Uuid, Weak<Channel>)| *known == uid && channel.strong_count() > 0;
        if self.known.as_ref().is_some_and(is_known) {
            return;
        }
        if let Some(channel) = post.channel_to(uid) {
            channel.is_answered_to(&self.reader);
            self.known = Some((uid, Arc::downgrade(&channel)));
        }
    }
}
