//! Requests of the other side for agents of this one.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, ready};
use lyceum_core::AnyHandle;
use lyceum_core::exchange::{Expects, Incoming, Served};
use lyceum_wire::aiomas::{Message, Packet, Path, Serializer, Value};
use serde::Serialize;

use super::driver::{Answered, Answers};
use super::hub::Hub;
use super::link::Link;
use super::manager::{MANAGER_AID, MANAGER_TYPE};
use super::service::refusal;
use super::session::Session;
use super::{Exception, told};
use crate::arguments::Arguments;
use crate::arrived::ArrivedArguments;

/// Results of a stream that are put into one list; a longer stream is an error.
const STREAM_LIMIT: usize = 65_536;

/// What a request for a method comes to.
pub(super) type Outcome = BoxFuture<'static, Result<Value, Exception>>;

impl Answers for Session {
    fn answer(
        self: Arc<Self>,
        _: &Arc<Link>,
        request: Packet,
        bytes: usize,
    ) -> BoxFuture<'static, Answered> {
        let message = match Message::try_from(request) {
            Ok(message) => message,
            Err(error) => return ready(Err(refusal(&error))).boxed(),
        };
        if let Some(aid) = message.asked_aid() {
            return ready(Ok(self.type_name(aid).into())).boxed();
        }
        let Message::Request { path, args, kwargs, .. } = message else {
            unreachable!("a request was handed over")
        };
        let outcome = self.call(&path, Arguments::new(args, kwargs), bytes);
        match outcome {
            Ok(outcome) => {
                async move { outcome.await.map_err(|exception| exception.traceback(&path).into()) }
                    .boxed()
            }
            Err(exception) => ready(Err(exception.traceback(&path).into())).boxed(),
        }
    }
}

impl Session {
    /// Returns the name of the type of an agent; `None` if there is no such agent.
    fn type_name(&self, aid: &str) -> Option<String> {
        if aid == MANAGER_AID && self.manager().is_some() {
            return Some(MANAGER_TYPE.into());
        }
        let hub = self.hub.upgrade()?;
        let agent = match self.relays.find(aid) {
            Some(shown) => shown,
            None => hub.door.find(&aid.parse().ok()?),
        };
        Some(agent?.type_name().to_owned())
    }

    /// Begins a call.
    fn call(
        self: &Arc<Self>,
        path: &str,
        arguments: Arguments,
        bytes: usize,
    ) -> Result<Outcome, Exception> {
        let (aid, member) = match Path::parse(path) {
            Ok(Path::ToAgent { member: "", .. } | Path::ToRoot { member: "" | "agents" }) => {
                return Err(Exception::new("TypeError", format!("\"{path}\" is no method")));
            }
            Ok(Path::ToAgent { aid, member }) => (aid, member),
            Ok(Path::ToRoot { .. }) => return Err(told::missing(path, 0)),
            Err(error) => return Err(Exception::new("LookupError", error.to_string())),
        };
        if let (MANAGER_AID, Some((manager, node))) = (aid, self.manager()) {
            return manager.clone().call(member, node.clone(), self.clone(), arguments);
        }
        let gone = || Exception::new("Terminated", "the node has ended");
        let hub = self.hub.upgrade().ok_or_else(gone)?;
        if let Some(shown) = self.relays.find(aid) {
            let agent = shown.ok_or_else(|| told::missing(path, 1))?;
            return Ok(self.clone().relay(&hub, agent, path, arguments));
        }
        let agent = aid.parse().ok().and_then(|key| hub.door.find(&key));
        let agent = agent.ok_or_else(|| told::missing(path, 1))?;
        let (agent, action) = innermost(&hub, agent, member);
        self.serve(&hub, &agent, &action, path, arguments, bytes)
    }

    /// Hands a call to an agent.
    fn serve(
        self: &Arc<Self>,
        hub: &Hub,
        agent: &AnyHandle,
        action: &str,
        path: &str,
        arguments: Arguments,
        bytes: usize,
    ) -> Result<Outcome, Exception> {
        let arguments = ArrivedArguments::new(&**self, arguments);
        let is_stream = hub.door.streams(agent, action);
        let incoming = Incoming {
            action,
            arguments: &arguments,
            by_position: false,
            positional: false,
            expects: if is_stream { Expects::Stream } else { Expects::Value },
            // The wire does not say how long the other side waits.
            time_left: None,
            bytes,
            origin: None,
        };
        let serving = hub.door.reviving(|| hub.door.serve(agent, &incoming));
        let serving = serving.map_err(|error| told::exception(&error.widen(), path))?;
        let (session, path) = (self.clone(), path.to_owned());
        Ok(async move {
            match serving.await {
                Ok(served) => session.result(served, &path).await,
                Err(fault) => Err(told::exception(&fault, &path)),
            }
        }
        .boxed())
    }

    /// Returns the result of a call as the other side takes it. A stream becomes a list.
    async fn result(&self, served: Served, path: &str) -> Result<Value, Exception> {
        let mut items = match served {
            Served::Value(value) => return self.write(value.erased()),
            Served::Accepted => return Ok(Value::Null),
            Served::Stream(items) => items,
        };
        let mut list = Vec::new();
        while let Some(item) = items.next().await {
            if list.len() == STREAM_LIMIT {
                let text = format!("a stream of more than {STREAM_LIMIT} results");
                return Err(Exception::new("TooLarge", text));
            }
            let item = item.map_err(|error| told::exception(&error.widen(), path))?;
            list.push(self.write(item.erased())?);
        }
        Ok(list.into())
    }

    fn write(&self, value: &(impl Serialize + ?Sized)) -> Result<Value, Exception> {
        let written = value.serialize(Serializer::new(&self.profile.types).with_handles(self));
        written.map_err(|error| Exception::new("SerializationError", error.to_string()))
    }
}

/// Returns the agent and the action that a member of an agent is.
///
/// `forecast/latest` of the agent `house` is the action `latest` of the agent `house.forecast`, if
/// there is one, or else the action `forecast_latest` of `house`.
fn innermost(hub: &Hub, agent: AnyHandle, member: &str) -> (AnyHandle, String) {
    let Some((within, action)) = member.rsplit_once('/') else { return (agent, member.into()) };
    let inner = agent.name().and_then(|name| {
        let key = format!("{name}.{}", within.replace('/', ".")).parse().ok()?;
        hub.door.find(&key)
    });
    match inner {
        Some(inner) => (inner, action.into()),
        None => (agent, member.replace('/', "_")),
    }
}
