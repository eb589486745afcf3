//! Messages on their way to another node.

use std::fmt;
use std::future::ready;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, TryFutureExt, select};
use lyceum_wire::{Address, CodecError, Encoding, Fingerprint, Style, TraceContext};
use serde::ser::{SerializeMap, SerializeTuple};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{ByName, Caller, Encoded, Hop, Remote, Reply, decode};
use crate::call::{CallOptions, CallResult};
use crate::cell;
use crate::clock::{Sleep, Time};
use crate::error::{CallFault, Failure, Undelivered};
use crate::handle::reviving;
use crate::route::{Arguments, WireMessage};
use crate::{ActionInfo, CallError, Message, Recipient, TellError};

/// What is known of an action that is called by name.
const NO_ACTION: ActionInfo = ActionInfo::new("", "", lyceum_wire::AccessKind::Shared);

/// Why a durable message does not leave.
const KEEPS_NOTHING: &str = "the exchange keeps no messages, so that none of them can be durable";

/// A message on its way to another node, whatever its type.
pub trait Outgoing: Send + fmt::Debug {
    /// Returns the name of the action.
    fn action(&self) -> &str;

    /// Returns the fingerprint of what the sender takes the action for, where it has a type.
    ///
    /// Where the other side has the same, the arguments may be laid out by position alone.
    fn fingerprint(&self) -> Option<Fingerprint>;

    /// Returns the arguments, to be encoded.
    fn arguments(&self, style: Style) -> Box<dyn erased_serde::Serialize + '_>;

    /// Encodes the arguments in one of Lyceum's own encodings.
    ///
    /// # Errors
    ///
    /// Says why they have no form there.
    fn encode(&self, encoding: Encoding) -> Result<(Encoding, Vec<u8>), CodecError> {
        encoding.encode(&*self.arguments(encoding.style))
    }

    /// Returns the arguments as JSON, where the sender has no type for them.
    fn json(&self) -> Option<&Arguments> {
        None
    }

    /// Returns the message to its sender; `None` where it is not one that can be sent again.
    fn undelivered(self: Box<Self>) -> Option<Undelivered>;
}

/// What the sender of a message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// One value.
    Value,
    /// A stream of values.
    Stream,
    /// That the message was accepted.
    Acceptance,
}

/// A message with all that its way needs.
#[derive(Debug)]
pub struct Request {
    /// The message.
    pub message: Box<dyn Outgoing>,
    /// What the sender waits for.
    pub expects: Expects,
    /// How long the sender waits.
    pub time_left: Option<Duration>,
    /// Whether the message is to be kept until it is answered, whoever dies meanwhile. Only asked
    /// of a peer that [keeps messages](super::Peer::keeps_messages).
    pub durable: bool,
    /// What is left to the exchange because the sender has no type for the action; nothing where
    /// it is durable anyway, or cannot be.
    pub by_name: Option<ByName>,
    /// The calls between nodes that led here, this one the last.
    pub hops: Vec<Hop>,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
    /// Who sends it, where that is an agent or a user.
    pub from: Option<Address>,
}

/// An action's own error, as it arrived.
pub struct OwnError {
    /// The error itself, where it could be encoded.
    pub value: Option<Box<dyn Encoded>>,
    /// The name of its type.
    pub kind: String,
    /// Its text.
    pub text: String,
}

impl fmt::Debug for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.text)
    }
}

/// What is known of a message once the thread that sends it was looked at.
struct Departure {
    caller: Caller,
    deadline: u64,
    durable: bool,
    /// What is left open, and the deadline if the action is durable.
    by_name: Option<(ByName, u64)>,
}

impl Departure {
    fn new(target: &Recipient, info: &ActionInfo, options: &CallOptions) -> Self {
        let caller = Caller::depart(&target.node, options.one_way);
        let own = options.deadline(&target.node, info);
        // A durable message outlives its sender, and the deadline of who called that one.
        let is_free = options.one_way || options.durable;
        let deadline = if is_free { own } else { own.min(cell::current_deadline()) };
        Self { caller, deadline, durable: options.durable, by_name: None }
    }

