//! Subscriptions of agents and of programs.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use lyceum_wire::TopicDescription;

use super::{Delivery, Pattern, Publication, Subscriber};
use crate::call::{CallOptions, Tell};
use crate::node::Shared;
use crate::{AgentRef, Message, TellError};

/// How many messages wait for a listener.
const LISTENER_LIMIT: usize = 1024;

/// A method of an agent that listens to topics. Made by the macros.
pub struct Subscription {
    pattern: &'static str,
    group: Option<&'static str>,
    handler: &'static str,
    deliver: fn(&AgentRef, &Publication) -> Result<(), TellError>,
}

/// A message that carries a publication to its handler. Implemented by the macros.
pub trait TopicMessage: Message<Output = ()> {
    /// Wraps a publication.
    fn published(publication: Publication) -> Self;
}

impl Subscription {
    /// Lets messages on topics of a pattern be handled as `M`; in a group, each by one member.
    pub const fn of<M: TopicMessage>(pattern: &'static str, group: Option<&'static str>) -> Self {
        Self { pattern, group, handler: M::INFO.name, deliver: deliver::<M> }
    }

    /// Returns whether one method hears both, each message once. Members of groups hear apart.
    fn hears_with(&self, other: &Self) -> bool {
        self.handler == other.handler && self.group.is_none() && other.group.is_none()
    }

    pub(crate) fn describe(&self) -> TopicDescription {
        TopicDescription {
            pattern: self.pattern.into(),
            group: self.group.map(Into::into),
            handler: self.handler.into(),
        }
    }
}

fn deliver<M: TopicMessage>(agent: &AgentRef, publication: &Publication) -> Result<(), TellError> {
    let options = CallOptions { publication: true, queued: true, ..CallOptions::default() };
    let options = options.encoded_bytes(publication.json().len());
    Tell::with_options(agent.recipient(), M::published(publication.clone()), options).now()
}

/// Starts the subscriptions that a block declares.
///
/// Nothing is left of that where this is another generation of the agent.
pub(crate) fn subscribe_agent(agent: &AgentRef, block: &'static [Subscription], generation: u32) {
    // Those that have had a pattern, and have another one.
    let mut known: Vec<(&'static str, Arc<Subscriber>)> = Vec::new();
    for subscription in block {
        let pattern: Pattern = match subscription.pattern.parse() {
            Ok(pattern) => pattern,
            Err(error) => {
                // The macros have checked it; a hand-written one is the author's to see.
                tracing::error!(agent = ?agent, %error, "a subscription has a bad pattern");
                continue;
            }
        };
        let alike = |other: &&Subscription| subscription.hears_with(other);
        let several = block.iter().filter(alike).count() > 1;
        let former = known.iter().find(|(handler, _)| several && *handler == subscription.handler);
        let subscriber = match former {
            Some((_, subscriber)) => subscriber.clone(),
            None => Arc::new(subscriber(agent, subscription, several)),
        };
        if several && former.is_none() {
            known.push((subscription.handler, subscriber.clone()));
        }
        let id = agent.node.topics.insert(pattern, subscriber);
        let is_current = agent.with_extras(|extras| {
            let is_current = agent.has_begun(extras, generation);
            if is_current {
                extras.subscriptions.push(id);
            }
            is_current
        });
        if !is_current {
            agent.node.topics.remove(id);
        }
    }
}

fn subscriber(agent: &AgentRef, subscription: &'static Subscription, several: bool) -> Subscriber {
    let (id, node) = (agent.id, Arc::downgrade(&agent.node));
    let deliver = move |publication: &Publication| {
        let Some(node) = node.upgrade() else { return Delivery::Gone };
        let Some(agent) = node.registry.by_id(id) else { return Delivery::Gone };
        match (subscription.deliver)(&agent, publication) {
            Ok(()) => Delivery::Taken,
            Err(TellError::Overloaded(_)) => Delivery::Full,
            Err(TellError::Inactive(_)) => Delivery::Skipped,
            Err(_) => Delivery::Gone,
        }
    };
    let group = subscription.group.map(Into::into);
    Subscriber { group, several, deliver: Box::new(deliver) }
}

/// A program's or behaviour's subscription: a bounded queue that loses its oldest messages.
pub struct Listener {
    node: Arc<Shared>,
    ids: Vec<u64>,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Publication>,
    waker: Option<Waker>,
    lost: u64,
}

fn lock(queue: &Mutex<Queue>) -> std::sync::MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts a message in; true if the oldest was lost for it.
fn push(queue: &Mutex<Queue>, publication: &Publication) -> bool {
    let mut queue = lock(queue);
    let full = queue.messages.len() == LISTENER_LIMIT;
    if full {
        queue.messages.pop_front();
        queue.lost += 1;
    }
    queue.messages.push_back(publication.clone());
    let waker = queue.waker.take();
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
    full
}

impl Listener {
    /// Listens to all topics of some patterns, in the order of publication.
    pub(crate) fn new(node: Arc<Shared>, patterns: Vec<Pattern>) -> Self {
        let queue = Arc::new(Mutex::new(Queue::default()));
        let (hears, lost) = (Arc::downgrade(&queue), Arc::downgrade(&node));
        let deliver = move |publication: &Publication| {
            let Some(queue) = hears.upgrade() else { return Delivery::Gone };
            if push(&queue, publication) {
                lost.upgrade().inspect(|node| node.topics.note_lost(1));
            }
            Delivery::Taken
        };
        let (several, deliver) = (patterns.len() > 1, Box::new(deliver));
        let subscriber = Arc::new(Subscriber { group: None, several, deliver });
        let subscribe = |pattern| node.topics.insert(pattern, subscriber.clone());
        let ids = patterns.into_iter().map(subscribe).collect();
        Self { node, ids, queue }
    }

    /// Waits for the next message; `None` once the node has ended.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped.
    pub async fn receive(&mut self) -> Option<Publication> {
        poll_fn(|cx| {
            loop {
                let mut queue = lock(&self.queue);
                if let Some(message) = queue.messages.pop_front() {
                    return Poll::Ready(Some(message));
                }
                if self.node.is_closed() {
                    return Poll::Ready(None);
                }
                queue.waker = Some(cx.waker().clone());
                drop(queue);
                if !self.node.drive(cx) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Returns the next message if one is there.
    pub fn try_receive(&mut self) -> Option<Publication> {
        lock(&self.queue).messages.pop_front()
    }

    /// Returns how many messages were lost because this listener was too slow.
    pub fn lost(&self) -> u64 {
        lock(&self.queue).lost
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ids.iter().for_each(|id| self.node.topics.remove(*id));
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("pattern", &self.pattern).finish_non_exhaustive()
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("lost", &self.lost()).finish_non_exhaustive()
    }
}
