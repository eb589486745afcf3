//! Requests of this side's agents and programs, and the way back of their answers.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_core::exchange::{ByName, Outgoing};
use lyceum_wire::Address;
use lyceum_wire::academy::{
    ActionRequest, Body, EntityId, Message, Serialization, Unread, Uuid, Value, payload,
};

use super::bulk;
use super::pending::{Expected, Refused};
use super::service::Service;
use super::session::Session;
use super::url::Speech;
use super::{Asked, Mailbox, MailboxError, Promise};
use crate::departing::arguments;

/// Why a request did not leave, or has no answer.
#[derive(Debug)]
pub(super) enum Stuck {
    Mailbox(MailboxError),
    /// Too many requests wait.
    Full,
    /// A value has no form there.
    Value(String),
}

impl From<MailboxError> for Stuck {
    fn from(error: MailboxError) -> Self {
        Self::Mailbox(error)
    }
}

/// Makes the body of a message for an agent. Arguments with a type go by position.
pub(super) fn request(
    message: &dyn Outgoing,
    session: &Session,
    speech: Speech,
    time_left: Option<Duration>,
) -> Result<Body, Stuck> {
    let (args, kwargs) =
        arguments(message, session).map_err(|why| Stuck::Value(why.to_string()))?;
    let write = |value: Value| {
        payload::write(speech.arguments, &value).map_err(|why| Stuck::Value(why.to_string()))
    };
    let kwargs = kwargs.into_iter().map(|(name, value)| (Value::Text(name), value));
    Ok(Body::ActionRequest(ActionRequest {
        action: message.action().to_owned(),
        serialization: speech.arguments,
        result_serialization: Some(speech.results),
        // A traceback says more than a pickled exception, and can always be written.
        exception_serialization: Some(Serialization::Json),
        pargs: write(Value::List(args))?,
        kargs: write(Value::Map(kwargs.collect()))?,
        time_left_millis: time_left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
    }))
}

/// A request to be sent.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    /// The agent of this node that asks, where it is one.
    pub(super) from: Option<&'a Address>,
    pub(super) to: EntityId,
    pub(super) body: Body,
    pub(super) promise: Promise,
    /// What the sender leaves open, as it has no type for the action.
    pub(super) by_name: Option<ByName>,
}

impl Asking<'_> {
    /// Makes the request durable, if that is known of its action.
    fn decide(&mut self, service: &Service) {
        let Body::ActionRequest(request) = &self.body else { return };
        let known = service.knows_durable(self.to.uid, &request.action);
        let by_name = self.by_name.take_if(|_| known.is_some());
        if let Some(by_name) = by_name.filter(|_| known == Some(true)) {
            make_durable(&by_name, &mut self.body, &mut self.promise);
        }
    }
}

/// Makes a request durable that does not say so.
fn make_durable(by_name: &ByName, body: &mut Body, promise: &mut Promise) {
    *promise = Promise { durable: true, time_left: by_name.make_durable() };
    if let Body::ActionRequest(request) = body {
        // What is durable outlives the patience of who sends it.
        request.time_left_millis = None;
    }
}

/// A request that was sent. Dropping it before its answer cancels the action.
pub(super) struct Sent {
    service: Arc<Service>,
    /// The mailbox of an agent that asks.
    from: Option<Arc<dyn Mailbox>>,
    to: EntityId,
    expected: Expected,
    /// What says that the exchange has it, unless that was waited for.
    accepting: Option<Asked<()>>,
    /// Whether somebody is to be told if nobody waits any more.
    is_cancelled: bool,
    /// Whether the exchange is asked about the action first: what is durable is not taken back.
    by_name: Option<ByName>,
}

