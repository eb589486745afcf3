//! The post: what all mailboxes of a node have in common at a hybrid exchange.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use lyceum_wire::academy::{Body, ErrorCode, Header, Kind, Message, Unread, Uuid};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Options;
use super::channel::Channel;
use super::listener;
use super::route::Route;
use super::tally::Tally;
use crate::academy::mailbox::TakeAnswer;
use crate::academy::redis::{Client, Order, RedisMailbox};
use crate::academy::{Mailbox, MailboxError, Promise};

/// Messages that came for one mailbox and were not looked at.
const INBOX_LIMIT: usize = 1024;

/// Mailboxes whose ways are known at a time.
const ROUTE_LIMIT: usize = 16_384;

/// Requests whose end is noticed when the other program is gone.
const ASKED_LIMIT: usize = 131_072;

/// How long an answer may be on its way from a program whose connection is gone.
const GRACE: Duration = Duration::from_millis(500);

/// How long after something passed through a mailbox the Redis is told of it.
const TELL_PAUSE: Duration = Duration::from_secs(1);

/// Kilobytes of messages that came for all mailboxes and were not looked at.
pub(super) const INCOMING_LIMIT: usize = 256 << 10;

/// What a Redis says of a mailbox that exists.
const ACTIVE: &str = "ACTIVE";

/// What all mailboxes of a node have in common at a hybrid exchange.
pub(crate) struct Post {
    this: Weak<Self>,
    client: Arc<Client>,
    options: Options,
    runtime: Handle,
    /// Where this side is reached, once it is.
    address: tokio::sync::Mutex<Option<String>>,
    /// Where answers go without a mailbox in between.
    answers: OnceLock<TakeAnswer>,
    /// The room for what comes.
    pub(super) room: Arc<Semaphore>,
    state: Mutex<State>,
    /// Whether the Redis is told soon what passed through mailboxes without it.
    is_telling: AtomicBool,
}

#[derive(Default)]
struct State {
    tasks: JoinSet<()>,
    inboxes: HashMap<Uuid, Inbox>,
    routes: HashMap<Uuid, Arc<Route>>,
    channels: HashMap<String, Arc<Channel>>,
    /// The requests that went straight and have no answer yet, by tag.
    asked: HashMap<Uuid, Asked>,
}

/// Where what comes straight for a mailbox goes.
struct Inbox {
    sender: mpsc::Sender<Incoming>,
    tally: Arc<Tally>,
}

/// A message that came straight.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) message: Message<Unread>,
    /// Its share of the room.
    pub(super) _room: Option<OwnedSemaphorePermit>,
}

/// A request that went straight.
struct Asked {
    header: Header,
    channel: Arc<Channel>,
}

/// Where a mailbox is.
pub(super) struct Found {
    pub(super) address: Option<String>,
    /// Messages that wait for it at the Redis.
    pub(super) waiting: i64,
}

