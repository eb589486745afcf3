//! Sites: the agents of an exchange, as the core sees them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::exchange::{ByName, Expects, Fault, Outgoing, Peer, Question, Reply, Request};
use lyceum_core::{CallError, CallFault, Undelivered};
use lyceum_wire::academy::EntityId;
use lyceum_wire::{Address, AgentKey, Endpoint};
use serde_json::Value as Json;

use super::answer::{reply, unanswered};
use super::calling::{Asking, Sent, Stuck, request};
use super::hub::Hub;
use super::service::Service;
use super::session::Session;
use super::url::{Speech, uid_of};
use super::{MailboxError, OpenError, Promise};
use crate::departing::fault;

/// How old the last sign of life of an agent may be that is taken for alive, as Academy has it.
pub(super) const STALE: Duration = Duration::from_secs(90);

/// The agents of an exchange, by one of its URLs.
pub(super) struct Site {
    this: Weak<Self>,
    hub: Weak<Hub>,
    /// What the addresses of its agents have.
    url: Endpoint,
    way: Result<(Arc<Session>, Speech), Arc<OpenError>>,
    /// Which agent goes by the name of a class, once somebody asked.
    found: Mutex<Option<(AgentKey, EntityId)>>,
}

impl Site {
    pub(super) fn new(
        hub: &Arc<Hub>,
        url: Endpoint,
        service: Result<Arc<Service>, OpenError>,
        speech: Option<Speech>,
    ) -> Arc<Self> {
        let way = match (service, speech) {
            (Ok(service), Some(speech)) => {
                Ok((Arc::new(Session { service, url: url.clone() }), speech))
            }
            (Err(error), _) => Err(Arc::new(error)),
            (Ok(_), None) => Err(Arc::new(OpenError::Url(url.to_string()))),
        };
        let hub = Arc::downgrade(hub);
        Arc::new_cyclic(|this| Self { this: this.clone(), hub, url, way, found: Mutex::default() })
    }

    /// Returns the exchange.
    pub(super) fn service(&self) -> Result<&Arc<Service>, Stuck> {
        self.session().map(|(session, _)| &session.service)
    }

    fn session(&self) -> Result<(&Arc<Session>, Speech), Stuck> {
        match &self.way {
            Ok((session, speech)) => Ok((session, *speech)),
            Err(error) => Err(MailboxError::Unreachable(error.to_string()).into()),
        }
    }

    /// Returns the id of an agent: what is no number is the name of a class or of an agent, and
    /// means one that is alive if there is one.
    pub(super) async fn resolve(&self, agent: &AgentKey) -> Result<EntityId, Stuck> {
        if let Some(uid) = uid_of(agent) {
            return Ok(EntityId::agent(uid, None));
        }
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, id)) = known.filter(|(key, _)| key == agent) {
            return Ok(id);
        }
        let mailbox = self.service()?.user();
        let (class, asked) = (agent.to_string(), mailbox.clone());
        let id = self
            .on_node(async move {
                let mut found = asked.discover(&class, true).await?;
                if found.is_empty() {
                    found = asked.named(&class).await?;
                }
                for id in &found {
                    let beat = asked.last_heartbeat(id).await.ok().flatten();
                    if beat.is_some_and(|ago| ago < STALE) {
                        return Ok(id.clone());
                    }
                }
                found.into_iter().next().ok_or(MailboxError::Unknown)
            })
            .await?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((agent.clone(), id.clone()));
        Ok(id)
    }

    /// Runs a question to the exchange on the node's runtime, whoever waits.
    pub(super) async fn on_node<T: Send + 'static>(
        &self,
        question: impl Future<Output = Result<T, MailboxError>> + Send + 'static,
    ) -> Result<T, Stuck> {
        let hub = self.hub.upgrade().ok_or(Stuck::Mailbox(MailboxError::Ended))?;
        let asked = hub.door.spawn(question);
        drop(hub);
        Ok(asked.await.unwrap_or(Err(MailboxError::Ended))?)
    }

    /// Forgets which agent goes by the name of a class, if that one is gone.
    fn look_again<E>(&self, error: CallError<E>) -> CallError<E> {
        if matches!(error, CallError::NoSuchAgent(_) | CallError::Terminated(_)) {
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        error
    }

    async fn send_message(&self, agent: &AgentKey, sent: Request) -> Result<Reply, Fault> {
        // The rest of the request has no place on this wire.
        let Request { message, expects, from, time_left, durable, by_name, .. } = sent;
        let promise = Promise { durable, time_left };
        let fault = self.fault(agent, message.action());
        // Locked by nobody else: it lets the message be looked at from wherever the future is.
        let message = Mutex::new(message);
        let promised = (promise, by_name);
        let asked = self.ask_action(agent, &message, from.as_ref(), promised, expects).await;
        let mut message = message.into_inner().ok();
        let undelivered =
            || -> Option<Undelivered> { message.take().and_then(Outgoing::undelivered) };
        let answered = match asked {
            Ok((_, sent)) if expects == Expects::Acceptance => match sent.accepted().await {
                Ok(()) => return Ok(Reply::Accepted),
                Err(stuck) => Err(stuck),
            },
            Ok((session, sent)) => sent.answer().await.map(|answer| (session, answer)),
            Err(stuck) => Err(stuck),
        };
        let reply = match answered {
            Ok((session, Some(answer))) => reply(session, answer, expects, fault, undelivered),
            Ok((_, None)) => return Err(unanswered(fault)),
            Err(stuck) => Err(stuck.into_error(fault, undelivered)),
        };
        reply.map_err(|error| self.look_again(error))
    }

    async fn ask_action(
        &self,
        agent: &AgentKey,
        message: &Mutex<Box<dyn Outgoing>>,
        from: Option<&Address>,
        (promise, by_name): (Promise, Option<ByName>),
        expects: Expects,
    ) -> Result<(Arc<Session>, Sent), Stuck> {
        let to = self.resolve(agent).await?;
        let (session, speech) = self.session()?;
        let promise = Promise { durable: promise.durable || speech.durable, ..promise };
        let by_name = by_name.filter(|_| !promise.durable);
        let body = {
            let message = message.lock().unwrap_or_else(PoisonError::into_inner);
            // What is durable, or awaited by nobody, outlives the patience of who sends it.
            let is_bound = expects != Expects::Acceptance && !promise.durable;
            request(&**message, session, speech, promise.time_left.filter(|_| is_bound))?
        };
        let sent = session.service.request(Asking { from, to, body, promise, by_name }).await?;
        Ok((session.clone(), sent))
    }

    pub(super) fn fault(&self, agent: &AgentKey, action: &str) -> Box<CallFault> {
        fault(self.address(agent), action)
    }
}

impl Peer for Site {
    fn address(&self, agent: &AgentKey) -> Address {
        Address { node: None, endpoint: Some(self.url.clone()), agent: agent.clone() }
    }

    fn keeps_messages(&self) -> bool {
        let service = self.service();
        service.is_ok_and(|service| service.user().keeps_messages())
    }

    fn send(&self, agent: &AgentKey, request: Request) -> BoxFuture<'static, Result<Reply, Fault>> {
        let this = self.this.upgrade().expect("a site is behind a counted reference");
        let agent = agent.clone();
        async move { this.send_message(&agent, request).await }.boxed()
    }

    fn ask(
        &self,
        agent: &AgentKey,
        question: Question,
    ) -> BoxFuture<'static, Result<Json, CallError>> {
        let this = self.this.upgrade().expect("a site is behind a counted reference");
        let agent = agent.clone();
        async move { this.inquire(&agent, question).await }.boxed()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({})", self.url)
    }
}
