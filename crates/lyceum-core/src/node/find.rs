//! Finding agents.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use lyceum_wire::{AgentKey, AgentName};

use super::Shared;
use crate::cell::Place;
use crate::{AgentRef, AnyHandle, Handle, Recipient, Target};

/// Finds agents of a node; made by [`Node::find`](crate::Node::find).
///
/// ```
/// # use lyceum::prelude::*;
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// # }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// node.launch(Counter::default()).named("c").attribute("room", "7").await?;
/// assert_eq!(node.find().typed::<Counter>().len(), 1);
/// assert_eq!(node.find().attribute("room", "7").any().len(), 1);
/// let counter: Handle<Counter> = node.find().name("c").expect("it was just launched");
/// assert_eq!(counter.add(1).await?, 1);
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
pub struct Finder<'n> {
    node: &'n Arc<Shared>,
    attributes: Vec<(String, String)>,
}

impl<'n> Finder<'n> {
    pub(super) fn new(node: &'n Arc<Shared>) -> Self {
        Self { node, attributes: Vec::new() }
    }

    /// Keeps agents that were launched with this attribute.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// Returns the agent of that name, if its type or interface is `A`.
    pub fn name<A: Target + ?Sized>(self, name: &str) -> Option<Handle<A>> {
        self.name_any(name)?.downcast().ok()
    }

    /// Returns the agent of that name, whatever its type.
    pub fn name_any(self, name: &str) -> Option<AnyHandle> {
        let name: AgentName = name.parse().ok()?;
        let agent = self.node.registry.by_name(&name)?;
        self.has_attributes(&agent).then(|| AnyHandle::new(agent))
    }

    /// Returns the agent of that id or name, whatever its type.
    pub fn key(self, key: &AgentKey) -> Option<AnyHandle> {
        let agent = self.node.registry.by_key(key)?;
        self.has_attributes(&agent).then(|| AnyHandle::new(agent))
    }

    /// Returns all agents of a type, or with an interface.
    pub fn typed<A: Target + ?Sized>(self) -> Vec<Handle<A>> {
        let agents =
            self.node.registry.find(|agent| offers::<A>(agent) && self.has_attributes(agent));
        agents.into_iter().map(Handle::new).collect()
    }

    /// Returns all agents.
    pub fn any(self) -> Vec<AnyHandle> {
        let agents = self.node.registry.find(|agent| self.has_attributes(agent));
        agents.into_iter().map(AnyHandle::new).collect()
    }

    fn has_attributes(&self, agent: &AgentRef) -> bool {
        agent.has_attributes(&self.attributes)
    }
}

/// Returns whether an agent is of a type or has an interface, as far as that is known here.
pub(crate) fn may_be<A: Target + ?Sized>(recipient: &Recipient) -> bool {
    match recipient.place() {
        Place::Here(agent) => offers::<A>(agent),
        Place::There(remote) => remote.may_be(A::NAME),
    }
}

fn offers<A: Target + ?Sized>(agent: &AgentRef) -> bool {
    let wanted = TypeId::of::<A::Actions>();
    agent.vtable().client_id == wanted || (agent.vtable().interface)(wanted).is_some()
}

impl fmt::Debug for Finder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finder").field("attributes", &self.attributes).finish_non_exhaustive()
    }
}
