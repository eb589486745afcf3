//! Topics across a channel: what the other node wants to hear, and what it publishes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lyceum_core::exchange::{Door, decode};
use lyceum_core::{Pattern, Publication, TopicName};
use lyceum_wire::link::{Head, Message, PATTERN_COUNT_LIMIT};
use lyceum_wire::{Address, AgentId, AgentKey, Encoding};

use super::Channel;
use super::encoding::Received;

/// How many patterns the other node may want at once.
const PATTERN_LIMIT: usize = 65_536;

/// The patterns that the other node wants to hear.
#[derive(Default)]
pub(super) struct Interest(Mutex<BTreeMap<String, Pattern>>);

impl Interest {
    /// Notes which patterns are new, and which nobody wants any more.
    pub(super) fn change(&self, add: Vec<String>, remove: Vec<String>) {
        let mut patterns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for pattern in remove {
            patterns.remove(&pattern);
        }
        for text in add {
            match text.parse() {
                Ok(pattern) if patterns.len() < PATTERN_LIMIT => {
                    patterns.insert(text, pattern);
                }
                _ => tracing::warn!(pattern = text, "another node wants what is no pattern here"),
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn wants(&self, topic: &TopicName) -> bool {
        let patterns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        patterns.values().any(|pattern| pattern.matches(topic))
    }
}

/// What this node wants to hear, for its channels.
#[derive(Debug)]
pub(crate) struct Topics {
    door: Door,
}

impl Topics {
    pub(crate) fn new(door: Door) -> Arc<Self> {
        Arc::new(Self { door })
    }

    /// Hands what another node published to this node's subscribers.
    pub(super) fn arrived(
        &self,
        channel: &Channel,
        topic: &str,
        encoding: Encoding,
        from: Option<AgentId>,
        body: Bytes,
    ) {
        let publisher = from.map(|id| Address {
            node: Some(channel.node),
            endpoint: channel.endpoints.first().cloned(),
            agent: AgentKey::Id(id),
        });
        let json = if encoding == Encoding::JSON {
            Ok(body.to_vec())
        } else {
            let value = Received::new(encoding, body, channel.plain_limit());
            decode::<serde_json::Value>(&value).map(|value| value.to_string().into_bytes())
        };
        let publication = json.map_err(|why| why.0).and_then(|json| {
            Publication::of_json(topic, publisher, json).map_err(|error| error.to_string())
        });
        match publication {
            Ok(publication) => {
                self.door.publish(&publication);
            }
            Err(why) => tracing::warn!(topic, why, "another node published what cannot be read"),
        }
    }
}

impl Channel {
    /// Tells the other node what this one wants to hear from now on.
    pub(crate) async fn announce(&self, wanted: Vec<String>) {
        let (add, remove) = self.announced.replace(wanted);
        for add in add.chunks(PATTERN_COUNT_LIMIT) {
            let head = Head::Interest { add: add.to_vec(), remove: Vec::new() };
            // If the channel has ended, the next one is told.
            let _ = self.push(Message::new(head)).await;
        }
        for remove in remove.chunks(PATTERN_COUNT_LIMIT) {
            let head = Head::Interest { add: Vec::new(), remove: remove.to_vec() };
            let _ = self.push(Message::new(head)).await;
        }
    }

    /// Returns whether the other node wants to hear anything.
    pub(crate) fn wants_topics(&self) -> bool {
        !self.interest.is_empty()
    }

    /// Sends a publication if the other node wants it and there is room; true unless it was lost.
    pub(crate) fn publish(&self, publication: &Publication) -> bool {
        if !self.interest.wants(publication.topic()) {
            return true;
        }
        let from = publication.publisher().and_then(|publisher| match publisher.agent {
            AgentKey::Id(id) => Some(id),
            AgentKey::Name(_) => None,
        });
        let topic = publication.topic().to_string();
        let head = Head::Publish { topic, encoding: Encoding::JSON, from };
        let body = Bytes::copy_from_slice(publication.json());
        self.try_push(Message::with_body(head, body)).is_ok()
    }
}

/// What the other node was told that this one wants.
#[derive(Default)]
pub(super) struct Announced(Mutex<Vec<String>>);

impl Announced {
    /// Replaces what was told, and returns what is new and what is gone.
    fn replace(&self, mut wanted: Vec<String>) -> (Vec<String>, Vec<String>) {
        wanted.sort_unstable();
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = |these: &[String], those: &[String]| -> Vec<String> {
            let new = these.iter().filter(|this| those.binary_search(this).is_err());
            new.cloned().collect()
        };
        let (add, remove) = (missing(&wanted, &told), missing(&told, &wanted));
        *told = wanted;
        (add, remove)
    }
}
