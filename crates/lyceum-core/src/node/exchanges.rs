//! The exchanges of a node.

use std::any::Any;
use std::sync::{Arc, PoisonError, RwLock};

use lyceum_wire::{Address, AgentKey, Endpoint};

use crate::Publication;
use crate::exchange::{Exchange, Peer};

/// The exchanges that are attached to a node, in the order in which they were.
#[derive(Default)]
pub(crate) struct Exchanges(RwLock<Vec<Arc<dyn Exchange>>>);

impl Exchanges {
    pub(crate) fn attach(&self, exchange: Arc<dyn Exchange>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    /// Returns the first exchange of a type, which is attached now if there is none.
    pub(crate) fn get_or_attach<E: Exchange>(&self, make: impl FnOnce() -> E) -> Arc<E> {
        let mut exchanges = self.0.write().unwrap_or_else(PoisonError::into_inner);
        first_of_type(&exchanges).unwrap_or_else(|| {
            let made = Arc::new(make());
            exchanges.push(made.clone());
            made
        })
    }

    /// Returns the first exchange of a type.
    pub(crate) fn of_type<E: Exchange>(&self) -> Option<Arc<E>> {
        first_of_type(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the agent of this very node that an address leads to, where an exchange knows that.
    pub(crate) fn own(&self, address: &Address) -> Option<AgentKey> {
        self.all().iter().find_map(|exchange| exchange.own(address))
    }

    pub(crate) fn all(&self) -> Vec<Arc<dyn Exchange>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns where the node is best reached, if it can be.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        let exchanges = self.0.read().unwrap_or_else(PoisonError::into_inner);
        exchanges.iter().find_map(|exchange| exchange.endpoints().into_iter().next())
    }

    /// Returns whether the node itself listens there.
    pub(crate) fn is_at(&self, endpoint: &Endpoint) -> bool {
        self.all().iter().any(|exchange| exchange.endpoints().contains(endpoint))
    }

    /// Returns the peer that an address leads to.
    pub(crate) fn peer(&self, address: &Address) -> Option<Arc<dyn Peer>> {
        self.all().iter().find_map(|exchange| exchange.peer(address))
    }

    /// Tells the exchanges what was published.
    pub(crate) fn published(&self, publication: &Publication) {
        let exchanges = self.0.read().unwrap_or_else(PoisonError::into_inner);
        exchanges.iter().for_each(|exchange| exchange.published(publication));
    }

    /// Takes all exchanges out, to be closed.
    pub(crate) fn take(&self) -> Vec<Arc<dyn Exchange>> {
        std::mem::take(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn first_of_type<E: Exchange>(exchanges: &[Arc<dyn Exchange>]) -> Option<Arc<E>> {
    exchanges.iter().find_map(|exchange| {
        let exchange: Arc<dyn Any + Send + Sync> = exchange.clone();
        exchange.downcast().ok()
    })
}
