//! What others send straight to this node.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use lyceum_wire::academy::Message;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::frame;
use super::post::{INCOMING_LIMIT, Incoming, Post};

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
    let mut stream = BufReader::with_capacity(READ_BYTES, stream);
    let Some(known) = post.upgrade() else { return Ok(()) };
    let (limit, room) = (known.client().options().message, known.room.clone());
    drop(known);
    while let Some(length) = frame::length(&mut stream, limit).await? {
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
        let Some(known) = post.upgrade() else { return Ok(()) };
        known.answered(&message.header);
        let Some(inbox) = known.inbox(message.header.dest.uid) else {
            known.pass_on(message).await;
            continue;
        };
        if let Err(back) = inbox.send(Incoming { message, _room: Some(share) }).await {
            known.pass_on(back.0.message).await;
        }
    }
    Ok(())
}
