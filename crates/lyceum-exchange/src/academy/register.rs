//! Registering: an agent of the node gets a mailbox on an exchange.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::AnyHandle;
use lyceum_wire::academy::{EntityId, Uuid};
use lyceum_wire::{Address, Endpoint};

use super::deliveries;
use super::hub::Hub;
use super::reception::Held;
use super::requests::Requests;
use super::service::Service;
use super::session::Session;
use super::url::address_of;
use super::{Attributes, Mailbox, MailboxStats, OpenError, url};

/// The class that all agents of Academy descend from.
pub(super) const ROOT: &str = "academy.agent.Agent";

/// Attributes of one mailbox.
const ATTRIBUTE_LIMIT: usize = 64;

/// Why an agent's actions are not said to be durable.
const TOO_DURABLE: OpenError =
    OpenError::Attributes("at most 96 durable actions, with names of at most 128 bytes");

/// Bytes of a name, or of the name or the value of an attribute.
const TEXT_LIMIT: usize = 4096;

/// A mailbox in the making; await it. Made by
/// [`AcademyExt::register_mailbox`](super::AcademyExt::register_mailbox).
///
/// # Cancel safety
///
/// If it is dropped, the mailbox may exist, and nobody serves it.
#[must_use = "this does nothing unless awaited"]
pub struct Register {
    hub: Arc<Hub>,
    url: String,
    agent: AnyHandle,
    uid: Option<Uuid>,
    name: Option<String>,
    class: Option<String>,
    also: Vec<String>,
    attributes: Attributes,
    terminates: bool,
}

/// An agent of the node that has a mailbox on an exchange of Academy's, for as long as the agent,
/// its node and the mailbox live. Dropping this changes nothing.
#[derive(Clone)]
pub struct Registered(Arc<Requests>);

impl Register {
    pub(super) fn new(hub: Arc<Hub>, url: &str, agent: &AnyHandle) -> Self {
        Self {
            hub,
            url: url.into(),
            agent: agent.clone(),
            uid: None,
            name: None,
            class: None,
            also: Vec::new(),
            attributes: Attributes::new(),
            terminates: true,
        }
    }

    /// Takes the mailbox of that number, and what waits in it, rather than a new one.
    pub fn id(mut self, uid: Uuid) -> Self {
        self.uid = Some(uid);
        self
    }

    /// Sets what people call the agent; its name on the node, unless set.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the class by which it is found: `app.agents.Counter`. Otherwise it is what
    /// [`name_class`](super::Academy::name_class) says of its type, or `lyceum.` and the type.
    pub fn class(mut self, class: &str) -> Self {
        self.class = Some(class.into());
        self
    }

    /// Adds a class that it counts as one of, after its own and its interfaces.
    pub fn also(mut self, class: &str) -> Self {
        self.also.push(class.into());
        self
    }

    /// Sets an attribute by which it is [found](super::Academy::discover_with). What the last
    /// program said that held the mailbox counts, as for its name and classes; at a server of
    /// Academy's own that has no Redis it is what the first one said.
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Keeps the mailbox when the agent ends: messages wait in it for the next one with its
    /// [`id`](Self::id). A shutdown by Academy may say otherwise.
    pub fn keep(mut self) -> Self {
        self.terminates = false;
        self
    }

    async fn run(self) -> Result<Registered, OpenError> {
        let url = self.hub.plain(&url::parse(&self.url)?);
        let service = self.hub.service_at(&url)?;
        let uid = self.uid.unwrap_or_else(|| self.hub.uuid());
        let (ancestors, durable) = self.ancestors(uid).await?;
        let name = self.name.clone().or_else(|| self.agent.name());
        let id = EntityId::agent(uid, name);
        let mailbox = service.user().open(id);
        self.check_texts(&*mailbox)?;
        let (mut attributes, door) = (self.attributes.clone(), self.hub.door.clone());
        attributes.extend(durable);
        let held = Held { mailbox, ancestors: Some(ancestors), attributes, door };
        let session = Session { service: service.clone(), url: service.url.clone() };
        let (agent, terminates) = (self.agent.clone(), self.terminates);
        let requests = Requests::new(Arc::new(session), held, agent, terminates);
        let requests = Arc::new(requests);
        if !service.enlist(&requests) {
            return Err(OpenError::Twice);
        }
        // On the node's runtime, whoever waits.
        let held = requests.held.clone();
        let (opening, registering) = (service.clone(), async move {
            held.register().await?;
            // It counts as alive from now on, and not a little later.
            held.mailbox.heartbeat().await
        });
        let made = self.hub.door.spawn(async move {
            opening.open().await?;
            registering.await
        });
        match made.await {
            Some(Ok(())) => {}
            Some(Err(cause)) => {
                service.forget(requests.id().uid);
                return Err(OpenError::Exchange { url: Box::new(url), cause });
            }
            None => return Err(OpenError::Ended),
        }
        service.spawn(requests.clone().live());
        Ok(Registered(requests))
    }