    /// Leaves to the exchange whether the message is durable, if it can be and nobody said so.
    fn leave_open(&mut self, target: &Recipient, remote: &Remote, options: &CallOptions) {
        if options.durable || !remote.peer().keeps_messages() {
            return;
        }
        let deadline = options.durable().deadline(&target.node, &NO_ACTION);
        let left = time_left(deadline, target.node.clock.now());
        self.by_name = Some((ByName::new(left), deadline));
    }

    /// Returns until when the sender waits, and until when if it turns out to be durable.
    fn limits(&self) -> Limits {
        Limits { deadline: self.deadline, by_name: self.by_name.clone() }
    }

    fn request(&mut self, node_now: Time, message: Box<dyn Outgoing>, expects: Expects) -> Request {
        Request {
            message,
            expects,
            time_left: time_left(self.deadline, node_now),
            durable: self.durable,
            by_name: self.by_name.as_ref().map(|(by_name, _)| by_name.clone()),
            hops: std::mem::take(&mut self.caller.hops),
            trace: self.caller.trace,
            from: self.caller.from.take(),
        }
    }
}

/// Until when a sender waits.
struct Limits {
    deadline: u64,
    by_name: Option<(ByName, u64)>,
}

impl Limits {
    /// Returns until when the sender waits after its deadline: its action is durable, which it did
    /// not know.
    fn later(&self) -> Option<u64> {
        let (by_name, later) = self.by_name.as_ref()?;
        (by_name.is_durable() && *later > self.deadline).then_some(*later)
    }
}

/// Returns how long it is until a deadline; none if there is none.
fn time_left(deadline: u64, now: Time) -> Option<Duration> {
    let left = deadline.saturating_sub(now.nanos());
    (deadline != u64::MAX).then(|| Duration::from_nanos(left))
}

/// Sends a message of a known type to another node, and waits for its answer.
///
/// Whoever runs on this thread is its caller; the message leaves when the future is polled.
pub(crate) fn far<M: Message>(
    target: &Recipient,
    remote: &Remote,
    message: M,
    options: &CallOptions,
) -> BoxFuture<'static, CallResult<M>> {
    let Some(wire) = M::wire() else {
        return Box::pin(ready(Err(CallError::UnknownAction(is_local(remote, message)))));
    };
    let expects = if wire.stream { Expects::Stream } else { Expects::Value };
    let mut departure = Departure::new(target, M::INFO, options);
    let (target, remote) = (target.clone(), remote.clone());
    Box::pin(async move {
        let request = departure.request(target.node.clock.now(), wire.travel(message), expects);
        let sent = send(&target, &remote, request, departure.limits(), M::INFO.name).await;
        let own = |own| own_error::<M>(&target, own);
        let reply = sent.map_err(|fault| fault.map_action(own))?;
        (wire.output)(&target, reply)
            .map_err(|why| CallError::Codec(remote.fault(M::INFO.name).detail(why.0).started(true)))
    })
}

/// Sends a message of a known type to another node, one way.
pub(crate) fn far_tell<M: Message>(
    target: &Recipient,
    remote: &Remote,
    message: M,
    options: &CallOptions,
) -> BoxFuture<'static, Result<(), TellError>> {
    let Some(wire) = M::wire() else {
        return Box::pin(ready(Err(TellError::UnknownAction(is_local(remote, message)))));
    };
    let mut departure = Departure::new(target, M::INFO, options);
    let (target, remote) = (target.clone(), remote.clone());
    Box::pin(async move {
        let message = wire.travel(message);
        let request = departure.request(target.node.clock.now(), message, Expects::Acceptance);
        let sent = send(&target, &remote, request, departure.limits(), M::INFO.name).await;
        // An action's own error is none of a sender that does not wait for it.
        sent.map(drop).or_else(|fault| TellError::of_call(fault).map_or(Ok(()), Err))
    })
}

