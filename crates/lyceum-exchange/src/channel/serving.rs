//! Calls and questions of the other node, for agents of this one.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::{FuturesUnordered, Stream};
use lyceum_core::exchange::{Expects, Fault, Incoming, OwnError, Served, decode};
use lyceum_core::{AnyHandle, CallError};
use lyceum_wire::link::{
    self, ActionKey, Answer, CHUNK_SIZE, Call, FaultKind, Head, Message, Outcome, PushError,
};
use lyceum_wire::{AgentKey, CodecError, Encoding, Style};
use serde_json::Value;
use tokio::sync::{Semaphore, oneshot};

use super::calls::STREAM_AHEAD;
use super::encoding::Received;
use super::heavy::{HEAVY, Held, Queues};
use super::outflow::Credit;
use super::{Channel, QUESTION_LIMIT, faults, heavy, questions, sending};

/// What the other node asked for and that is not over.
#[derive(Default)]
pub(super) struct Services {
    running: FuturesUnordered<Abortable<Service>>,
    open: HashMap<u64, Open>,
    /// How many of them are calls.
    calls: usize,
    /// How many bytes of large arguments they brought.
    bytes: u64,
    /// Calls behind a large one that is decoded.
    queues: Queues,
}

/// A call or question on its way; it sends its answer itself.
type Service = BoxFuture<'static, u64>;

struct Open {
    abort: AbortHandle,
    load: Load,
}

/// What a call or question takes of what this side allows.
#[derive(Default)]
struct Load {
    is_call: bool,
    /// Of large arguments.
    bytes: u64,
    /// Of a stream of results.
    credit: Option<Credit>,
}

impl Services {
    /// Returns how many calls and questions are not over.
    pub(super) fn len(&self) -> usize {
        self.open.len() + self.queues.len()
    }

    /// Returns whether a call is within what this side allows.
    fn admits(&self, channel: &Channel, id: u64, bytes: u64) -> bool {
        let taken = self.bytes + self.queues.bytes();
        let has_room = taken == 0 || bytes == 0 || taken + bytes <= channel.serving_bytes;
        let calls = self.calls + self.queues.len();
        let is_new = !self.open.contains_key(&id) && !self.queues.has(id);
        calls < channel.serving_limit && has_room && is_new
    }

    /// Runs a service once, and keeps it if it is not over.
    fn start(&mut self, id: u64, load: Load, mut service: Service, cx: &mut Context<'_>) {
        if service.as_mut().poll(cx).is_ready() {
            return;
        }
        let (abort, registration) = AbortHandle::new_pair();
        self.running.push(Abortable::new(service, registration));
        self.calls += usize::from(load.is_call);
        self.bytes += load.bytes;
        self.open.insert(id, Open { abort, load });
    }

    /// Takes out what is over.
    fn close(&mut self, id: u64) -> Option<Open> {
        let open = self.open.remove(&id)?;
        self.calls -= usize::from(open.load.is_call);
        self.bytes -= open.load.bytes;
        Some(open)
    }

    /// Goes on with all of them.
    pub(super) fn poll(&mut self, channel: &Arc<Channel>, cx: &mut Context<'_>) {
        while let Some((agent, mut queue)) = self.queues.poll(cx) {
            while let Some(held) = queue.pop_front() {
                if let Some(held) = self.queues.hold(&agent, held) {
                    self.hand_over(channel, held, cx);
                }
            }
        }
        while let Poll::Ready(Some(ended)) = Pin::new(&mut self.running).poll_next(cx) {
            // One that was aborted was taken out by who did that.
            if let Ok(id) = ended {
                self.close(id);
            }
        }
    }

    /// Ends a service whose caller gave up; false if it was over.
    pub(super) fn cancel(&mut self, id: u64) -> bool {
        if self.queues.cancel(id) {
            return true;
        }
        let open = self.close(id);
        if let Some(open) = &open {
            open.abort.abort();
        }
        open.is_some()
    }

    /// Allows so many results more.
    pub(super) fn allow(&self, id: u64, count: u32) {
        if let Some(credit) = self.open.get(&id).and_then(|open| open.load.credit.as_ref()) {
            // More than the window was not earned.
            let room = (STREAM_AHEAD as usize).saturating_sub(credit.available_permits());
            credit.add_permits(room.min(count as usize));
        }
    }

    /// Hands a call to its agent.
    pub(super) fn call(
        &mut self,
        channel: &Arc<Channel>,
        call: Call,
        body: Bytes,
        cx: &mut Context<'_>,
    ) {
        let id = call.id;
        let bytes = if body.len() > CHUNK_SIZE { body.len() as u64 } else { 0 };
        if !self.admits(channel, id, bytes) {
            let why = "more calls were sent than the window allows, or one number twice";
            return channel
                .answer_fault(id, link::Fault::new(FaultKind::Overloaded, why).started(false));
        }
        if channel.is_stopping() {
            let fault = link::Fault::new(FaultKind::Terminated, "the node is about to stop");
            return channel.answer_fault(id, fault.started(false));
        }
        let mut held = Held { call, body, bytes };
        if !self.queues.is_empty()
            && let Some(agent) = channel.door.find(&held.call.to)
        {
            match self.queues.hold(&agent.key(), held) {
                Some(back) => held = back,
                None => return,
            }
        }
        self.hand_over(channel, held, cx);
    }

