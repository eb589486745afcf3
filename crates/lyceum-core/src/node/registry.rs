//! The registry: which agents live on a node, by id and by name.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lyceum_wire::{AgentId, AgentKey, AgentName};

use crate::AgentRef;

/// Agents by id and by name; it counts each agent until that one is buried.
#[derive(Default)]
pub(crate) struct Registry(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// The agents, by their places.
    agents: Vec<Option<AgentRef>>,
    /// The number of each agent's launch, to tell who came first. It has a list of its own, where
    /// it takes four bytes: for numbers that are used up, see [`Inner::next_launch`].
    launches: Vec<u32>,
    free: Vec<Free>,
    names: HashMap<AgentName, AgentId>,
    /// The number of the last launch.
    last_launch: u32,
    closed: bool,
}

/// A look at who lives.
pub(crate) struct Living<'r>(MutexGuard<'r, Inner>);

/// A place that no agent has.
struct Free {
    index: u32,
    /// How often it was used before. The id of an agent that has a place says that, too.
    reuse: u32,
}

/// Says why an agent did not get into the registry.
pub(crate) enum Rejected {
    Closed,
    NameTaken,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in the agent that `make` makes for its id.
    pub(crate) fn insert(
        &self,
        name: Option<&AgentName>,
        make: impl FnOnce(AgentId) -> AgentRef,
    ) -> Result<AgentRef, Rejected> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(Rejected::Closed);
        }
        if name.is_some_and(|name| inner.names.contains_key(name)) {
            return Err(Rejected::NameTaken);
        }
        let Free { index, reuse } = match inner.free.pop() {
            Some(free) => free,
            None => {
                let index = u32::try_from(inner.agents.len()).map_err(|_| Rejected::Closed)?;
                inner.agents.push(None);
                inner.launches.push(0);
                Free { index, reuse: 0 }
            }
        };
        let launch = inner.next_launch();
        inner.launches[index as usize] = launch;
        let id = AgentId::new(u64::from(reuse) << 32 | u64::from(index));
        let agent = make(id);
        inner.agents[index as usize] = Some(agent.clone());
        if let Some(name) = name {
            inner.names.insert(name.clone(), id);
        }
        Ok(agent)
    }

    /// Takes an agent out; the caller gets the registry's count.
    pub(crate) fn remove(&self, id: AgentId, name: Option<&AgentName>) -> Option<AgentRef> {
        let mut inner = self.lock();
        let index = index_of(id);
        let place = inner.agents.get_mut(index as usize)?;
        if place.as_ref()?.id != id {
            return None;
        }
        let agent = place.take();
        let reuse = ((id.bits() >> 32) as u32).wrapping_add(1);
        inner.free.push(Free { index, reuse });
        if let Some(name) = name {
            inner.names.remove(name);
        }
        agent
    }

    pub(crate) fn by_id(&self, id: AgentId) -> Option<AgentRef> {
        self.lock().agent(id).cloned()
    }

    /// Looks at who lives; nobody begins to or ends meanwhile.
    pub(crate) fn living(&self) -> Living<'_> {
        Living(self.lock())
    }

    pub(crate) fn by_name(&self, name: &AgentName) -> Option<AgentRef> {
        let id = *self.lock().names.get(name)?;
        self.by_id(id)
    }

    pub(crate) fn by_key(&self, key: &AgentKey) -> Option<AgentRef> {
        match key {
            AgentKey::Id(id) => self.by_id(*id),
            AgentKey::Name(name) => self.by_name(name),
        }
    }

    /// Returns the agents that `wanted` picks, in the order of their places.
    pub(crate) fn find(&self, wanted: impl Fn(&AgentRef) -> bool) -> Vec<AgentRef> {
        let all: Vec<AgentRef> = self.lock().agents.iter().flatten().cloned().collect();
        all.into_iter().filter(wanted).collect()
    }

    /// Returns all agents, those launched last first.
    pub(crate) fn youngest_first(&self) -> Vec<AgentRef> {
        let inner = self.lock();
        let places = inner.launches.iter().zip(&inner.agents);
        let agent = |(launch, agent): (&u32, &Option<AgentRef>)| Some((*launch, agent.clone()?));
        let mut all: Vec<_> = places.filter_map(agent).collect();
        drop(inner);
        all.sort_by_key(|(launch, _)| std::cmp::Reverse(*launch));
        all.into_iter().map(|(_, agent)| agent).collect()
    }

    pub(crate) fn count(&self) -> usize {
        let inner = self.lock();
        inner.agents.len() - inner.free.len()
    }

    /// Lets no more agents in.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }
}

impl Inner {
    /// Returns a number for a launch that is greater than those of all agents that live. When the
    /// numbers are used up, they begin anew with the agents that live.
    fn next_launch(&mut self) -> u32 {
        if self.last_launch == u32::MAX {
            let places = self.launches.iter_mut().zip(&self.agents);
            let living = places.filter_map(|(launch, agent)| agent.is_some().then_some(launch));
            let mut living: Vec<&mut u32> = living.collect();
            living.sort();
            self.last_launch = 0;
            for launch in living {
                self.last_launch += 1;
                *launch = self.last_launch;
            }
        }
        self.last_launch += 1;
        self.last_launch
    }

    fn agent(&self, id: AgentId) -> Option<&AgentRef> {
        let agent = self.agents.get(index_of(id) as usize)?.as_ref()?;
        (agent.id == id).then_some(agent)
    }
}

impl Living<'_> {
    pub(crate) fn has(&self, id: AgentId) -> bool {
        self.0.agent(id).is_some()
    }
}

fn index_of(id: AgentId) -> u32 {
    (id.bits() & u64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use crate::Node;

    #[test]
    fn order_of_launches_outlives_their_numbers() {
        let node = Node::simulated(1);
        let registry = &node.shared().registry;
        let user = |name| crate::block_on(node.user(name)).unwrap();
        let first = user("first");
        registry.lock().last_launch = u32::MAX - 1;
        let second = user("second");
        drop(first);
        node.run_until_idle();
        let (third, fourth) = (user("third"), user("fourth"));

        let ids: Vec<_> =
            registry.youngest_first().iter().map(|agent| agent.address().agent).collect();

        let expected = [&fourth, &third, &second].map(|user| user.address().agent);
        assert_eq!(ids, expected, "the third has the first place");
        assert_eq!(registry.lock().last_launch, 3);
    }
}
