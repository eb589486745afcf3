//! Sessions: what a connection is to agents.

use std::sync::{Arc, Weak};

use lyceum_core::exchange::Door;
use lyceum_core::{AnyHandle, Node};
use lyceum_wire::aiomas::{Handles, Proxy, TypeTable, Value, ValueError};
use lyceum_wire::{Address, Endpoint};

use super::hub::Hub;
use super::place::address_of;
use super::relays::{RELAY_LIMIT, Relays};
use super::url::{agent_url, read_agent_url, transport_of, url_of};
use super::{Manager, Profile};
use crate::arrived::Origin;
use crate::departing::Destination;

/// What a connection is to agents: who is at its other end, and what it was shown.
pub(super) struct Session {
    pub(super) hub: Weak<Hub>,
    pub(super) profile: Profile,
    /// Where agents of the other end are, seen from here.
    there: Endpoint,
    /// The URL that says what both ends agree on.
    options: Endpoint,
    /// The listener that accepted it.
    door: Option<Arc<Reception>>,
    pub(super) relays: Relays,
}

/// What all connections have in common that one listener accepted.
pub(super) struct Reception {
    /// Where it listens.
    pub(super) url: Endpoint,
    pub(super) profile: Profile,
    /// The agent 0, where it is a manager, and the node that it manages.
    pub(super) manager: Option<(Arc<Manager>, Node)>,
}

impl Session {
    /// Makes the session of a connection to who listens at a URL.
    pub(super) fn dialed(hub: &Arc<Hub>, profile: Profile, url: &Endpoint) -> Self {
        let hub = Arc::downgrade(hub);
        let (there, options) = (url.clone(), url.clone());
        Self { hub, profile, there, options, door: None, relays: Relays::default() }
    }

    /// Makes the session of a connection that was accepted.
    pub(super) fn accepted(hub: &Arc<Hub>, door: &Arc<Reception>, there: Endpoint) -> Self {
        Self {
            hub: Arc::downgrade(hub),
            profile: door.profile.clone(),
            there,
            options: door.url.clone(),
            door: Some(door.clone()),
            relays: Relays::default(),
        }
    }

    /// Returns the manager that the other side can call, and its node.
    pub(super) fn manager(&self) -> Option<&(Arc<Manager>, Node)> {
        self.door.as_ref()?.manager.as_ref()
    }

    /// Returns the URL of an agent of this node where the other side connected, as aiomas writes
    /// it.
    pub(super) fn own_url(&self, agent: &AnyHandle) -> Option<String> {
        let transport = transport_of(&self.door.as_ref()?.url)?;
        agent_url(&transport, &agent.key().to_string())
    }

    /// Returns the path by which the other side can call an agent.
    fn path_to(&self, address: &Address) -> Result<String, ValueError> {
        let custom = |text: String| ValueError::Custom { text };
        let hub = self.hub.upgrade().ok_or_else(|| custom("the node has ended".into()))?;
        let aid = match hub.own(address) {
            Some(agent) => agent.to_string(),
            None => {
                let agent = hub.door.revive(address).map_err(|why| custom(why.to_string()))?;
                let full = || format!("{RELAY_LIMIT} agents were shown to the other side already");
                self.relays.show(agent).ok_or_else(|| custom(full()))?
            }
        };
        Ok(format!("agents/{aid}"))
    }

    /// Returns the address of an agent whose URL is written as aiomas does.
    fn address_of_url(&self, text: &str) -> Option<Address> {
        let (transport, aid) = read_agent_url(text, &self.options)?;
        let url = url_of(&transport, &self.options)?;
        let address = address_of(&url, &format!("agents/{aid}"))?;
        let hub = self.hub.upgrade()?;
        match hub.own(&address) {
            Some(agent) => Some(Address::local(hub.door.node_id(), agent)),
            None => Some(address),
        }
    }
}

impl Handles for Session {
    fn write(&self, address: &str) -> Result<Value, ValueError> {
        let custom =
            |error: lyceum_wire::AddressError| ValueError::Custom { text: error.to_string() };
        let path = self.path_to(&address.parse().map_err(custom)?)?;
        Ok(self.profile.types.proxy(Proxy { path }))
    }

    fn of_proxy(&self, path: String) -> String {
        address_of(&self.there, &path).map_or(path, |address| address.to_string())
    }

    fn of_text(&self, text: String) -> String {
        self.address_of_url(&text).map_or(text, |address| address.to_string())
    }
}

impl Origin for Session {
    fn types(&self) -> &TypeTable {
        &self.profile.types
    }

    fn door(&self) -> Option<Door> {
        Some(self.hub.upgrade()?.door.clone())
    }
}

impl Destination for Session {
    /// Texts with the id of a node, and those that begin with `aiomas`, are written by handles
    /// alone.
    fn is_handle(&self, address: &Address) -> bool {
        let is_ours = |endpoint: &Endpoint| endpoint.scheme().starts_with("aiomas");
        address.node.is_some() || address.endpoint.as_ref().is_some_and(is_ours)
    }
}

/// Returns where the other end of an accepted connection is, seen from the node.
pub(super) fn accepted_endpoint(node: lyceum_wire::NodeId, number: u64) -> Endpoint {
    let location = format!("{node}:{number}");
    Endpoint::new(ACCEPTED, &location).expect("the location has no strange letters")
}

/// Returns the number of an accepted connection of the node.
pub(super) fn accepted_number(node: lyceum_wire::NodeId, endpoint: &Endpoint) -> Option<u64> {
    let (of_node, number) = endpoint.location().split_once(':')?;
    (endpoint.scheme() == ACCEPTED && of_node.parse() == Ok(node)).then_some(())?;
    number.parse().ok()
}

/// The scheme of agents at the other end of an accepted connection.
const ACCEPTED: &str = "aiomas";