    /// Hands a call to its agent that no earlier one is in the way of.
    fn hand_over(&mut self, channel: &Arc<Channel>, held: Held, cx: &mut Context<'_>) {
        let (id, encoding, bytes) = (held.call.id, held.call.encoding, held.bytes);
        let credit = (held.call.reply == link::Reply::Stream)
            .then(|| Arc::new(Semaphore::new(STREAM_AHEAD as usize)));
        let flow = credit.clone();
        let heavy = channel.beside.as_ref().filter(|_| held.body.len() >= HEAVY);
        let agent = heavy.and_then(|_| channel.door.find(&held.call.to));
        let service = match (heavy, agent) {
            (Some(runtime), Some(agent)) => {
                let (sender, handed_over) = oneshot::channel();
                self.queues.begin(agent.key(), handed_over);
                heavy::serve(channel, runtime, held, flow, sender)
            }
            _ => {
                let serving = match begin(channel, &held.call, held.body) {
                    Ok(serving) => serving,
                    Err(fault) => return channel.answer_fault(id, fault),
                };
                let channel = channel.clone();
                Box::pin(async move {
                    channel.serve(id, encoding, serving.await, flow, false).await;
                    id
                })
            }
        };
        self.start(id, Load { is_call: true, bytes, credit }, service, cx);
    }

    /// Answers a question.
    pub(super) fn question(
        &mut self,
        channel: &Arc<Channel>,
        id: u64,
        to: Option<&AgentKey>,
        what: link::Question,
        cx: &mut Context<'_>,
    ) {
        if self.len() - self.calls >= QUESTION_LIMIT || self.open.contains_key(&id) {
            let why = "there are too many questions at once, or one number twice";
            return channel.told(id, Err(link::Fault::new(FaultKind::Overloaded, why)));
        }
        if to.is_none()
            && let link::Question::Agents(filter) = what
        {
            let agents = channel.door.agents(&questions::filter(filter));
            let channel = channel.clone();
            let service = Box::pin(async move {
                channel.tell(id, Ok(serde_json::json!(agents))).await;
                id
            });
            return self.start(id, Load::default(), service, cx);
        }
        if to.is_none()
            && let link::Question::Clock(question) = what
        {
            let channel = channel.clone();
            let service = Box::pin(async move {
                let answer = channel.answer_clock(question).await;
                channel.tell(id, answer).await;
                id
            });
            return self.start(id, Load::default(), service, cx);
        }
        let agent = to.and_then(|key| channel.door.find(key));
        let answer = match (agent, questions::of_link(what)) {
            (Some(agent), Some(question)) => channel.door.answer(&agent, question),
            (None, _) => return channel.told(id, Err(no_agent(to))),
            (Some(_), None) => {
                let fault = link::Fault::new(FaultKind::UnknownAction, "no such question");
                return channel.told(id, Err(fault));
            }
        };
        let channel = channel.clone();
        let service = Box::pin(async move {
            let answer = answer.await.map_err(|error| faults::to_link(&error.widen()));
            channel.tell(id, answer).await;
            id
        });
        self.start(id, Load::default(), service, cx);
    }
}

fn no_agent(key: Option<&AgentKey>) -> link::Fault {
    let detail = match key {
        Some(key) => format!("the node has no agent `{key}`"),
        None => "the question is about no agent".into(),
    };
    link::Fault::new(FaultKind::NoSuchAgent, detail).started(false)
}

/// Decodes a call, and finds its agent.
pub(super) fn begin(
    channel: &Channel,
    call: &Call,
    body: Bytes,
) -> Result<lyceum_core::exchange::Serving, link::Fault> {
    let agent = channel.door.find(&call.to).ok_or_else(|| no_agent(Some(&call.to)))?;
    let action = match &call.action {
        ActionKey::Name(name) => name,
        ActionKey::Typed { name, fingerprint } => {
            check_type(channel, &agent, name, *fingerprint)?;
            name
        }
    };
    let bytes = body.len();
    let arguments = Received::new(call.encoding, body, channel.plain_limit());
    let incoming = Incoming {
        action,
        arguments: &arguments,
        by_position: call.encoding.style == Style::Positional,
        positional: call.encoding.style == Style::Positional && !call.encoding.codec.has_names(),
        expects: match call.reply {
            link::Reply::Result => Expects::Value,
            link::Reply::Stream => Expects::Stream,
            link::Reply::Receipt => Expects::Acceptance,
        },
        time_left: call.time_left,
        bytes,
        origin: Some(channel.door.arrive(sending::origin_of(call, channel))),
    };
    let serving = channel.door.reviving(|| channel.door.serve(&agent, &incoming));
    serving.map_err(|error| faults::to_link(&error.widen()))
}

