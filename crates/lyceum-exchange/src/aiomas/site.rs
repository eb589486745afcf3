//! Sites: other containers, as the core sees them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::exchange::{Expects, Fault, Outgoing, Peer, Question, Reply, Request};
use lyceum_core::{CallError, CallFault, Undelivered};
use lyceum_wire::aiomas::{Message, ValueError};
use lyceum_wire::{Address, AgentKey, Endpoint};
use serde_json::Value as Json;

use super::calls::Answer;
use super::dialer::Dialer;
use super::hub::Hub;
use super::link::{Link, LinkError, Sent};
use super::place::Place;
use super::refusal;
use super::session::Session;
use super::{Closed, OpenError};
use crate::arrived::value_reply;
use crate::departing::{Given, arguments, fault};

/// How often a message is given to a connection before it counts as lost; it never left before.
const TRY_LIMIT: usize = 2;

/// Another container: who leads to its agents.
pub(super) struct Site {
    this: Weak<Self>,
    hub: Arc<Hub>,
    /// What the addresses of its agents have.
    endpoint: Endpoint,
    place: Place,
    way: Way,
}

/// How it is reached.
enum Way {
    /// By a connection that is opened when it is needed.
    Dialed(Arc<Dialer>),
    /// By the connection of that number, which it opened, as long as that lasts.
    Accepted(u64),
    /// Not at all.
    Nowhere(Arc<OpenError>),
}

/// Why a message did not leave.
pub(super) enum Stuck {
    Open(Arc<OpenError>),
    Closed(Closed),
    Gone,
    Full,
    TooLarge(String),
    Value(String),
}

impl Site {
    /// Makes the site of who listens at an endpoint.
    pub(super) fn dialed(hub: Arc<Hub>, endpoint: Endpoint) -> Arc<Self> {
        let url = super::place::without_place(&endpoint);
        let way = match hub.dialer(&url) {
            Ok(dialer) => Way::Dialed(dialer),
            Err(error) => Way::Nowhere(Arc::new(error)),
        };
        Self::new(hub, endpoint, way)
    }

    /// Makes the site of who opened a connection.
    pub(super) fn accepted(hub: Arc<Hub>, endpoint: Endpoint, number: u64) -> Arc<Self> {
        Self::new(hub, endpoint, Way::Accepted(number))
    }

