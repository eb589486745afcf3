//! The verbs of routes: a message made of JSON is called, sent ahead, or told.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use lyceum_wire::ActionDescription;
use schemars::SchemaGenerator;
use serde_json::Value;

use super::serve::Serves;
use super::{Answer, Arguments, WireMessage, arguments, description};
use crate::call::{Call, CallOptions, CallResult, Pending, Tell};
use crate::error::{CallFault, Failure};
use crate::handle::reviving;
use crate::stream::Results;
use crate::support::ActionOutput;
use crate::{AgentRef, CallError, Message, Recipient};

/// How an action's result is told to callers without its type.
pub(super) trait Answers<M: Message>: Serves<M> {
    fn describe(schemas: &mut SchemaGenerator) -> ActionDescription;
    fn encode(target: &Recipient, result: CallResult<M>) -> Result<Answer, CallError>;
}

/// One value.
pub(super) enum One {}

/// A stream of values.
pub(super) enum Many {}

/// A call that was sent ahead, whatever its action.
pub(crate) trait Underway:
    Future<Output = Result<Answer, CallError>> + Send + Unpin
{
    /// Returns whether the action has started.
    fn has_started(&self) -> bool;
}

struct Sent<M: Message, E> {
    pending: Pending<M>,
    encoding: PhantomData<fn() -> E>,
}

impl<M: WireMessage<Output: ActionOutput>> Answers<M> for One {
    fn describe(schemas: &mut SchemaGenerator) -> ActionDescription {
        let result = schemas.subschema_for::<M::Output>();
        description::<M>(schemas, result, false)
    }

    fn encode(target: &Recipient, result: CallResult<M>) -> Result<Answer, CallError> {
        let output = result.map_err(forget::<M>)?;
        serde_json::to_value(&output).map(Answer::Value).map_err(|error| {
            let fault = CallFault::new(target, M::INFO).detail(error.to_string());
            CallError::Codec(fault.started(true))
        })
    }
}

impl<M, T> Answers<M> for Many
where
    M: WireMessage<Output = Results<T>>,
    T: ActionOutput + Send + 'static,
{
    fn describe(schemas: &mut SchemaGenerator) -> ActionDescription {
        let result = schemas.subschema_for::<T>();
        description::<M>(schemas, result, true)
    }

    fn encode(_: &Recipient, result: CallResult<M>) -> Result<Answer, CallError> {
        let results = result.map_err(forget::<M>)?;
        // A value that cannot be encoded is told apart by its place, not by an end of the stream.
        let encode = |item: T| serde_json::to_value(item).unwrap_or(Value::Null);
        Ok(Answer::Stream(results.map_items(encode)))
    }
}

pub(super) fn call<M: WireMessage, E: Answers<M>>(
    target: AgentRef,
    arguments: Arguments,
    options: CallOptions,
) -> BoxFuture<'static, Result<Answer, CallError>> {
    Box::pin(async move {
        let options = options.or_encoded_bytes(|| arguments.encoded_len());
        let message = decode::<M>(&target, arguments)?;
        E::encode(
            target.recipient(),
            Call::with_options(target.recipient(), message, options).await,
        )
    })
}

pub(super) fn send<M: WireMessage, E: Answers<M>>(
    target: &AgentRef,
    arguments: Arguments,
    options: CallOptions,
) -> Result<Box<dyn Underway>, CallError> {
    let options = options.or_encoded_bytes(|| arguments.encoded_len());
    let message = decode::<M>(target, arguments)?;
    let pending = Call::with_options(target.recipient(), message, options).send();
    Ok(Box::new(Sent::<M, E> { pending, encoding: PhantomData }))
}

pub(super) fn tell<M: WireMessage>(
    target: AgentRef,
    arguments: Arguments,
    options: CallOptions,
) -> BoxFuture<'static, Result<(), CallError>> {
    Box::pin(async move {
        let options = options.or_encoded_bytes(|| arguments.encoded_len());
        let message = decode::<M>(&target, arguments)?;
        Ok(Tell::with_options(target.recipient(), message, options).await?)
    })
}

pub(super) fn tell_now<M: WireMessage>(
    target: &AgentRef,
    arguments: Arguments,
    options: CallOptions,
) -> Result<(), CallError> {
    let options = options.or_encoded_bytes(|| arguments.encoded_len());
    let message = decode::<M>(target, arguments)?;
    Ok(Tell::with_options(target.recipient(), message, options).now()?)
}

impl<M: WireMessage, E: Answers<M>> Underway for Sent<M, E> {
    fn has_started(&self) -> bool {
        self.pending.has_started()
    }
}

impl<M: WireMessage, E: Answers<M>> Future for Sent<M, E> {
    type Output = Result<Answer, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let result = ready!(Pin::new(&mut this.pending).poll(cx));
        Poll::Ready(E::encode(this.pending.target(), result))
    }
}

fn decode<M: WireMessage>(target: &AgentRef, arguments: Arguments) -> Result<M, CallError> {
    // Handles, and whatever else belongs to a node, are for the agent's.
    let made =
        reviving(&target.recipient().node, || arguments::from_json(arguments, M::from_arguments));
    made.map_err(|why| CallError::bad_arguments(target.recipient(), M::INFO, &why))
}

/// Turns an action's own error into text, for callers that have no type for it.
fn forget<M: WireMessage>(error: CallError<M::Error>) -> CallError {
    error.map_action(|error| {
        CallError::Failed(Box::new(Failure {
            action: M::INFO.name.into(),
            kind: std::any::type_name::<M::Error>().into(),
            text: M::error_text(&error),
            value: M::error_value(&error),
        }))
    })
}
