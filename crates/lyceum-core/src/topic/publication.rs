//! Messages on topics.

use std::sync::Arc;

use lyceum_wire::Address;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{PublishError, TopicName};
use crate::DecodeError;

/// A message on a topic: encoded once, shared by all subscribers.
#[derive(Clone, Debug)]
pub struct Publication(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    topic: TopicName,
    publisher: Option<Address>,
    json: Vec<u8>,
}

impl Publication {
    pub(super) fn encode<T: Serialize + ?Sized>(
        topic: &str,
        message: &T,
        publisher: Option<Address>,
    ) -> Result<Self, PublishError> {
        let name: TopicName = topic.parse()?;
        let json = serde_json::to_vec(message)
            .map_err(|cause| PublishError::Encode { topic: topic.into(), cause })?;
        Ok(Self(Arc::new(Inner { topic: name, publisher, json })))
    }

    /// Makes a publication of JSON text that came from another node.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the topic's name, or that the text is no JSON.
    pub fn of_json(
        topic: &str,
        publisher: Option<Address>,
        json: Vec<u8>,
    ) -> Result<Self, PublishError> {
        let name: TopicName = topic.parse()?;
        serde_json::from_slice::<serde::de::IgnoredAny>(&json)
            .map_err(|cause| PublishError::Encode { topic: topic.into(), cause })?;
        Ok(Self(Arc::new(Inner { topic: name, publisher, json })))
    }

    /// Returns the topic.
    pub fn topic(&self) -> &TopicName {
        &self.0.topic
    }

    /// Returns the address of the agent that published it, if an agent did.
    pub fn publisher(&self) -> Option<&Address> {
        self.0.publisher.as_ref()
    }

    /// Returns the message as JSON text.
    pub fn json(&self) -> &[u8] {
        &self.0.json
    }

    /// Reads the message.
    ///
    /// # Errors
    ///
    /// Says which type was expected.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        serde_json::from_slice(&self.0.json).map_err(|cause| DecodeError {
            topic: self.0.topic.to_string(),
            expected: std::any::type_name::<T>(),
            cause,
        })
    }
}
