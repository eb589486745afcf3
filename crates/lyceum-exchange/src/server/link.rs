//! Links: connections of nodes, which carry the verbs and the messages of many mailboxes.
//!
//! One task has a link. It takes in what has come, waits once until all of it is as safe as was
//! promised, and sends all answers and messages at once. Messages wait in their mailboxes and not
//! here: a node is sent as many as it has given credit for.

mod asked;
mod leases;
mod outgoing;
mod puts;

use std::collections::VecDeque;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use leases::Leases;
use lyceum_wire::academy::link::{Frame, FrameError, ToClient, ToServer, VERSION, decode};
use outgoing::Outgoing;
use puts::Puts;
use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use crate::pulse::{Heard, Pulse};
use crate::server::Principal;
use crate::server::hub::Hub;
use crate::server::metrics::count;
use crate::server::upgrade::Upgrade;
use crate::store::StoreError;

/// Bytes of frames besides the longest message that one message of the socket may have.
const BATCH_BYTES: usize = 1 << 20;

/// Messages of the socket that are taken in before anything is answered.
const BATCH: usize = 32;

/// How soon what found no room is tried again, if nobody says that there is some.
const RETRY: Duration = Duration::from_millis(5);

/// How long the last words of a link may take.
const GOODBYE: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<Heard<TokioIo<Upgraded>>>;

/// A connection of a node.
pub(super) struct Link {
    hub: Arc<Hub>,
    principal: Principal,
    bearer: Option<String>,
    /// Bytes of the longest frame.
    limit: usize,
    has_greeted: bool,
    /// Frames that came and are not taken in.
    inbox: VecDeque<Bytes>,
    pulse: Pulse,
    leases: Leases,
    puts: Puts,
    out: Outgoing,
}

