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
    places: Vec<Place>,
    free: Vec<u32>,
    names: HashMap<AgentName, AgentId>,
    /// The number of the last launch.
    launches: u32,
    closed: bool,
}

/// A look at who lives.
pub(crate) struct Living<'r>(MutexGuard<'r, Inner>);

struct Place {
    agent: Option<AgentRef>,
    /// How often the place was used before.
    reuse: u32,
    /// The number of the launch, to tell who came first. Four bytes, since there is a gap of that
    /// size; see [`Inner::next_launch`].
    launch: u32,
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
        let index = match inner.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(inner.places.len()).map_err(|_| Rejected::Closed)?;
                inner.places.push(Place { agent: None, reuse: 0, launch: 0 });
                index
            }
        };
        let launch = inner.next_launch();
        let place = &mut inner.places[index as usize];
        place.launch = launch;
        let id = AgentId::new(u64::from(place.reuse) << 32 | u64::from(index));
        let agent = make(id);
        place.agent = Some(agent.clone());
        if let Some(name) = name {
            inner.names.insert(name.clone(), id);
        }
        Ok(agent)
    }

    /// Takes an agent out; the caller gets the registry's count.
    pub(crate) fn remove(&self, id: AgentId, name: Option<&AgentName>) -> Option<AgentRef> {
        let mut inner = self.lock();
        let index = index_of(id);
        let place = inner.places.get_mut(index as usize)?;
        if place.agent.as_ref()?.id != id {
            return None;
        }
        let agent = place.agent.take();
        place.reuse = place.reuse.wrapping_add(1);
        inner.free.push(index);
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
        let all: Vec<AgentRef> =
            self.lock().places.iter().filter_map(|place| place.agent.clone()).collect();
        all.into_iter().filter(wanted).collect()
    }

    /// Returns all agents, those launched last first.
    pub(crate) fn youngest_first(&self) -> Vec<AgentRef> {
        let inner = self.lock();
        let agent = |place: &Place| Some((place.launch, place.agent.clone()?));
        let mut all: Vec<_> = inner.places.iter().filter_map(agent).collect();
        drop(inner);
        all.sort_by_key(|(launch, _)| std::cmp::Reverse(*launch));
        all.into_iter().map(|(_, agent)| agent).collect()
    }

    pub(crate) fn count(&self) -> usize {
        let inner = self.lock();
        inner.places.len() - inner.free.len()
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
        if self.launches == u32::MAX {
            let living = self.places.iter_mut().filter(|place| place.agent.is_some());
            let mut living: Vec<&mut Place> = living.collect();
            living.sort_by_key(|place| place.launch);
            self.launches = 0;
            for place in living {
                self.launches += 1;
                place.launch = self.launches;
            }
        }
        self.launches += 1;
        self.launches
    }

    fn agent(&self, id: AgentId) -> Option<&AgentRef> {
        let agent = self.places.get(index_of(id) as usize)?.agent.as_ref()?;
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
        registry.lock().launches = u32::MAX - 1;
        let second = user("second");
        drop(first);
        node.run_until_idle();
        let (third, fourth) = (user("third"), user("fourth"));

        let ids: Vec<_> =
            registry.youngest_first().iter().map(|agent| agent.address().agent).collect();

        let expected = [&fourth, &third, &second].map(|user| user.address().agent);
        assert_eq!(ids, expected, "the third has the first place");
        assert_eq!(registry.lock().launches, 3);
    }

    #[test]
    fn place_of_an_agent_takes_sixteen_bytes() {
        assert_eq!(size_of::<super::Place>(), 16);
    }
}
