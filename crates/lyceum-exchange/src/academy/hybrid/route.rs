//! The way to one mailbox: straight, or by Redis; in the order of sending.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use lyceum_wire::academy::{Message, Uuid};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Sleep, sleep};

use super::channel::Channel;
use super::post::Post;
use crate::academy::mailbox::Asked;
use crate::academy::redis::RedisMailbox;
use crate::academy::{Mailbox, MailboxError, Promise};

/// How long Redis is used before it is tried again to go straight, at first and at most.
const DETOURS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Bytes that wait until it is known which way to go.
const WAITING_BYTES: usize = 256 << 20;

/// The way to one mailbox.
#[derive(Debug)]
pub(super) struct Route {
    to: Uuid,
    post: Weak<Post>,
    state: Mutex<State>,
    /// Wakes the task; also when the route is gone.
    wake: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    channel: Option<Arc<Channel>>,
    /// What waits until it is known which way to go.
    waiting: VecDeque<Letter>,
    bytes: usize,
    /// Whether something is between waiting and its way.
    is_busy: bool,
}

/// A message that waits, and who waits for it.
#[derive(Debug)]
struct Letter {
    message: Message,
    json: String,
    from: Arc<RedisMailbox>,
    reply: oneshot::Sender<Result<(), MailboxError>>,
}

impl Route {
    pub(super) fn new(to: Uuid, post: Weak<Post>) -> Arc<Self> {
        Arc::new(Self { to, post, state: Mutex::default(), wake: Arc::default() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message after those before it, now.
    pub(super) fn send(
        &self,
        from: &Arc<RedisMailbox>,
        message: &Message,
        json: String,
    ) -> Result<(), Asked<()>> {
        let mut json = json;
        let mut state = self.lock();
        if state.waiting.is_empty()
            && !state.is_busy
            && let Some(channel) = &state.channel
        {
            match channel.push(json) {
                Ok(()) => return Ok(()),
                Err(back) => json = back,
            }
        }
        if state.bytes > 0 && state.bytes + json.len() > WAITING_BYTES {
            let full = MailboxError::Overloaded("too much waits to be sent".into());
            return Err(Box::pin(std::future::ready(Err(full))));
        }
        let (reply, outcome) = oneshot::channel();
        state.bytes += json.len();
        let letter = Letter { message: message.clone(), json, from: from.clone(), reply };
        state.waiting.push_back(letter);
        drop(state);
        self.wake.notify_one();
        Err(async move { outcome.await.unwrap_or(Err(MailboxError::Ended)) }.boxed())
    }

    /// Returns the connection, if there is one.
    pub(super) fn direct(&self) -> Option<Arc<Channel>> {
        self.lock().channel.clone()
    }

    /// Returns the connection, if nothing waits before what is sent now.
    pub(super) fn free(&self) -> Option<Arc<Channel>> {
        let state = self.lock();
        let is_free = state.waiting.is_empty() && !state.is_busy;
        state.channel.clone().filter(|_| is_free)
    }

    /// Returns whether nothing waits here.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.waiting.is_empty() && !state.is_busy
    }

    /// Sends what waits, for as long as somebody has the route.
    pub(super) async fn run(this: Weak<Self>) {
        let mut detour = Detour::none();
        let Some(wake) = this.upgrade().map(|route| route.wake.clone()) else { return };
        loop {
            let woken = wake.notified();
            let Some(route) = this.upgrade() else { return };
            let Some(post) = route.post.upgrade() else { return };
            while let Some(letter) = route.next() {
                route.forward(&post, letter, &mut detour).await;
            }
            drop((route, post));
            woken.await;
        }
    }

    fn next(&self) -> Option<Letter> {
        let mut state = self.lock();
        let next = state.waiting.pop_front();
        state.is_busy = next.is_some();
        state.bytes -= next.as_ref().map_or(0, |letter| letter.json.len());
        next
    }

    async fn forward(&self, post: &Arc<Post>, letter: Letter, detour: &mut Detour) {
        let Letter { message, mut json, from, reply } = letter;
        loop {
            let channel = match self.channel(post, detour).await {
                Ok(channel) => channel,
                Err(error) => {
                    post.unnote(&message);
                    // Whoever sent it may have gone.
                    let _ = reply.send(Err(error));
                    return;
                }
            };
            let Some(channel) = channel else {
                post.unnote(&message);
                // In this order, and the next one may follow before it is there.
                let sending = from.send(&message, Promise::default());
                post.spawn(async move {
                    let _ = reply.send(sending.await);
                });
                return;
            };
            post.note(&message, &channel);
            match channel.push(json) {
                Ok(()) => {
                    post.sent(&message);
                    let _ = reply.send(Ok(()));
                    return;
                }
                Err(back) => json = back,
            }
            post.unnote(&message);
            channel.changed().await;
        }
    }

    /// Returns the connection to the other program; none if there is none now.
    async fn channel(
        &self,
        post: &Arc<Post>,
        detour: &mut Detour,
    ) -> Result<Option<Arc<Channel>>, MailboxError> {
        let known = self.lock().channel.clone();
        if let Some(channel) = known {
            if !channel.is_over() {
                return Ok(Some(channel));
            }
            self.lock().channel = None;
        }
        if detour.lasts() {
            return Ok(None);
        }
        let found = post.find(self.to).await?;
        // What waits there goes first, and what follows goes the same way until that was taken.
        let channel = match found.address.filter(|_| found.waiting == 0) {
            Some(address) => post.channel(&address).await.ok(),
            None => None,
        };
        match &channel {
            Some(channel) => {
                self.lock().channel = Some(channel.clone());
                *detour = Detour::none();
            }
            None => detour.extend(),
        }
        Ok(channel)
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

/// For how long Redis is used.
struct Detour {
    end: Option<Pin<Box<Sleep>>>,
    pause: Duration,
}

impl Detour {
    fn none() -> Self {
        Self { end: None, pause: DETOURS.0 }
    }

    fn lasts(&mut self) -> bool {
        self.end.as_mut().is_some_and(|end| end.now_or_never().is_none())
    }

    fn extend(&mut self) {
        self.end = Some(Box::pin(sleep(self.pause)));
        self.pause = (self.pause * 2).min(DETOURS.1);
    }
}
