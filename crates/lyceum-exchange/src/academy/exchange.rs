//! The exchange: agents of Academy, reached from a node.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::exchange::{Exchange, Peer};
use lyceum_core::{AnyHandle, Handle, Node, Target};
use lyceum_wire::academy::{EntityId, Uuid};
use lyceum_wire::{Address, AgentKey, Endpoint};
use thiserror::Error;

use super::hub::Hub;
use super::register::ROOT;
use super::url::{self, address_of};
use super::{Asked, Mailbox, OpenError, Register};
use crate::Transport;
#[cfg(feature = "tls")]
use crate::transport::attentive::LOOKING;

/// Everything of Academy that belongs to one node. Made by [`AcademyExt::academy`].
pub struct Academy(pub(super) Arc<Hub>);

/// Lets a node's agents have mailboxes on exchanges of Academy's, and reach the agents there.
///
/// Addresses as `academy+http://HOST:PORT/UUID` lead to agents of Academy, and handles of them can
/// be kept, passed on and called like any other. In the place of the number there may be the dotted
/// name of a class, which means one of its agents.
///
/// Addresses as `exchange://HOST:PORT/UUID`, or `exchanges://` over TLS, lead to a server of
/// Lyceum's own by one connection for the whole node, without polling. Messages there may be
/// [durable](lyceum_core::Call::durable), and an agent may be called by its name. Programs of
/// Academy reach the same mailboxes.
///
/// Options of such URLs are `receive=poll` for servers behind proxies that let no streams pass,
/// `arguments=pickle` to send pickles, which have bytes and handles, and `results=json` to get no
/// pickles back. Pickles are read as data; nothing in them is ever executed.
///
/// ```no_run
/// use lyceum::prelude::*;
/// use lyceum_exchange::academy::AcademyExt;
/// use serde_json::json;
///
/// # #[derive(Default)] struct Clerk;
/// # #[agent] impl Clerk { #[action] fn greet(&self, name: String) -> String { name } }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let clerk = node.launch(Clerk).await?;
/// let mailbox = node.register_mailbox("academy+http://127.0.0.1:8700", &clerk.any()).await?;
/// println!("Handle(AgentId(uid='{}'))", mailbox.id().uid);
///
/// let sensor = node.connect_any("academy+http://127.0.0.1:8700/app.Sensor").await?;
/// let value = sensor.call("read", json!([])).await?;
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
pub trait AcademyExt {
    /// Lets the node reach agents of Academy; the same thing each time.
    fn academy(&self) -> Arc<Academy>;

    /// Gives an agent of the node a mailbox on the exchange at a URL; await it.
    fn register_mailbox(&self, url: &str, agent: &AnyHandle) -> Register;
}

impl AcademyExt for Node {
    fn academy(&self) -> Arc<Academy> {
        self.exchange_or_attach(|| Academy(Arc::new(Hub::new(self))))
    }

    fn register_mailbox(&self, url: &str, agent: &AnyHandle) -> Register {
        Register::new(self.academy().0.clone(), url, agent)
    }
}

