//! Lines: what of one node leads to one exchange, whatever kind it is.

use std::sync::Arc;

use lyceum_wire::academy::EntityId;
use tokio::runtime::Handle;

use super::Mailbox;
use super::http::{Client, HttpMailbox, HttpSettings};
use super::hub::State;
use super::url::{Kind, Server};
use crate::Transport;

/// What leads to one exchange.
#[derive(Clone)]
pub(super) enum Line {
    Http(Arc<Client>),
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
    /// Who the node itself is there.
    pub(super) user: EntityId,
}

impl Opening<'_> {
    /// Makes the line, and the node's own mailbox. Nothing is sent yet.
    pub(super) fn open(self, state: &State) -> (Line, Arc<dyn Mailbox>) {
        match &self.server.kind {
            Kind::Http => {
                let token = state.tokens.get(&self.server.base);
                self.http(token)
            }
            #[cfg(feature = "redis")]
            Kind::Redis(options) => {
                let options = options.clone();
                let client = self.redis(state, options);
                let mailbox = super::redis::RedisMailbox::new(client.clone(), self.user);
                (Line::Redis(client), Arc::new(mailbox))
            }
            #[cfg(feature = "hybrid")]
            Kind::Hybrid(options, direct) => {
                let (options, direct) = (options.clone(), direct.clone());
                let client = self.redis(state, options);
                let post = super::hybrid::Post::new(client, direct, self.runtime);
                let mailbox = super::hybrid::HybridMailbox::new(post.clone(), self.user);
                (Line::Hybrid(post), Arc::new(mailbox))
            }
        }
    }

    fn http(self, token: Option<&String>) -> (Line, Arc<dyn Mailbox>) {
        let Server { transport, prefix, receive, .. } = self.server;
        let settings = HttpSettings::default();
        let client = Client::new(self.runtime, self.transport, transport.clone(), prefix, settings);
        if let Some(token) = token {
            client.authorize(token);
        }
        let client = Arc::new(client);
        let mailbox = HttpMailbox::new(client.clone(), self.user, *receive);
        (Line::Http(client), Arc::new(mailbox))
    }

    #[cfg(feature = "redis")]
    fn redis(&self, state: &State, options: super::redis::Options) -> Arc<super::redis::Client> {
        let base = &self.server.base;
        let login = state.logins.get(base).cloned().or_else(|| {
            let token = state.tokens.get(base)?;
            Some(super::redis::Login::read(token))
        });
        let (transport, runtime) = (self.transport.clone(), self.runtime.clone());
        super::redis::Client::new(options, transport, login.unwrap_or_default(), runtime)
    }
}

impl Line {
    /// Shows a token from now on; `false` if it cannot be one. A Redis takes `USER:PASSWORD`, or a
    /// password alone, for the next connection.
    pub(super) fn authorize(&self, token: &str) -> bool {
        match self {
            Self::Http(client) => client.authorize(token),
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

    /// Ends all connections.
    pub(super) fn close(&self) {
        match self {
            Self::Http(client) => client.close(),
            #[cfg(feature = "redis")]
            Self::Redis(client) => client.close(),
            #[cfg(feature = "hybrid")]
            Self::Hybrid(post) => post.close(),
        }
    }
}
