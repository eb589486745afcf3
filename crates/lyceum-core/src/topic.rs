//! Topics: named streams that agents publish to and subscribe to by pattern.

mod pattern;
mod publication;
mod router;
mod subscription;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use pattern::{Pattern, TopicError, TopicName};
pub use publication::Publication;
use router::Router;
use serde::Serialize;
pub(crate) use subscription::subscribe_agent;
pub use subscription::{Listener, Subscription, TopicMessage};
use thiserror::Error;
use tokio::sync::Notify;

use crate::node::Shared;

/// Says why a message was not published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The topic's name is not one.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The message cannot be encoded.
    #[error("cannot encode a message for topic `{topic}`")]
    Encode {
        /// The topic.
        topic: String,
        /// What the encoder said.
        #[source]
        cause: serde_json::Error,
    },
}

/// Who listens to what on a node.
#[derive(Default)]
pub(crate) struct TopicTable {
    table: Mutex<Table>,
    /// Tells all who want to know that subscriptions came or went.
    pub(crate) changed: Notify,
    /// How often they did.
    version: AtomicU64,
}

struct Table {
    router: Router<Arc<Subscriber>>,
    /// Whose turn it is in each group.
    turns: HashMap<String, usize>,
    lost: u64,
}

impl Default for Table {
    fn default() -> Self {
        Self { router: Router::new(), turns: HashMap::new(), lost: 0 }
    }
}

/// Who hears what matches a pattern, or one of several.
pub(crate) struct Subscriber {
    pub(crate) group: Option<String>,
    /// Whether it has several patterns: what matches two of them is heard once.
    pub(crate) several: bool,
    pub(crate) deliver: Box<dyn Fn(&Publication) -> Delivery + Send + Sync>,
}

/// A subscription and its id.
type Receiver = (u64, Arc<Subscriber>);

/// What became of a publication at one subscriber.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Taken,
    /// It is full, and takes nothing.
    Full,
    /// The subscriber takes nothing now.
    Skipped,
    /// The subscriber is gone.
    Gone,
}

impl TopicTable {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, pattern: Pattern, subscriber: Arc<Subscriber>) -> u64 {
        let id = self.table().router.insert(pattern, subscriber);
        self.note_change();
        id
    }

    pub(crate) fn remove(&self, id: u64) {
        // Bound to a variable: it is dropped after the lock.
        let _removed = self.table().router.remove(id);
        self.note_change();
    }

    fn note_change(&self) {
        self.version.fetch_add(1, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Returns how often subscriptions came or went.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn clear(&self) {
        let table = std::mem::take(&mut *self.table());
        drop(table);
    }

    pub(crate) fn note_lost(&self, count: u64) {
        self.table().lost += count;
    }

    /// Returns the patterns that anybody subscribed to, each once.
    pub(crate) fn patterns(&self) -> Vec<String> {
        self.table().router.patterns().into_iter().map(Into::into).collect()
    }

    /// Hands a publication to all subscribers, and to one of each group that takes it.
    pub(crate) fn publish(&self, publication: &Publication) -> usize {
        let mut taken = 0;
        for members in self.receivers(publication.topic()) {
            let mut full = false;
            let takes = |(id, subscriber): &Receiver| {
                match (subscriber.deliver)(publication) {
                    Delivery::Taken => return true,
                    Delivery::Full => full = true,
                    Delivery::Skipped => {}
                    Delivery::Gone => self.remove(*id),
                }
                false
            };
            if members.iter().any(takes) {
                taken += 1;
            } else if full {
                self.note_lost(1);
            }
        }
        taken
    }

    /// Returns who is to get a publication: of each row, the first that takes it.
    fn receivers(&self, topic: &TopicName) -> Vec<Vec<Receiver>> {
        let mut table = self.table();
        let mut rows: Vec<Vec<Receiver>> = Vec::new();
        // Which row is of which group.
        let mut groups: HashMap<String, usize> = HashMap::new();
        let mut seen = HashSet::new();
        table.router.visit(topic, |id, subscriber| {
            if subscriber.several && !seen.insert(Arc::as_ptr(subscriber)) {
                return;
            }
            let entry = (id, subscriber.clone());
            match &subscriber.group {
                Some(group) if groups.contains_key(group) => rows[groups[group]].push(entry),
                group => {
                    groups.extend(group.clone().map(|group| (group, rows.len())));
                    rows.push(vec![entry]);
                }
            }
        });
        for (group, row) in groups {
            let turn = table.turns.entry(group).or_default();
            *turn = turn.wrapping_add(1);
            let first = *turn % rows[row].len();
            rows[row].rotate_left(first);
        }
        rows
    }
}

/// The topics of a node, for publishing and listening; made by
/// [`Node::topics`](crate::Node::topics).
///
/// ```
/// # use lyceum::prelude::*;
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let mut listener = node.topics().listen("alarm.#")?;
/// node.topics().publish("alarm.cpu", &0.97)?;
/// let alarm = listener.receive().await.expect("the node lives");
/// assert_eq!(alarm.decode::<f64>()?, 0.97);
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Topics<'n> {
    node: &'n Arc<Shared>,
}

impl<'n> Topics<'n> {
    pub(crate) fn new(node: &'n Arc<Shared>) -> Self {
        Self { node }
    }

    /// Publishes a message, and returns how many subscribers got it. Never waits for one.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the topic's name, or why the message cannot be encoded.
    pub fn publish<T: Serialize + ?Sized>(
        &self,
        topic: &str,
        message: &T,
    ) -> Result<usize, PublishError> {
        let publication = Publication::encode(topic, message, None)?;
        self.node.note_outside();
        Ok(publish(self.node, &publication))
    }

    /// Listens to all topics of a pattern; the 1,024 newest messages wait for the listener.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the pattern.
    pub fn listen(&self, pattern: &str) -> Result<Listener, TopicError> {
        Ok(Listener::new(self.node.clone(), vec![pattern.parse()?]))
    }

    /// Returns how many messages were lost because a subscriber was full.
    pub fn lost(&self) -> u64 {
        self.node.topics.table().lost
    }

    /// Returns how many subscriptions there are.
    pub fn subscriptions(&self) -> usize {
        self.node.topics.table().router.len()
    }
}

/// Publishes in the name of an agent.
pub(crate) fn publish_from<T: Serialize + ?Sized>(
    agent: &crate::AgentRef,
    topic: &str,
    message: &T,
) -> Result<usize, PublishError> {
    let publication = Publication::encode(topic, message, Some(agent.address()))?;
    Ok(publish(&agent.node, &publication))
}

/// Publishes on a node, and on those that it is connected with.
fn publish(node: &Shared, publication: &Publication) -> usize {
    node.exchanges.published(publication);
    node.topics.publish(publication)
}

impl fmt::Debug for TopicTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topics").finish_non_exhaustive()
    }
}