fn is_local<M: Message>(remote: &Remote, message: M) -> Box<CallFault> {
    let fault = remote.fault(M::INFO.name).returning(Undelivered::new(message));
    fault.detail("the action is local: its arguments cannot leave the process")
}

/// Turns an action's own error into its type, where that can be done.
fn own_error<M: Message>(target: &Recipient, own: OwnError) -> CallError<M::Error> {
    let wire = M::wire().expect("the message left by its wire");
    let typed = own.value.as_deref();
    let typed = typed.and_then(|value| reviving(&target.node, || (wire.error)(value)));
    match typed {
        Some(error) => CallError::Action(error),
        None => CallError::Failed(Box::new(failure(M::INFO.name, own))),
    }
}

fn failure(action: &str, own: OwnError) -> Failure {
    let value = own.value.and_then(|value| decode(&*value).ok()).unwrap_or(Value::Null);
    Failure { action: action.into(), kind: own.kind, text: own.text, value }
}

/// Sends a message that is JSON to another node.
pub(crate) fn far_any(
    target: &Recipient,
    remote: &Remote,
    message: Box<dyn Outgoing>,
    expects: Expects,
    options: &CallOptions,
) -> BoxFuture<'static, Result<Reply, CallError>> {
    let mut departure = Departure::new(target, &NO_ACTION, options);
    departure.leave_open(target, remote, options);
    let (target, remote) = (target.clone(), remote.clone());
    Box::pin(async move {
        let action = message.action().to_owned();
        let request = departure.request(target.node.clock.now(), message, expects);
        let sent = send(&target, &remote, request, departure.limits(), &action).await;
        sent.map_err(|fault| {
            fault.map_action(|own| CallError::Failed(Box::new(failure(&action, own))))
        })
    })
}

/// Sends a request, and gives up at the deadline.
async fn send(
    target: &Recipient,
    remote: &Remote,
    request: Request,
    limits: Limits,
    action: &str,
) -> Result<Reply, super::Fault> {
    // Whoever leads there knows neither the type nor the address that the caller knows.
    let named = |mut error: super::Fault| {
        if let Some(fault) = error.fault_mut() {
            fault.agent = remote.type_name().into();
            fault.address = remote.address();
        }
        error
    };
    if request.durable && !remote.peer().keeps_messages() {
        let fault = remote.fault(action).with_detail(KEEPS_NOTHING).with_started(false);
        return Err(CallError::UnknownAction(fault.with_message(request.message.undelivered())));
    }
    let mut answer = remote.peer().send(remote.agent(), request).map_err(named);
    let mut deadline = limits.deadline;
    loop {
        if deadline == u64::MAX {
            return target.node.driven(answer).await;
        }
        let patience = Sleep::until(target.node.clone(), Time::from_nanos(deadline));
        match target.node.driven(select(answer, patience)).await {
            Either::Left((answered, _)) => return answered,
            Either::Right((_, waiting)) => match limits.later().filter(|later| *later > deadline) {
                Some(later) => (answer, deadline) = (waiting, later),
                None => return Err(CallError::Timeout(remote.fault(action))),
            },
        }
    }
}

/// The arguments of a typed message, to be encoded.
pub(super) struct ArgumentsOf<'m, M>(pub(super) &'m M, pub(super) Style);

impl<M: WireMessage> Serialize for ArgumentsOf<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut count = 0;
        self.0.visit(&mut |_, _| count += 1);
        let mut failed = None;
        match self.1 {
            Style::Positional => {
                let mut tuple = serializer.serialize_tuple(count)?;
                self.0.visit(&mut |_, value| {
                    if failed.is_none() {
                        failed = tuple.serialize_element(value).err();
                    }
                });
                failed.map_or_else(|| tuple.end(), Err)
            }
            Style::SelfDescribing => {
                let mut map = serializer.serialize_map(Some(count))?;
                self.0.visit(&mut |name, value| {
                    if failed.is_none() {
                        failed = map.serialize_entry(name, value).err();
                    }
                });
                failed.map_or_else(|| map.end(), Err)
            }
        }
    }
}