    fn new(hub: Arc<Hub>, endpoint: Endpoint, way: Way) -> Arc<Self> {
        let place = Place::of(&endpoint);
        Arc::new_cyclic(|this| Self { this: this.clone(), hub, endpoint, place, way })
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Returns the connection, and what it is to agents.
    async fn connection(&self) -> Result<(Arc<Link>, Arc<Session>), Stuck> {
        match &self.way {
            Way::Dialed(dialer) => {
                let connection = dialer.connection().await.map_err(Stuck::Open)?;
                Ok((connection.link, connection.session))
            }
            Way::Accepted(number) => {
                let accepted = self.hub.accepted(*number).ok_or(Stuck::Gone)?;
                Ok((accepted.link, accepted.session))
            }
            Way::Nowhere(error) => Err(Stuck::Open(error.clone())),
        }
    }

    /// Sends a request whose arguments `given` makes for the connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future sends nothing.
    pub(super) async fn send_to(
        &self,
        path: &str,
        mut given: impl FnMut(&Session) -> Result<Given, ValueError>,
    ) -> Result<(Sent, Arc<Session>), Stuck> {
        let mut tries = 0;
        loop {
            let (link, session) = self.connection().await?;
            let (args, kwargs) =
                given(&session).map_err(|error| Stuck::Value(error.to_string()))?;
            let (codec, path) = (session.profile.codec, path.to_owned());
            let encode = |id| codec.encode(&Message::Request { id, path, args, kwargs });
            tries += 1;
            match link.send(encode).await {
                Ok(sent) => return Ok((sent, session)),
                // It was closed just now: a new connection may have more luck.
                Err(LinkError::NotSent(_)) if tries < TRY_LIMIT => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn send_message(
        &self,
        agent: AgentKey,
        message: Box<dyn Outgoing>,
        expects: Expects,
    ) -> Result<Reply, Fault> {
        let path = self.place.path(&agent, message.action());
        let fault = self.fault(&agent, message.action());
        // Locked by nobody else: it lets the message be looked at from wherever the future is.
        let message = Mutex::new(message);
        let given = |session: &Session| {
            let message = message.lock().unwrap_or_else(PoisonError::into_inner);
            arguments(&**message, session)
        };
        let sent = self.send_to(&path, given).await;
        let undelivered = || message.into_inner().ok().and_then(Outgoing::undelivered);
        let (sent, session) = match sent {
            Ok(sent) => sent,
            Err(stuck) => return Err(stuck.into_error(fault, undelivered())),
        };
        if expects == Expects::Acceptance {
            return Ok(Reply::Accepted);
        }
        match sent.answer().await {
            Ok(Answer::Result(value)) => value_reply(session, value, expects, fault),
            Ok(Answer::Exception(content)) => {
                Err(refusal::of_exception(content, &path, fault, undelivered))
            }
            Ok(Answer::Unreadable(why)) => {
                Err(CallError::Codec(fault.with_detail(why.to_string()).with_started(true)))
            }
            Err(closed) => Err(CallError::Disconnected(fault.with_detail(closed.to_string()))),
        }
    }

    pub(super) fn fault(&self, agent: &AgentKey, action: &str) -> Box<CallFault> {
        fault(self.address(agent), action)
    }

    /// Waits for the end of the connection that a message would take now.
    pub(super) async fn lost(&self) -> Result<Closed, Stuck> {
        let (link, _) = self.connection().await?;
        Ok(link.closed().await)
    }

    /// Sends a request for the type of an agent.
    pub(super) async fn ask_aid(&self, agent: &AgentKey) -> Result<Sent, Stuck> {
        let (link, session) = self.connection().await?;
        let (codec, aid) = (session.profile.codec, agent.to_string());
        Ok(link.send(|id| codec.encode(&Message::validate_aid(id, &aid))).await?)
    }
}

impl Stuck {
    /// Returns the error of a message that did not leave, with the message.
    pub(super) fn into_error<E>(
        self,
        fault: Box<CallFault>,
        message: Option<Undelivered>,
    ) -> CallError<E> {
        let fault = fault.with_message(message);
        match self {
            Self::Open(error) => CallError::Disconnected(fault.with_detail(error.with_cause())),
            Self::Closed(closed) => CallError::Disconnected(fault.with_detail(closed.to_string())),
            Self::Gone => {
                let detail = "the connection over which it was given has ended";
                CallError::Disconnected(fault.with_detail(detail))
            }
            Self::Full => {
                CallError::Overloaded(fault.with_detail("too many calls wait for their answers"))
            }
            Self::TooLarge(why) => CallError::TooLarge(fault.with_detail(why)),
            Self::Value(why) => CallError::Codec(fault.with_detail(why)),
        }
    }
}

impl From<LinkError> for Stuck {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Encode(error) => Self::Value(error.to_string()),
            LinkError::Frame(error) => Self::TooLarge(error.to_string()),
            LinkError::Full => Self::Full,
            LinkError::NotSent(closed) => Self::Closed(closed),
        }
    }
}

impl Peer for Site {
    fn address(&self, agent: &AgentKey) -> Address {
        Address { node: None, endpoint: Some(self.endpoint.clone()), agent: agent.clone() }
    }

    fn send(&self, agent: &AgentKey, request: Request) -> BoxFuture<'static, Result<Reply, Fault>> {
        let this = self.this.upgrade().expect("a site is behind a counted reference");
        let agent = agent.clone();
        // The rest of the request has no place on this wire.
        let Request { message, expects, .. } = request;
        async move { this.send_message(agent, message, expects).await }.boxed()
    }

    fn ask(
        &self,
        agent: &AgentKey,
        question: Question,
    ) -> BoxFuture<'static, Result<Json, CallError>> {
        let this = self.this.upgrade().expect("a site is behind a counted reference");
        let agent = agent.clone();
        async move { this.answer(&agent, question).await }.boxed()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({})", self.endpoint)
    }
}