impl Service {
    /// Sends a request to an agent, from the mailbox that the sender has here.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the request may be there or not; if it is, it is cancelled.
    pub(super) async fn request(self: &Arc<Self>, asking: Asking<'_>) -> Result<Sent, Stuck> {
        let mut asking = asking;
        asking.decide(self);
        let Asking { from, to, mut body, mut promise, by_name } = asking;
        let own = from.and_then(|from| self.hub.upgrade()?.own(from));
        let from = own.and_then(|agent| self.mailbox_of(&agent));
        let expected = self.pending.expect(self.uuid()).map_err(|refused| match refused {
            Refused::Full => Stuck::Full,
            Refused::Closed => Stuck::Mailbox(MailboxError::Ended),
        })?;
        let lane = self.lane(to.uid);
        // What is durable outlives who asks for it.
        let is_cancelled = matches!(body, Body::ActionRequest(_)) && !promise.durable;
        let (service, own, dest, tag) = (self.clone(), from.clone(), to.clone(), expected.tag);
        let mut sent = Sent {
            service: self.clone(),
            from,
            to,
            expected,
            accepting: None,
            is_cancelled,
            by_name: by_name.clone(),
        };
        let is_ready = by_name.is_none() && self.is_ready();
        let free = lane.clone().try_lock_owned().ok().filter(|_| is_ready);
        if let Some(_turn) = free
            && let mailbox = own.clone().unwrap_or_else(|| self.user())
            && mailbox.keeps_order()
            && !bulk::may_exceed(&body, mailbox.message_limit())
        {
            let request = self.asking(&*mailbox, dest, tag, body);
            sent.accepting = Some(mailbox.send(&request, promise));
            return Ok(sent);
        }
        // Whoever came first goes first.
        let turn = lane.lock_owned().await;
        // On the node's runtime, whoever waits.
        let sending = self.door.spawn(async move {
            let _turn = turn;
            service.open().await?;
            let from = own.unwrap_or_else(|| service.user());
            if let (Some(by_name), Body::ActionRequest(request)) = (by_name, &body)
                && service.ask_durable(&*from, dest.uid, &request.action).await?
            {
                make_durable(&by_name, &mut body, &mut promise);
            }
            let request = service.asking(&*from, dest, tag, body);
            match (from.send(&request, promise).await, &service.bulk) {
                (Err(MailboxError::TooLarge(why)), Some(bulk)) => {
                    bulk.send(&*from, request, promise, why).await
                }
                (sent, _) => sent,
            }
        });
        match sending.await.unwrap_or(Err(MailboxError::Ended)) {
            Ok(()) => Ok(sent),
            Err(error) => {
                sent.forget();
                Err(error.into())
            }
        }
    }
}

impl Service {
    /// Makes a request, which says whether its answer may come by reference.
    fn asking(&self, from: &dyn Mailbox, to: EntityId, tag: Uuid, body: Body) -> Message {
        let mut request = Message::request(from.id().clone(), to, tag, body);
        if self.bulk.is_some() {
            request.header.label = Some(bulk::TAKES_REFERENCES);
        }
        request
    }

    /// Returns an answer as a whole: what came may refer to it.
    async fn whole(&self, answer: Option<Message<Unread>>) -> Option<Message<Unread>> {
        let answer = answer?;
        match &self.bulk {
            Some(bulk) if bulk::may_refer(&answer.body) => {
                let bulk = bulk.clone();
                // On the node's runtime, whoever waits.
                self.door.spawn(async move { bulk.whole(answer).await }).await
            }
            _ => Some(answer),
        }
    }
}

impl Sent {
    /// Waits for the answer; `None` if there will be none.
    ///
    /// # Errors
    ///
    /// The exchange did not take the request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the action.
    pub(super) async fn answer(mut self) -> Result<Option<Message<Unread>>, Stuck> {
        if let Some(accepting) = self.accepting.take() {
            match select(pin!(self.expected.answer()), accepting).await {
                Either::Left((answer, _)) => {
                    self.is_cancelled = false;
                    return Ok(self.service.whole(answer).await);
                }
                Either::Right((Ok(()), _)) => {}
                Either::Right((Err(error), _)) => {
                    self.is_cancelled = false;
                    return Err(error.into());
                }
            }
        }
        let answer = self.expected.answer().await;
        self.is_cancelled = false;
        Ok(self.service.whole(answer).await)
    }

    /// Waits until the exchange has the request, and lets the action go on.
    ///
    /// # Errors
    ///
    /// The exchange did not take it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the action.
    pub(super) async fn accepted(mut self) -> Result<(), Stuck> {
        let accepted = match self.accepting.take() {
            Some(accepting) => accepting.await,
            None => Ok(()),
        };
        self.forget();
        Ok(accepted?)
    }

    /// Waits for nothing, and lets the action go on.
    fn forget(mut self) {
        self.is_cancelled = false;
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if !self.is_cancelled || self.service.door.is_closed() {
            return;
        }
        let body = Body::CancelRequest { target_tag: self.expected.tag };
        let mailbox = self.from.clone().unwrap_or_else(|| self.service.user());
        let (from, to) = (mailbox.id().clone(), self.to.clone());
        let message = Message::request(from, to, self.service.uuid(), body);
        let lane = self.service.lane(self.to.uid);
        let by_name = self.by_name.take();
        self.service.spawn(async move {
            let _turn = lane.lock_owned().await;
            if by_name.is_some_and(|by_name| by_name.is_durable()) {
                return;
            }
            // Whoever gave up does not wait, and the action may be over anyway.
            let _ = mailbox.send(&message, Promise::default()).await;
        });
    }
}
