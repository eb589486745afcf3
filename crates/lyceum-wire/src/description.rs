//! Descriptions: what an agent can do. Every door is built from them alone.

use schemars::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Fingerprint, fingerprint_with};

/// Describes one type of agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentDescription {
    /// The type's name, as in `Counter`.
    pub name: String,
    /// The doc text of its block.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// What others may call, interfaces' actions included.
    pub actions: Vec<ActionDescription>,
    /// What it listens to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TopicDescription>,
    /// What it does by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behaviours: Vec<BehaviourDescription>,
    /// The interfaces that it implements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<String>,
    /// JSON Schemas of the types that the actions' schemas refer to as `#/$defs/NAME`.
    #[serde(default, rename = "$defs", skip_serializing_if = "Map::is_empty")]
    pub definitions: Map<String, Value>,
}

impl AgentDescription {
    /// Makes a description without actions.
    pub fn new(name: &str, doc: &str) -> Self {
        Self {
            name: name.into(),
            doc: doc.into(),
            actions: Vec::new(),
            topics: Vec::new(),
            behaviours: Vec::new(),
            interfaces: Vec::new(),
            definitions: Map::new(),
        }
    }

    /// Returns the action of that name.
    pub fn action(&self, name: &str) -> Option<&ActionDescription> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// Returns the fingerprint of the action of that name.
    pub fn fingerprint(&self, action: &str) -> Option<Fingerprint> {
        Some(fingerprint_with(self.action(action)?, &self.definitions))
    }
}

/// Describes one action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionDescription {
    /// The name by which it is called.
    pub name: String,
    /// The doc text of the method.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// How it shares the agent with other actions.
    pub access: AccessKind,
    /// Its arguments, in order.
    pub parameters: Vec<ParameterDescription>,
    /// JSON Schema of the result.
    pub result: Schema,
    /// JSON Schema of its own error, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Schema>,
    /// Whether it answers with a stream of results.
    #[serde(default)]
    pub stream: bool,
    /// Whether an exchange that keeps messages keeps each call of it until it is answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub durable: bool,
}

/// Describes one argument of an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterDescription {
    /// The argument's name.
    pub name: String,
    /// JSON Schema of its type.
    pub schema: Schema,
}

/// Describes one subscription of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicDescription {
    /// The pattern that it listens to.
    pub pattern: String,
    /// The group that shares the messages, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The method that handles them.
    pub handler: String,
}

/// Describes one behaviour of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BehaviourDescription {
    /// The behaviour's name.
    pub name: String,
    /// The doc text of the method.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// When it runs, as in `every 1s`.
    pub kind: String,
}

/// How an action shares the agent with other actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessKind {
    /// `&mut self`: has the agent to itself until it returns.
    Exclusive,
    /// `&self`: interleaves with other shared ones at awaits.
    Shared,
    /// Context only: runs beside everything.
    Detached,
}
