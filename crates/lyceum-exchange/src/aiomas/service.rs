//! Services: what one side of a connection offers to the other, without agents.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::aiomas::{DecodeError, Deserializer, Message, Packet, Proxy, Value, to_value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::driver::{Answered, Answers};
use super::link::Link;
use super::{Exception, RemoteObject};
use crate::arguments::Arguments;

/// What one side of a connection offers to the other: calls by path.
///
/// [`Router`](super::Router) is one that is put together of methods and further services; `()`
/// offers nothing.
pub trait Service: Send + Sync + 'static {
    /// Takes a call. Calls begin in the order in which they came, and end when they are ready.
    fn call(&self, call: RpcCall) -> BoxFuture<'static, Result<Value, Exception>>;
}

/// A call that came in, to be answered with a value.
pub struct RpcCall {
    path: String,
    /// What is left of the path after the routers on the way.
    rest: usize,
    pub(super) arguments: Arguments,
    link: Arc<Link>,
}

impl RpcCall {
    fn new(link: Arc<Link>, path: String, args: Vec<Value>, kwargs: Vec<(String, Value)>) -> Self {
        Self { path, rest: 0, arguments: Arguments::new(args, kwargs), link }
    }

    /// Returns the path from the root of what this side serves.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Takes the next name off the path; empty if there is none.
    pub(super) fn next_name(&mut self) -> String {
        let rest = &self.path[self.rest..];
        let name = rest.split('/').next().unwrap_or_default().to_owned();
        self.rest = (self.rest + name.len() + 1).min(self.path.len());
        name
    }

    /// Returns what is left of the path.
    pub(super) fn rest(&self) -> &str {
        &self.path[self.rest..]
    }

    /// Takes the next argument: by position, or else by name.
    ///
    /// # Errors
    ///
    /// Says, as Python does, that it is missing or given twice, or what was expected.
    pub fn argument<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Exception> {
        let value = self.take(name)?;
        value.ok_or_else(|| Exception::new("TypeError", format!("argument `{name}` is missing")))
    }

    /// Takes the next argument, which may be missing.
    ///
    /// # Errors
    ///
    /// As for [`argument`](Self::argument).
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Exception> {
        let wrong = |why: String| Exception::new("TypeError", format!("argument `{name}`: {why}"));
        let value = match self.arguments.take(name) {
            Ok(Some(value)) => value,
            Ok(None) => return Ok(None),
            Err(_) => return Err(wrong("given both by position and by name".into())),
        };
        let deserializer = Deserializer::new(value, &self.link.profile.types);
        T::deserialize(deserializer).map(Some).map_err(|error| wrong(error.to_string()))
    }

    /// Takes all arguments that are left, by position and by name.
    pub fn rest_of_arguments(&mut self) -> (Vec<Value>, Vec<(String, Value)>) {
        self.arguments.take_rest()
    }

    /// Makes the answer of a result.
    ///
    /// # Errors
    ///
    /// Says why the result is no value of the wire.
    pub fn answer<T: Serialize + ?Sized>(&self, result: &T) -> Result<Value, Exception> {
        Ok(to_value(result, &self.link.profile.types)?)
    }

    /// Checks that no arguments are left.
    ///
    /// # Errors
    ///
    /// Says which one is.
    pub fn no_more_arguments(&self) -> Result<(), Exception> {
        self.arguments.surplus().map_or(Ok(()), |misfit| Err(misfit.into()))
    }

    /// Returns what the other side means by a proxy that it sent.
    pub fn remote(&self, proxy: Proxy) -> RemoteObject {
        RemoteObject::new(self.link.clone(), proxy.path)
    }
}

impl Service for () {
    fn call(&self, mut call: RpcCall) -> BoxFuture<'static, Result<Value, Exception>> {
        let name = call.next_name();
        std::future::ready(Err(Exception::not_found(&name, ""))).boxed()
    }
}

impl<S: Service + ?Sized> Service for Arc<S> {
    fn call(&self, call: RpcCall) -> BoxFuture<'static, Result<Value, Exception>> {
        (**self).call(call)
    }
}

/// Answers requests by the calls of a service.
pub(super) struct ServiceAnswers(pub(super) Arc<dyn Service>);

impl Answers for ServiceAnswers {
    fn answer(
        self: Arc<Self>,
        link: &Arc<Link>,
        request: Packet,
        _: usize,
    ) -> BoxFuture<'static, Answered> {
        let (path, args, kwargs) = match Message::try_from(request) {
            Ok(Message::Request { path, args, kwargs, .. }) => (path, args, kwargs),
            Ok(_) => unreachable!("a request was handed over"),
            Err(error) => return std::future::ready(Err(refusal(&error))).boxed(),
        };
        let (service, link) = (self.0.clone(), link.clone());
        let place = path.clone();
        let call = async move { service.call(RpcCall::new(link, path, args, kwargs)).await };
        let answer = AssertUnwindSafe(call).catch_unwind();
        async move {
            let exception = match answer.await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(exception)) => exception,
                // The text is about the inside of this side.
                Err(_) => Exception::new("Panicked", "the method panicked"),
            };
            Err(exception.traceback(&place).into())
        }
        .boxed()
    }
}

/// Returns what the sender of a request that is none is told.
pub(super) fn refusal(error: &DecodeError) -> Value {
    match error.answer() {
        Some(Message::Exception { text, .. }) => text.into(),
        _ => format!("BadRequest: {error}").into(),
    }
}

impl fmt::Debug for RpcCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RpcCall({})", self.path)
    }
}