impl Post {
    pub(crate) fn new(client: Arc<Client>, options: Options, runtime: Handle) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            client,
            options,
            runtime,
            address: tokio::sync::Mutex::default(),
            answers: OnceLock::new(),
            room: Arc::new(Semaphore::new(INCOMING_LIMIT)),
            state: Mutex::default(),
            is_telling: AtomicBool::new(false),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Ends all connections.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.tasks.abort_all();
        state.routes.clear();
        state.channels.clear();
        drop(state);
        self.client.close();
    }

    /// Runs a future until it is over or this is closed.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut state = self.lock();
        while state.tasks.try_join_next().is_some() {}
        state.tasks.spawn_on(future, &self.runtime);
    }

    /// Listens, if that is not done yet, and returns where others dial.
    pub(super) async fn listen(&self) -> Result<String, MailboxError> {
        let mut address = self.address.lock().await;
        if let Some(address) = &*address {
            return Ok(address.clone());
        }
        let unfit = |error: std::io::Error| {
            MailboxError::Unreachable(format!("cannot listen at {}: {error}", self.options.listen))
        };
        let listener = TcpListener::bind(&self.options.listen).await.map_err(unfit)?;
        let port = listener.local_addr().map_err(unfit)?.port();
        let told = self.options.advertise.as_ref().unwrap_or(&self.options.listen);
        let told = match told.split_once(':') {
            Some((host, "0")) => format!("{host}:{port}"),
            _ => told.clone(),
        };
        self.spawn(listener::accept(listener, self.this.clone()));
        *address = Some(told.clone());
        Ok(told)
    }

    /// Lets what comes straight for a mailbox go to whoever receives there.
    pub(super) fn enlist(&self, uid: Uuid, tally: Arc<Tally>) -> mpsc::Receiver<Incoming> {
        let (sender, inbox) = mpsc::channel(INBOX_LIMIT);
        self.lock().inboxes.insert(uid, Inbox { sender, tally });
        inbox
    }

    pub(super) fn forget(&self, uid: Uuid) {
        self.lock().inboxes.remove(&uid);
    }

    pub(super) fn inbox(&self, uid: Uuid) -> Option<mpsc::Sender<Incoming>> {
        self.lock().inboxes.get(&uid).map(|inbox| inbox.sender.clone())
    }

    /// Returns what is counted of a mailbox of this node.
    pub(super) fn tally(&self, uid: Uuid) -> Option<Arc<Tally>> {
        self.lock().inboxes.get(&uid).map(|inbox| inbox.tally.clone())
    }

    /// Tells the Redis a little later what passed through the mailboxes of this node without it.
    pub(super) fn tell_soon(&self) {
        if self.is_telling.swap(true, Ordering::Relaxed) {
            return;
        }
        let post = self.this.clone();
        self.spawn(async move {
            sleep(TELL_PAUSE).await;
            let Some(post) = post.upgrade() else { return };
            post.is_telling.store(false, Ordering::Relaxed);
            let tallies: Vec<_> =
                post.lock().inboxes.values().map(|inbox| inbox.tally.clone()).collect();
            for tally in tallies {
                tally.tell().await;
            }
        });
    }

    /// Returns the way to a mailbox.
    pub(super) fn route(&self, to: Uuid) -> Arc<Route> {
        let mut state = self.lock();
        if let Some(route) = state.routes.get(&to) {
            return route.clone();
        }
        if state.routes.len() >= ROUTE_LIMIT {
            // Whatever waits there is in the hands of its task, which ends when nothing does.
            state.routes.retain(|_, route| !route.is_idle());
        }
        let route = Route::new(to, self.this.clone());
        state.routes.insert(to, route.clone());
        state.tasks.spawn_on(Route::run(Arc::downgrade(&route)), &self.runtime);
        route
    }

    /// Returns the connection by which messages go to a mailbox, if there is one.
    pub(super) fn channel_to(&self, to: Uuid) -> Option<Arc<Channel>> {
        self.lock().routes.get(&to)?.direct()
    }

    /// Lets the answers to the requests of this node go to who waits for them.
    pub(super) fn hand_answers_to(&self, take: TakeAnswer) {
        // The first one is the node's, and there is no other.
        let _ = self.answers.set(take);
    }

    /// Hands an answer to who waits for it; gives the message back if it is none.
    pub(super) fn answer(&self, message: Message<Unread>) -> Option<Message<Unread>> {
        match self.answers.get() {
            Some(take) if message.header.kind == Kind::Response => take(message),
            _ => return Some(message),
        }
        None
    }

    /// Asks the Redis where a mailbox is.
    pub(super) async fn find(&self, uid: Uuid) -> Result<Found, MailboxError> {
        let keys = self.client.keys();
        let (status, address) = (keys.status(uid), keys.address(uid));
        let length = self.client.give(Arc::new(Order::words(&["LLEN", &keys.queue(uid)])));
        let values = self.client.values(&[status, address]).await?;
        let waiting = match length.await? {
            redis::Value::Int(length) => length,
            _ => 0,
        };
        let mut values = values.into_iter();
        match values.next().flatten().as_deref() {
            None => Err(MailboxError::Unknown),
            Some(ACTIVE) => Ok(Found { address: values.next().flatten(), waiting }),
            Some(_) => Err(MailboxError::Terminated),
        }
    }

    /// Returns the connection to an address; makes one if there is none.
    pub(super) async fn channel(&self, address: &str) -> std::io::Result<Arc<Channel>> {
        let known = self.lock().channels.get(address).cloned();
        if let Some(channel) = known.filter(|channel| !channel.is_over()) {
            return Ok(channel);
        }
        let (channel, stream) = Channel::dial(address).await?;
        {
            let mut state = self.lock();
            // Somebody else may have been faster.
            if let Some(other) = state.channels.get(address)
                && !other.is_over()
            {
                return Ok(other.clone());
            }
            state.channels.retain(|_, channel| !channel.is_over());
            state.channels.insert(address.to_owned(), channel.clone());
        }
        let (driven, post) = (channel.clone(), self.this.clone());
        self.spawn(async move {
            driven.drive(stream).await;
            sleep(GRACE).await;
            if let Some(post) = post.upgrade() {
                post.lose(&driven).await;
            }
        });
        Ok(channel)
    }

    /// Notes a request that is about to go straight.
    pub(super) fn note(&self, message: &Message, channel: &Arc<Channel>) {
        if message.header.kind != Kind::Request {
            return;
        }
        let mut state = self.lock();
        if state.asked.len() < ASKED_LIMIT {
            let asked = Asked { header: message.header.clone(), channel: channel.clone() };
            state.asked.insert(message.header.tag, asked);
        }
    }

    /// Forgets a request that does not go straight.
    pub(super) fn unnote(&self, message: &Message) {
        if message.header.kind == Kind::Request {
            self.lock().asked.remove(&message.header.tag);
        }
    }

    /// Counts a message that went straight.
    pub(super) fn sent(&self, message: &Message) {
        if message.header.kind != Kind::Request {
            return;
        }
        if let Some(inbox) = self.lock().inboxes.get(&message.header.src.uid) {
            inbox.tally.sent();
        }
        self.tell_soon();
    }

    /// Notes that a request is answered.
    pub(super) fn answered(&self, header: &Header) {
        if header.kind == Kind::Response {
            self.lock().asked.remove(&header.tag);
        }
    }

    /// Tells those who asked over a connection that is gone that there is no answer.
    async fn lose(&self, channel: &Arc<Channel>) {
        let lost: Vec<Header> = {
            let mut state = self.lock();
            let is_lost = |asked: &Asked| Arc::ptr_eq(&asked.channel, channel);
            let tags: Vec<Uuid> =
                state.asked.iter().filter(|(_, own)| is_lost(own)).map(|(tag, _)| *tag).collect();
            tags.iter().filter_map(|tag| Some(state.asked.remove(tag)?.header)).collect()
        };
        if !lost.is_empty() {
            tracing::debug!(address = channel.address(), count = lost.len(), "lost a connection");
        }
        for header in lost {
            let body = Body::AcademyErrorResponse {
                error_code: ErrorCode::PingCancelled,
                mailbox_id: None,
            };
            self.hand_in(header.answer(body)).await;
        }
    }

    /// Hands a message of this node to one of its own mailboxes.
    async fn hand_in(&self, message: Message) {
        let Some(inbox) = self.inbox(message.header.dest.uid) else { return };
        let Ok(message) = Message::read(message.to_json().as_bytes()) else { return };
        // Whoever received there may have stopped.
        let _ = inbox.send(Incoming { message, _room: None }).await;
    }

    /// Passes a message on that came straight for a mailbox which is not here any more.
    pub(super) async fn pass_on(&self, message: Message<Unread>) {
        let (dest, header) = (message.header.dest.uid, message.header.clone());
        match self.find(dest).await {
            Ok(_) => {
                let queue = self.client.keys().queue(dest);
                let json = message.to_json();
                let put = self.client.give(Arc::new(Order::words(&["RPUSH", &queue, &json])));
                if let Err(error) = put.await {
                    tracing::debug!(to = %header.dest, %error, "cannot pass a message on");
                }
            }
            Err(MailboxError::Terminated) if header.kind == Kind::Request => {
                let body = Body::AcademyErrorResponse {
                    error_code: ErrorCode::MailboxTerminated,
                    mailbox_id: Some(header.dest.clone()),
                };
                let from = RedisMailbox::new(self.client.clone(), header.dest.clone());
                let told = self.send(&Arc::new(from), &header.answer(body)).await;
                if let Err(error) = told {
                    tracing::debug!(to = %header.src, %error, "cannot refuse a request");
                }
            }
            Err(error) => {
                tracing::debug!(to = %header.dest, %error, "dropped a message");
            }
        }
    }

    /// Sends a message straight, or by Redis; it has its place in the order before this returns.
    pub(super) fn send(
        &self,
        from: &Arc<RedisMailbox>,
        message: &Message,
    ) -> crate::academy::mailbox::Asked<()> {
        let json = message.to_json();
        let limit = self.client.options().message;
        if json.len() > limit {
            let text = format!("{} bytes, where at most {limit} are taken", json.len());
            return Box::pin(std::future::ready(Err(MailboxError::TooLarge(text))));
        }
        if message.header.durable {
            return from.send(message, Promise::default());
        }
        let route = self.route(message.header.dest.uid);
        // Before it goes: the answer may be there before this thread goes on.
        if let Some(channel) = route.free() {
            self.note(message, &channel);
        }
        match route.send(from, message, json) {
            Ok(()) => {
                self.sent(message);
                Box::pin(std::future::ready(Ok(())))
            }
            Err(waiting) => waiting,
        }
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("options", &self.options).finish_non_exhaustive()
    }
}
