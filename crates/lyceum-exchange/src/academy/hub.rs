//! The hub: everything of Academy that belongs to one node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use lyceum_core::Node;
use lyceum_core::exchange::Door;
use lyceum_wire::academy::{EntityId, Uuid};
use lyceum_wire::{Address, AgentKey, Endpoint};

use super::OpenError;
use super::service::Service;
use super::site::Site;
use super::url::{self, Server};
use super::way::{Opening, Way};
use crate::Transport;
use crate::transport::attentive::LOOKING;
use crate::transport::sockets;

/// Exchanges that a node uses.
const SERVICE_LIMIT: usize = 64;

/// URLs that are kept although nobody uses them.
const SITE_LIMIT: usize = 1024;

/// The module of classes that were not given a name.
const MODULE: &str = "lyceum";

/// Everything of Academy that belongs to one node.
pub(super) struct Hub {
    pub(super) door: Door,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    transports: Vec<Arc<dyn Transport>>,
    services: HashMap<Endpoint, Known>,
    sites: HashMap<Endpoint, Weak<Site>>,
    /// Tokens by the URL of their exchange.
    pub(super) tokens: HashMap<Endpoint, String>,
    /// Users and passwords, likewise.
    #[cfg(feature = "redis")]
    pub(super) logins: HashMap<Endpoint, super::redis::Login>,
    /// What types and interfaces are called there.
    classes: HashMap<String, String>,
}

/// One exchange, and who talks with it.
struct Known {
    service: Arc<Service>,
    way: Way,
}

impl Hub {
    pub(super) fn new(node: &Node) -> Self {
        let state = State { transports: sockets(LOOKING), ..State::default() };
        Self { door: Door::of(node), state: state.into() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_transport(&self, transport: Arc<dyn Transport>) {
        self.lock().transports.insert(0, transport);
    }

    /// Shows a token to an exchange from now on; `false` if it cannot be one.
    pub(super) fn authorize(&self, url: &Endpoint, token: &str) -> Result<bool, OpenError> {
        let server = server(url)?;
        let known = {
            let mut state = self.lock();
            state.tokens.insert(server.base.clone(), token.into());
            state.services.get(&server.base).map(|known| known.way.clone())
        };
        let is_fit = token.bytes().all(|byte| byte.is_ascii_graphic()) && !token.is_empty();
        Ok(is_fit && known.is_none_or(|way| way.authorize(token)))
    }

    /// Returns a URL without user and password, which are kept for the exchange there.
    pub(super) fn plain(&self, url: &Endpoint) -> Endpoint {
        #[cfg(feature = "redis")]
        if let Some((plain, login)) = url::login(url) {
            if let Some(Ok(server)) = url::server(&plain) {
                self.lock().logins.insert(server.base, login);
            }
            return plain;
        }
        url.clone()
    }

    /// Calls a type or interface by a dotted name there.
    pub(super) fn name_class(&self, kind: &str, class: &str) {
        self.lock().classes.insert(kind.into(), class.into());
    }

    /// Returns what a type or interface is called there.
    pub(super) fn class_of(&self, kind: &str) -> String {
        let class = self.lock().classes.get(kind).cloned();
        class.unwrap_or_else(|| format!("{MODULE}.{kind}"))
    }

    /// Draws a number that nothing else has.
    pub(super) fn uuid(&self) -> Uuid {
        let halves = [self.door.random(), self.door.random()].map(u64::to_le_bytes);
        let bytes = halves.concat().try_into().expect("two halves are sixteen bytes");
        uuid_of(bytes)
    }

    /// Returns who leads to the agents at a URL; `None` if it is none of this wire.
    pub(super) fn site(self: &Arc<Self>, url: &Endpoint) -> Option<Arc<Site>> {
        let url = &self.plain(url);
        let server = url::server(url)?;
        if let Some(site) = self.lock().sites.get(url).and_then(Weak::upgrade) {
            return Some(site);
        }
        let speech = server.as_ref().map(|server| server.speech).ok();
        let service = server.and_then(|server| self.service(&server));
        let site = Site::new(self, url.clone(), service, speech);
        let mut state = self.lock();
        if state.sites.len() >= SITE_LIMIT {
            state.sites.retain(|_, site| site.strong_count() > 0);
        }
        state.sites.insert(url.clone(), Arc::downgrade(&site));
        Some(site)
    }

    /// Returns the exchange at a URL.
    pub(super) fn service_at(self: &Arc<Self>, url: &Endpoint) -> Result<Arc<Service>, OpenError> {
        self.service(&server(&self.plain(url))?)
    }

    /// Returns how the exchange at a URL is reached.
    #[cfg(feature = "redis")]
    pub(super) fn way_at(self: &Arc<Self>, url: &Endpoint) -> Result<Way, OpenError> {
        let server = server(url)?;
        self.service(&server)?;
        let way = self.lock().services.get(&server.base).map(|known| known.way.clone());
        way.ok_or(OpenError::Ended)
    }

    fn service(self: &Arc<Self>, server: &Server) -> Result<Arc<Service>, OpenError> {
        let mut state = self.lock();
        if let Some(known) = state.services.get(&server.base) {
            return Ok(known.service.clone());
        }
        if self.door.is_closed() {
            return Err(OpenError::Ended);
        }
        if state.services.len() >= SERVICE_LIMIT {
            return Err(OpenError::Full(SERVICE_LIMIT));
        }
        let runtime = self.door.runtime();
        let runtime = runtime.ok_or_else(|| OpenError::Simulated(server.base.clone()))?;
        let scheme = server.transport.scheme();
        let transport = state.transports.iter().find(|transport| transport.scheme() == scheme);
        let transport = transport.ok_or_else(|| OpenError::Transport(server.base.clone()))?.clone();
        let user = EntityId::user(self.uuid(), Some(format!("lyceum-{}", self.door.node_id())));
        let opening = Opening { server, transport, runtime: runtime.clone(), door: &self.door };
        let way = opening.way(&state);
        let (url, mailbox) = (server.base.clone(), way.mailbox(user, server));
        let service = Service::new(self, url, runtime, mailbox, way.bulk());
        if let Way::Link(line, _) = &way {
            service.spawn(line.clone().drive());
        }
        let known = Known { service: service.clone(), way };
        state.services.insert(server.base.clone(), known);
        Ok(service)
    }

    /// Returns the agent of this node that an address leads to.
    pub(super) fn own(&self, address: &Address) -> Option<AgentKey> {
        if address.node == Some(self.door.node_id()) {
            return Some(address.agent.clone());
        }
        let server = url::server(&self.plain(address.endpoint.as_ref()?))?.ok()?;
        let uid = url::uid_of(&address.agent)?;
        let service = self.lock().services.get(&server.base)?.service.clone();
        service.agent(uid)
    }

    /// Closes all exchanges.
    pub(super) async fn close(&self) {
        let known = std::mem::take(&mut self.lock().services);
        let closing = known.into_values().map(|known| async move {
            known.service.close().await;
            known.way.close();
        });
        futures_util::future::join_all(closing).await;
    }
}

fn server(url: &Endpoint) -> Result<Server, OpenError> {
    url::server(url).unwrap_or_else(|| Err(OpenError::Url(url.to_string())))
}

/// Marks a random number as one: version 4.
fn uuid_of(mut bytes: [u8; 16]) -> Uuid {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Uuid::from_bytes(bytes)
}
