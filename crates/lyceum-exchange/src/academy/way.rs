//! Ways: what of one node leads to one exchange, whatever kind it is.

use std::sync::Arc;

use lyceum_core::exchange::Door;
use lyceum_wire::academy::EntityId;
use tokio::runtime::Handle;

use super::Mailbox;
use super::bulk::Bulk;
use super::http::{Client, HttpMailbox, HttpSettings};
use super::hub::State;
use super::link::{Line, LinkMailbox};
use super::url::{Server, Wire};
use crate::Transport;

/// How an exchange is reached.
#[derive(Clone)]
pub(super) enum Way {
    Http(Arc<Client>),
    /// The link, and what is too large for it.
    Link(Arc<Line>, Arc<Bulk>),
    #[cfg(feature = "redis")]
    Redis(Arc<super::redis::Client>),
    #[cfg(feature = "hybrid")]
    Hybrid(Arc<super::hybrid::Post>),
}

/// What is needed to make one.
pub(super) struct Opening<'s> {
    pub(super) server: &'s Server,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) runtime: Handle,
    pub(super) door: &'s Door,
}

impl Opening<'_> {
    /// Makes the way. Nothing is sent yet.
    pub(super) fn way(&self, state: &State) -> Way {
        let (transport, runtime) = (self.transport.clone(), self.runtime.clone());
        let Server { transport: endpoint, prefix, base, .. } = self.server;
        let endpoint = endpoint.clone();
        let way = match &self.server.wire {
            Wire::Http => {
                let settings = HttpSettings::default();
                Way::Http(Arc::new(Client::new(runtime, transport, endpoint, prefix, settings)))
            }
            Wire::Link => {
                let settings = HttpSettings::default();
                let (to, by) = (endpoint.clone(), transport.clone());
                let bulk = Bulk::new(Client::new(runtime, by, to, prefix, settings));
                let line = Line::new(transport, endpoint, prefix, self.door.clone());
                Way::Link(line, Arc::new(bulk))
            }
            #[cfg(feature = "redis")]
            Wire::Redis(options) => Way::Redis(self.redis(state, options)),
            #[cfg(feature = "hybrid")]
            Wire::Hybrid(options, direct) => {
                let client = self.redis(state, options);
                Way::Hybrid(super::hybrid::Post::new(client, direct.clone(), runtime))
            }
        };
        if let Some(token) = state.tokens.get(base) {
            way.authorize(token);
        }
        way
    }

    #[cfg(feature = "redis")]
    fn redis(&self, state: &State, options: &super::redis::Options) -> Arc<super::redis::Client> {
        let login = state.logins.get(&self.server.base).cloned().unwrap_or_default();
        let (transport, runtime) = (self.transport.clone(), self.runtime.clone());
        super::redis::Client::new(options.clone(), transport, login, runtime)
    }
}

impl Way {
    /// Shows a token from now on; `false` if it cannot be one. A Redis takes `USER:PASSWORD`, or a
    /// password alone, for the next connection.
    pub(super) fn authorize(&self, token: &str) -> bool {
        match self {
            Self::Http(client) => client.authorize(token),
            Self::Link(line, bulk) => {
                line.authorize(token);
                bulk.client().authorize(token)
            }
            #[cfg(feature = "redis")]
            Self::Redis(client) => {
                client.log_in(super::redis::Login::read(token));
                true
            }
            #[cfg(feature = "hybrid")]
            Self::Hybrid(post) => {
                post.client().log_in(super::redis::Login::read(token));
                true
            }
        }
    }

    /// Returns where bodies go that are larger than a message may be, if there is such a place.
    pub(super) fn bulk(&self) -> Option<Arc<Bulk>> {
        match self {
            Self::Link(_, bulk) => Some(bulk.clone()),
            _ => None,
        }
    }

    /// Returns a mailbox there. Nothing is sent.
    pub(super) fn mailbox(&self, id: EntityId, server: &Server) -> Arc<dyn Mailbox> {
        match self {
            Self::Http(client) => Arc::new(HttpMailbox::new(client.clone(), id, server.receive)),
            Self::Link(line, _) => Arc::new(LinkMailbox::new(line.clone(), id)),
            #[cfg(feature = "redis")]
            Self::Redis(client) => Arc::new(super::redis::RedisMailbox::new(client.clone(), id)),
            #[cfg(feature = "hybrid")]
            Self::Hybrid(post) => Arc::new(super::hybrid::HybridMailbox::new(post.clone(), id)),
        }
    }

    /// Ends all connections.
    pub(super) fn close(&self) {
        match self {
            Self::Http(client) => client.close(),
            Self::Link(line, bulk) => {
                line.close();
                bulk.client().close();
            }
            #[cfg(feature = "redis")]
            Self::Redis(client) => client.close(),
            #[cfg(feature = "hybrid")]
            Self::Hybrid(post) => post.close(),
        }
    }
}
