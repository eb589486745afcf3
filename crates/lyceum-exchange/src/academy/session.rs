//! Sessions: what the values that go over an exchange mean to a node.

use std::sync::Arc;

use lyceum_core::exchange::Door;
use lyceum_wire::academy::{EntityId, Handles, Uuid, Value, ValueError, handle};
use lyceum_wire::aiomas::{Map, Proxy, TypeTable};
use lyceum_wire::{Address, Endpoint};

use super::service::Service;
use super::url::{address_of, is_exchange, server, uid_of};
use crate::arrived::Origin;
use crate::departing::Destination;

/// An exchange, by one of its URLs: what agents among the values mean.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) service: Arc<Service>,
    /// What the addresses of its agents have.
    pub(super) url: Endpoint,
}

impl Session {
    /// Returns the agent that goes by an address on the exchange.
    fn agent_at(&self, address: &Address) -> Result<EntityId, ValueError> {
        let is_here = |url: &Endpoint| {
            server(url).and_then(Result::ok).is_some_and(|server| server.base == self.service.url)
        };
        if address.endpoint.as_ref().is_some_and(is_here)
            && let Some(uid) = uid_of(&address.agent)
        {
            return Ok(EntityId::agent(uid, None));
        }
        let hub = self.service.hub.upgrade();
        let own = hub.and_then(|hub| hub.own(address));
        let mailbox = own.and_then(|agent| self.service.mailbox_of(&agent));
        match mailbox {
            Some(mailbox) => Ok(mailbox.id().clone()),
            None => {
                let text = format!(
                    "the agent at `{address}` has no mailbox at {}: register it there",
                    self.service.url
                );
                Err(ValueError::Custom { text })
            }
        }
    }

    /// Returns the address of an agent of the exchange; of one of this node's, its own one.
    fn address(&self, uid: Uuid) -> String {
        match self.service.agent(uid) {
            Some(agent) => Address::local(self.service.door.node_id(), agent).to_string(),
            None => address_of(&self.url, uid).to_string(),
        }
    }
}

impl Handles for Session {
    fn write(&self, address: &str) -> Result<Value, ValueError> {
        let unfit =
            |error: lyceum_wire::AddressError| ValueError::Custom { text: error.to_string() };
        let id = self.agent_at(&address.parse().map_err(unfit)?)?;
        Ok(self.service.types.proxy(Proxy { path: handle::path(&id) }))
    }

    fn of_proxy(&self, path: String) -> String {
        handle::of_path(&path).map_or(path, |id| self.address(id.uid))
    }

    fn of_text(&self, text: String) -> String {
        Uuid::try_parse(&text).map_or(text, |uid| self.address(uid))
    }

    fn of_map(&self, map: &Map) -> Option<String> {
        Some(self.address(handle::of_map(map)?.uid))
    }
}

impl Origin for Session {
    fn types(&self) -> &TypeTable {
        &self.service.types
    }

    fn door(&self) -> Option<Door> {
        Some(self.service.door.clone())
    }
}

impl Destination for Session {
    fn is_handle(&self, address: &Address) -> bool {
        address.node.is_some() || address.endpoint.as_ref().is_some_and(is_exchange)
    }
}