/// Checks that both sides take the action for the same.
fn check_type(
    channel: &Channel,
    agent: &AnyHandle,
    action: &str,
    theirs: lyceum_wire::Fingerprint,
) -> Result<(), link::Fault> {
    match channel.door.fingerprint(agent, action) {
        Some(ours) if ours == theirs => Ok(()),
        Some(_) => {
            let detail = format!("`{action}` has another type here");
            Err(link::Fault::new(FaultKind::Mismatch, detail).started(false))
        }
        // The agent's own answer says which actions there are.
        None => Ok(()),
    }
}

impl Channel {
    /// Sends what came of a call; a result that is likely large is encoded beside this thread.
    pub(super) async fn serve(
        &self,
        id: u64,
        encoding: Encoding,
        result: Result<Served, Fault>,
        credit: Option<Credit>,
        is_heavy: bool,
    ) {
        match result {
            Ok(Served::Value(value)) => {
                let encode = move || value.encode(encoding);
                let encoded = match &self.beside {
                    Some(runtime) if is_heavy => match runtime.spawn_blocking(encode).await {
                        Ok(encoded) => encoded,
                        Err(error) => Err(CodecError::Encode {
                            codec: encoding.codec.name(),
                            source: Box::new(error),
                        }),
                    },
                    _ => encode(),
                };
                match encoded {
                    Ok((encoding, bytes)) => {
                        self.answer(id, Outcome::Result(encoding), bytes.into()).await;
                    }
                    Err(error) => {
                        let fault = link::Fault::new(FaultKind::Codec, error.to_string());
                        self.answer(id, Outcome::Fault(fault.started(true)), Bytes::new()).await;
                    }
                }
            }
            Ok(Served::Stream(results)) => {
                self.answer(id, Outcome::Streaming, Bytes::new()).await;
                if let Some(credit) = credit {
                    self.pour(id, encoding, results, &credit).await;
                }
            }
            Ok(_) => self.answer(id, Outcome::Accepted, Bytes::new()).await,
            Err(CallError::Action(own)) => {
                let (outcome, body) = own_error(own);
                self.answer(id, outcome, body).await;
            }
            Err(error) => {
                self.answer(id, Outcome::Fault(faults::to_link(&error)), Bytes::new()).await;
            }
        }
    }

    async fn answer(&self, id: u64, outcome: Outcome, body: Bytes) {
        let head = Head::Answer(Answer { id, outcome });
        match self.push(Message::with_body(head, body)).await {
            Ok(()) => {}
            Err(PushError::Full(_)) => tracing::debug!(id, "an answer was lost with its channel"),
            Err(refused) => {
                let why = std::error::Error::source(&refused).map(ToString::to_string);
                let fault = link::Fault::new(FaultKind::TooLarge, why.unwrap_or_default());
                self.answer_fault(id, fault.started(true));
            }
        }
    }

    /// Answers that a call failed, if need be past the bounds of the outbox: there is at most one
    /// such answer for each call of the window.
    pub(super) fn answer_fault(&self, id: u64, fault: link::Fault) {
        let head = Head::Answer(Answer { id, outcome: Outcome::Fault(fault) });
        self.push_small(Message::new(head));
    }

    fn told(&self, id: u64, told: Result<Value, link::Fault>) {
        let (outcome, body) = told_parts(told);
        self.push_small(Message::with_body(Head::Told { id, outcome }, body));
    }

    async fn tell(&self, id: u64, told: Result<Value, link::Fault>) {
        let (outcome, body) = told_parts(told);
        let told = self.push(Message::with_body(Head::Told { id, outcome }, body)).await;
        // If the channel has ended, nobody wants to know.
        if let Err(PushError::Refused { reason, .. }) = told {
            let fault = link::Fault::new(FaultKind::TooLarge, reason.to_string());
            self.told(id, Err(fault.started(true)));
        }
    }

    /// Confirms that a call was given up.
    pub(super) fn confirm_cancel(&self, id: u64) {
        self.answer_fault(id, link::Fault::new(FaultKind::Cancelled, "the caller gave up"));
    }
}

fn told_parts(told: Result<Value, link::Fault>) -> (Outcome, Bytes) {
    match told.map(|value| Encoding::JSON.encode(&value)) {
        Ok(Ok((encoding, bytes))) => (Outcome::Result(encoding), bytes.into()),
        Ok(Err(error)) => {
            let fault = link::Fault::new(FaultKind::Codec, error.to_string());
            (Outcome::Fault(fault), Bytes::new())
        }
        Err(fault) => (Outcome::Fault(fault), Bytes::new()),
    }
}

/// Encodes an action's own error, for who may not have its type.
fn own_error(own: OwnError) -> (Outcome, Bytes) {
    let value = own.value.and_then(|value| decode::<Value>(&*value).ok());
    let encoded = value.and_then(|value| Encoding::JSON.encode(&value).ok());
    let (value, body) = match encoded {
        Some((encoding, bytes)) => (Some(encoding), Bytes::from(bytes)),
        None => (None, Bytes::new()),
    };
    let (kind, text) = (link::Text::new(own.kind), link::Text::new(own.text));
    (Outcome::Failed { kind, text, value }, body)
}