/// Says why agents were not found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// The exchange cannot be used, or said no.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl Academy {
    /// Lets URLs lead over a transport of one's own: `academy+http` is `tcp`, `academy+https` is
    /// `tls`.
    pub fn add_transport(&self, transport: Arc<dyn Transport>) {
        self.0.add_transport(transport);
    }

    /// Lets URLs be `academy+https://HOST:PORT`, where the authority that signed the server's
    /// certificate is that of these.
    #[cfg(feature = "tls")]
    pub fn certificates(&self, certificates: crate::Certificates) {
        self.0.add_transport(crate::transport::tls(certificates, LOOKING));
    }

    /// Shows a token to the exchange at a URL from now on.
    ///
    /// # Errors
    ///
    /// The URL is none of an exchange, or the token has strange letters.
    pub fn authorize(&self, url: &str, token: &str) -> Result<(), OpenError> {
        let url = self.0.plain(&url::parse(url)?);
        let expected = "a token of visible letters";
        if self.0.authorize(&url, token)? {
            Ok(())
        } else {
            Err(OpenError::Option { url: Box::new(url), expected })
        }
    }

    /// Calls a type or an interface of agents by a dotted name on exchanges:
    /// `name_class("Counter", "app.agents.Counter")`.
    pub fn name_class(&self, kind: &str, class: &str) {
        self.0.name_class(kind, class);
    }

    /// Returns the agents of a class, and of all that descend from it.
    ///
    /// # Errors
    ///
    /// The exchange cannot be used, or said no.
    pub async fn discover(&self, url: &str, class: &str) -> Result<Vec<AnyHandle>, DiscoverError> {
        let class = class.to_owned();
        self.search(url, move |mailbox| mailbox.discover(&class, true)).await
    }

    /// Returns the agents that people call so: on Lyceum's server, Redis and hybrid, which keep
    /// names; none elsewhere.
    ///
    /// # Errors
    ///
    /// As for [`discover`](Self::discover).
    pub async fn discover_named(
        &self,
        url: &str,
        name: &str,
    ) -> Result<Vec<AnyHandle>, DiscoverError> {
        let name = name.to_owned();
        self.search(url, move |mailbox| mailbox.named(&name)).await
    }

    /// Returns the agents that were [registered](Register::attribute) with a value of an attribute.
    ///
    /// # Errors
    ///
    /// As for [`discover`](Self::discover).
    pub async fn discover_with(
        &self,
        url: &str,
        name: &str,
        value: &str,
    ) -> Result<Vec<AnyHandle>, DiscoverError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.search(url, move |mailbox| mailbox.with_attribute(&name, &value)).await
    }

    /// Makes the mailbox of an agent that comes later, so that messages wait for it from now on,
    /// and returns the agent's address. `kind` is its type; its node says more once it
    /// [registers](AcademyExt::register_mailbox) it.
    ///
    /// # Errors
    ///
    /// The exchange cannot be used, or said no.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the mailbox may exist.
    pub async fn make_mailbox(
        &self,
        url: &str,
        id: &EntityId,
        kind: &str,
    ) -> Result<Address, OpenError> {
        let (id, classes) = (id.clone(), [self.0.class_of(kind), ROOT.into()]);
        let address = self.mailbox_address(url, id.uid)?;
        let make = move |mailbox: &dyn Mailbox| mailbox.register(&id, Some(&classes));
        self.ask(url, make).await?;
        Ok(address)
    }

    /// Ends the mailbox of an agent for good. One that does not exist stays so.
    ///
    /// # Errors
    ///
    /// As for [`make_mailbox`](Self::make_mailbox).
    pub async fn terminate_mailbox(&self, url: &str, uid: Uuid) -> Result<(), OpenError> {
        self.ask(url, move |mailbox| mailbox.terminate(&EntityId::agent(uid, None))).await
    }

    /// Returns the address of the agent that has a mailbox of this number, or will have it.
    ///
    /// # Errors
    ///
    /// The URL is none of an exchange.
    pub fn mailbox_address(&self, url: &str, uid: Uuid) -> Result<Address, OpenError> {
        let url = self.0.plain(&url::parse(url)?);
        Ok(address_of(&self.0.service_at(&url)?.url, uid))
    }

    /// Asks an exchange, on the node's runtime, whoever waits.
    async fn ask<T: Send + 'static>(
        &self,
        url: &str,
        ask: impl FnOnce(&dyn Mailbox) -> Asked<T> + Send + 'static,
    ) -> Result<T, OpenError> {
        let url = self.0.plain(&url::parse(url)?);
        let mailbox = self.0.service_at(&url)?.user();
        let asked = self.0.door.spawn(async move { ask(&*mailbox).await });
        let answer = asked.await.ok_or(OpenError::Ended)?;
        answer.map_err(|cause| OpenError::Exchange { url: Box::new(url), cause })
    }

    /// Returns the agents that an exchange finds.
    async fn search(
        &self,
        url: &str,
        ask: impl FnOnce(&dyn Mailbox) -> Asked<Vec<EntityId>> + Send + 'static,
    ) -> Result<Vec<AnyHandle>, DiscoverError> {
        let url = self.0.plain(&url::parse(url)?);
        let found = self.ask(&url.to_string(), ask).await?;
        let agents = found.iter().filter_map(|id| {
            let address = address_of(&url, id.uid);
            let address = match self.0.own(&address) {
                Some(agent) => Address::local(self.0.door.node_id(), agent),
                None => address,
            };
            self.0.door.revive(&address).ok()
        });
        Ok(agents.collect())
    }

    /// Returns the agents that have the class of a type or an interface.
    ///
    /// # Errors
    ///
    /// As for [`discover`](Self::discover).
    pub async fn discover_as<A>(&self, url: &str) -> Result<Vec<Handle<A>>, DiscoverError>
    where
        A: Target + ?Sized + 'static,
    {
        let found = self.discover(url, &self.0.class_of(A::NAME)).await?;
        Ok(found.into_iter().filter_map(|agent| agent.downcast().ok()).collect())
    }
}

impl Exchange for Academy {
    fn peer(&self, address: &Address) -> Option<Arc<dyn Peer>> {
        let endpoint = address.endpoint.as_ref()?;
        self.0.site(endpoint).map(|site| site as Arc<dyn Peer>)
    }

    fn own(&self, address: &Address) -> Option<AgentKey> {
        address.endpoint.as_ref()?;
        self.0.own(address)
    }

    /// None: an address of this wire says less than the node's own.
    fn endpoints(&self) -> Vec<Endpoint> {
        Vec::new()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let hub = self.0.clone();
        async move { hub.close().await }.boxed()
    }
}

impl fmt::Debug for Academy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Academy({})", self.0.door.node_id())
    }
}