/// Why a link ends.
#[derive(Debug, Error)]
enum Ended {
    #[error("the node has ended the connection")]
    Closed,
    #[error("the connection was lost")]
    Socket(#[from] SocketError),
    #[error("the node does not keep to the protocol")]
    Frame(#[from] FrameError),
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("the node was silent for too long")]
    Silent,
    #[error("the token has expired or was revoked")]
    Token,
    #[error("the server is ending")]
    Draining,
    #[error("the store has failed")]
    Store(#[from] StoreError),
}

/// What a link waits for.
enum Event {
    Came(Option<Result<Message, SocketError>>),
    /// A mailbox has something new, more is on disk, or there may be room.
    Changed,
    Tick,
    Drain,
}

/// Serves a connection that became a link, until it ends.
pub(super) async fn serve(hub: Arc<Hub>, upgrade: Upgrade) {
    let Ok(upgraded) = upgrade.on.await else { return };
    let message = hub.keeper.look(|mailboxes| mailboxes.limits().message);
    let limit = usize::try_from(message).unwrap_or(usize::MAX / 2) + BATCH_BYTES;
    let config = WebSocketConfig::default()
        .max_message_size(Some(limit + BATCH_BYTES))
        .max_frame_size(Some(limit + BATCH_BYTES));
    let (pulse, io) = Pulse::of(TokioIo::new(upgraded));
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    count(&hub.metrics.links);
    let mut link = Link {
        leases: Leases::new(hub.clone()),
        puts: Puts::default(),
        out: Outgoing::default(),
        principal: upgrade.principal,
        bearer: upgrade.bearer,
        has_greeted: false,
        inbox: VecDeque::new(),
        pulse,
        limit,
        hub,
    };
    let ended = link.drive(&mut socket, message).await;
    link.hub.metrics.links.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    let error = ended.err().unwrap_or(Ended::Closed);
    tracing::debug!(error = &error as &dyn std::error::Error, "a link ended");
    if !matches!(error, Ended::Closed | Ended::Socket(_)) {
        // The other side may be gone, and would not hear it.
        let _ = timeout(GOODBYE, goodbye(&mut link, &mut socket, &error)).await;
    }
}

/// Says why the connection ends.
async fn goodbye(link: &mut Link, socket: &mut Socket, error: &Ended) -> Result<(), SocketError> {
    let reason = match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    link.out.clear();
    link.out.say(&ToClient::Goodbye { reason });
    socket.send(Message::Binary(link.out.take())).await?;
    socket.close(None).await
}

impl Link {
    async fn drive(&mut self, socket: &mut Socket, message_limit: u64) -> Result<(), Ended> {
        self.out.say(&ToClient::Welcome { version: VERSION, message_limit });
        let bell = self.leases.bell().clone();
        let hub = self.hub.clone();
        let mut progress = hub.keeper.progress();
        let mut drain = hub.drain.subscribe();
        let tick = hub.settings.ping.max(Duration::from_millis(3)) / 3;
        let mut ticks = interval(tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut quiet, mut heard) = (0, 0);
        loop {
            let room = hub.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            self.take_in()?;
            self.work().await?;
            while !self.out.is_empty() {
                socket.send(Message::Binary(self.out.take())).await?;
            }
            // What was put off goes on, unless it waits for the disk.
            let goes_on = !self.out.is_full() && (self.leases.has_more() || !self.inbox.is_empty());
            let event = tokio::select! {
                came = socket.next(), if self.inbox.is_empty() => Event::Came(came),
                () = ready(()), if goes_on => Event::Changed,
                () = bell.rung() => Event::Changed,
                _ = progress.changed(), if self.out.awaits_disk() => Event::Changed,
                () = room, if !self.puts.is_empty() => Event::Changed,
                () = sleep(RETRY), if !self.puts.is_empty() => Event::Changed,
                _ = ticks.tick() => Event::Tick,
                _ = drain.wait_for(|drain| *drain) => Event::Drain,
            };
            match event {
                Event::Came(came) => self.take_all(came, socket)?,
                Event::Changed => {}
                Event::Tick => {
                    // Not read, a node cannot be heard.
                    let count = self.pulse.count();
                    let is_heard = count > heard || !self.inbox.is_empty();
                    (quiet, heard) = (if is_heard { 0 } else { quiet + 1 }, count);
                    if tick * quiet > hub.settings.idle {
                        return Err(Ended::Silent);
                    }
                    self.leases.unstick();
                    self.check_token().await?;
                    socket.send(Message::Ping(Bytes::new())).await?;
                }
                Event::Drain => return Err(Ended::Draining),
            }
        }
    }

    /// Takes what has come, and what else is there already.
    fn take_all(
        &mut self,
        mut came: Option<Result<Message, SocketError>>,
        socket: &mut Socket,
    ) -> Result<(), Ended> {
        for taken in 1.. {
            match came.ok_or(Ended::Closed)?? {
                Message::Binary(bytes) => self.inbox.push_back(bytes),
                Message::Text(_) => return Err(Ended::Expected("binary messages")),
                Message::Close(_) => return Err(Ended::Closed),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
            // What is asked for is taken: there is no way to give it back.
            if taken == BATCH {
                break;
            }
            match socket.next().now_or_never() {
                Some(next) => came = next,
                None => break,
            }
        }
        Ok(())
    }

    /// Takes in the frames that came, until as much is to be sent as may be: who asks for much
    /// reads much, or waits.
    fn take_in(&mut self) -> Result<(), Ended> {
        while !self.out.is_full()
            && let Some(bytes) = self.inbox.front_mut()
        {
            match decode::<ToServer>(bytes, self.limit)? {
                Some(frame) => self.take_in_one(frame)?,
                None => drop(self.inbox.pop_front()),
            }
        }
        Ok(())
    }

    fn take_in_one(&mut self, frame: Frame<ToServer>) -> Result<(), Ended> {
        match frame.head {
            ToServer::Hello { version } if version == VERSION && !self.has_greeted => {
                self.has_greeted = true;
            }
            _ if !self.has_greeted => return Err(Ended::Expected("a greeting of version 1")),
            ToServer::Ask { id, verb } => self.asked(id, verb, frame.body),
            ToServer::Received { mailbox, generation, answers, credit } => {
                let hold = (mailbox, generation);
                self.leases.received(hold, &answers, credit, &mut self.out);
            }
            _ => return Err(Ended::Expected("one greeting")),
        }
        Ok(())
    }

    /// Makes what is to be sent: tries again what found no room, takes what waits in the mailboxes,
    /// and waits until all of it is as safe as was promised.
    async fn work(&mut self) -> Result<(), Ended> {
        self.retry_puts();
        self.send_again().await;
        self.leases.deliver(&mut self.out).await;
        self.out.settle(&self.hub.keeper).await?;
        let synced = self.hub.keeper.synced()?;
        self.leases.settled(self.out.synced(synced));
        Ok(())
    }

    /// Ends the link if its token does not count any more.
    async fn check_token(&self) -> Result<(), Ended> {
        let (Some(authenticator), Some(bearer)) = (&self.hub.authenticator, &self.bearer) else {
            return Ok(());
        };
        let checked = authenticator.authenticate(bearer, self.hub.clock.now()).await;
        checked.map(|_| ()).map_err(|_| Ended::Token)
    }
}
