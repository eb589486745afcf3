//! The hub: everything of this wire that belongs to one node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use lyceum_core::exchange::Door;
use lyceum_core::{Node, User};
use lyceum_wire::{Address, AgentKey, Endpoint};

use super::dialer::Dialer;
use super::link::Link;
use super::listen::Listening;
use super::manager::{MANAGER_AID, MANAGER_NAME};
use super::open::{Destination, OpenError, Transports};
use super::place::Place;
use super::session::{Session, accepted_number};
use super::site::Site;
use super::url::transport_of;
use crate::Transport;

/// Containers that a node is connected to.
const CONTAINER_LIMIT: usize = 1024;

/// Everything of this wire that belongs to one node.
pub(super) struct Hub {
    pub(super) door: Door,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    transports: Transports,
    /// By the container's URL, without what is meant of it.
    dialers: HashMap<Endpoint, Arc<Dialer>>,
    sites: HashMap<Endpoint, Weak<Site>>,
    accepted: HashMap<u64, Accepted>,
    next: u64,
    listeners: Vec<Arc<Listening>>,
    /// Takes the id 0 of the node, where that is a manager's.
    manager: Option<User>,
}

/// A connection that was accepted.
#[derive(Clone)]
pub(super) struct Accepted {
    pub(super) link: Arc<Link>,
    pub(super) session: Arc<Session>,
    /// Where it was accepted.
    pub(super) url: Endpoint,
}

/// Keeps an accepted connection known.
pub(super) struct Enlisted {
    hub: Weak<Hub>,
    number: u64,
}

impl Hub {
    pub(super) fn new(node: &Node) -> Self {
        Self { door: Door::of(node), state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_transport(&self, transport: Arc<dyn Transport>) {
        self.lock().transports.add(transport);
    }

    /// Returns where a URL leads.
    pub(super) fn find(&self, url: &Endpoint) -> Result<Destination, OpenError> {
        let transports = self.lock().transports.clone();
        transports.find(url)
    }

    /// Returns who leads to the agents at an endpoint; `None` if it is none of this wire.
    pub(super) fn site(self: &Arc<Self>, endpoint: &Endpoint) -> Option<Arc<Site>> {
        let known = self.lock().sites.get(endpoint).and_then(Weak::upgrade);
        if known.is_some() {
            return known;
        }
        let site = match accepted_number(self.door.node_id(), endpoint) {
            Some(number) => Site::accepted(self.clone(), endpoint.clone(), number),
            None if transport_of(endpoint).is_some() => {
                Site::dialed(self.clone(), endpoint.clone())
            }
            None => return None,
        };
        let mut state = self.lock();
        if state.sites.len() >= CONTAINER_LIMIT {
            state.sites.retain(|_, site| site.strong_count() > 0);
        }
        state.sites.insert(endpoint.clone(), Arc::downgrade(&site));
        Some(site)
    }

    /// Returns the one connection to a container.
    pub(super) fn dialer(self: &Arc<Self>, url: &Endpoint) -> Result<Arc<Dialer>, OpenError> {
        if let Some(dialer) = self.lock().dialers.get(url) {
            return Ok(dialer.clone());
        }
        let destination = self.find(url)?;
        let mut state = self.lock();
        if state.dialers.len() >= CONTAINER_LIMIT {
            state.dialers.retain(|_, dialer| !dialer.is_idle());
        }
        if state.dialers.len() >= CONTAINER_LIMIT {
            return Err(OpenError::Full(CONTAINER_LIMIT));
        }
        let dialer = || Arc::new(Dialer::new(self, destination));
        Ok(state.dialers.entry(url.clone()).or_insert_with(dialer).clone())
    }

    /// Draws a number for a connection that was accepted.
    pub(super) fn next_number(&self) -> u64 {
        let mut state = self.lock();
        state.next += 1;
        state.next
    }

    /// Makes an accepted connection known, until what is returned is dropped.
    pub(super) fn enlist(self: &Arc<Self>, number: u64, connection: Accepted) -> Enlisted {
        self.lock().accepted.insert(number, connection);
        Enlisted { hub: Arc::downgrade(self), number }
    }

    /// Returns an accepted connection that is still open.
    pub(super) fn accepted(&self, number: u64) -> Option<Accepted> {
        self.lock().accepted.get(&number).cloned()
    }

    /// Takes the id 0 of the node for managers, so that no agent has it.
    pub(super) async fn reserve_manager(&self, node: &Node) -> Result<(), OpenError> {
        if self.lock().manager.is_some() {
            return Ok(());
        }
        let user = node.user(MANAGER_NAME).await.map_err(|_| OpenError::Taken)?;
        if user.key().to_string() != MANAGER_AID {
            return Err(OpenError::Taken);
        }
        self.lock().manager = Some(user);
        Ok(())
    }

    /// Keeps a listener until it is stopped.
    pub(super) fn keep(&self, listening: Arc<Listening>) {
        self.lock().listeners.push(listening);
    }

    /// Returns the agent of this node that an address leads to, if it is one.
    pub(super) fn own(&self, address: &Address) -> Option<AgentKey> {
        let is_own = address.node == Some(self.door.node_id());
        if is_own { Some(address.agent.clone()) } else { self.listened(address) }
    }

    /// Returns the agent of this node that an address leads to by one of its listeners.
    pub(super) fn listened(&self, address: &Address) -> Option<AgentKey> {
        let endpoint = address.endpoint.as_ref()?;
        let transport = transport_of(endpoint)?;
        let is_here = self
            .lock()
            .listeners
            .iter()
            .any(|listening| listening.is_at(&transport, &address.agent));
        (is_here && Place::of(endpoint).is_agent()).then(|| address.agent.clone())
    }

    /// Forgets a listener that was stopped.
    pub(super) fn forget(&self, listening: &Listening) {
        self.lock().listeners.retain(|kept| !std::ptr::eq(&**kept, listening));
    }

    /// Closes the connections that were accepted at a URL.
    pub(super) fn close_accepted(&self, url: &Endpoint) {
        let accepted: Vec<Accepted> = self.lock().accepted.values().cloned().collect();
        accepted.iter().filter(|accepted| accepted.url == *url).for_each(|accepted| {
            accepted.link.close();
        });
    }

    /// Stops to listen and closes all connections.
    pub(super) async fn close(&self) {
        let (listeners, dialers, _manager) = {
            let mut state = self.lock();
            let dialers = std::mem::take(&mut state.dialers);
            (std::mem::take(&mut state.listeners), dialers, state.manager.take())
        };
        let dialed = dialers.values().map(|dialer| dialer.close());
        let accepted = listeners.iter().map(|listening| listening.close());
        futures_util::future::join(
            futures_util::future::join_all(dialed),
            futures_util::future::join_all(accepted),
        )
        .await;
    }
}

impl Drop for Enlisted {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            let gone = hub.lock().accepted.remove(&self.number);
            drop(gone);
        }
    }
}