    /// Checks what the agent is to be found by.
    fn check_texts(&self, mailbox: &dyn Mailbox) -> Result<(), OpenError> {
        if self.attributes.len() > ATTRIBUTE_LIMIT {
            return Err(OpenError::Attributes("at most 64 of them"));
        }
        let texts = self.attributes.iter().flat_map(|(name, value)| [name, value]);
        let name = mailbox.id().name.as_ref();
        if texts.chain(name).any(|text| text.len() > TEXT_LIMIT) {
            return Err(OpenError::Attributes("names and values of at most 4096 bytes"));
        }
        Ok(())
    }

    /// Returns the names that the agent is found by, and what says which actions are durable.
    async fn ancestors(&self, uid: Uuid) -> Result<(Vec<String>, Attributes), OpenError> {
        let elsewhere = || OpenError::Elsewhere(format!("{:?}", self.agent));
        let is_own = self.agent.address().node == Some(self.hub.door.node_id());
        let found = self.hub.door.find(&self.agent.key()).filter(|_| is_own);
        let found = found.ok_or_else(elsewhere)?;
        let description = found.describe().await.map_err(|_| elsewhere())?;
        let durable = deliveries::attributes(&description, uid).ok_or(TOO_DURABLE)?;
        let class = match &self.class {
            Some(class) => class.clone(),
            None => self.hub.class_of(found.type_name()),
        };
        let interfaces = description.interfaces.iter().map(|own| self.hub.class_of(own));
        let mut names: Vec<String> = std::iter::once(class).chain(interfaces).collect();
        names.extend(self.also.iter().cloned());
        names.push(ROOT.into());
        match names.iter().find(|name| !is_class(name)) {
            Some(name) => Err(OpenError::Class(name.clone())),
            None => Ok((names, durable)),
        }
    }
}

/// Returns whether a text is a dotted name, as the exchange keeps them with commas between.
pub(super) fn is_class(name: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty()
            && part.chars().all(|letter| letter.is_alphanumeric() || "_<>".contains(letter))
    };
    name.len() <= 512 && name.split('.').all(is_name)
}

impl IntoFuture for Register {
    type Output = Result<Registered, OpenError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.run().boxed()
    }
}

impl Registered {
    /// Returns the id of the mailbox: what Python calls the agent by.
    pub fn id(&self) -> &EntityId {
        self.0.id()
    }

    /// Returns the address by which other nodes reach the agent over the exchange.
    pub fn address(&self) -> Address {
        address_of(&self.service().url, self.id().uid)
    }

    /// Returns the URL of the exchange.
    pub fn url(&self) -> &Endpoint {
        &self.service().url
    }

    fn service(&self) -> &Arc<Service> {
        &self.0.session.service
    }

    /// Returns what passed through the mailbox.
    ///
    /// # Errors
    ///
    /// The exchange does not say.
    pub async fn stats(&self) -> Result<MailboxStats, OpenError> {
        let mailbox: Arc<dyn Mailbox> = self.0.mailbox().clone();
        let asked = self.service().door.spawn(async move { mailbox.stats(mailbox.id()).await });
        let url = || Box::new(self.url().clone());
        let stats = asked.await.ok_or(OpenError::Ended)?;
        stats.map_err(|cause| OpenError::Exchange { url: url(), cause })
    }

    /// Stops to serve the mailbox, in which messages wait from then on. The agent lives on.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing: it goes on by itself.
    pub async fn stop(&self) {
        self.finish(false).await;
    }

    /// Ends the mailbox for good. The agent lives on.
    ///
    /// # Cancel safety
    ///
    /// As for [`stop`](Self::stop).
    pub async fn terminate(&self) {
        self.finish(true).await;
    }

    /// Returns whether another program holds the mailbox by now: this one is refused.
    pub fn is_replaced(&self) -> bool {
        self.0.is_replaced()
    }

    async fn finish(&self, terminates: bool) {
        self.0.end(terminates);
        self.ended().await;
    }

    /// Waits until the mailbox is not served any more: the agent, the mailbox or this has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn ended(&self) {
        self.0.ended().await;
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Register").field("url", &self.url).finish_non_exhaustive()
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registered({})", self.id())
    }
}
