//! What is asked of an agent by name, until it is sent.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use lyceum_wire::{AccessKind, Fingerprint, Style};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::super::CallOptions;
use crate::cell::Place;
use crate::error::{CallFault, Undelivered};
use crate::exchange::{Expects, Outgoing, Remote, Reply, decode, far_any};
use crate::route::{Answer, Arguments, Route, Underway};
use crate::stream::Results;
use crate::{ActionInfo, AgentRef, CallError, Recipient};

/// Why an action with one value is called otherwise.
const ONE: &str = "it answers with one value, which `call` receives";
/// Why an action with many values is called otherwise.
const STREAM: &str = "it answers with a stream of results, which `stream` receives";

/// What is asked of an agent: an action with its arguments, until it is sent.
pub(super) struct Request<'h> {
    pub(super) target: &'h Recipient,
    pub(super) options: CallOptions,
    message: Option<Result<(Way, Arguments), CallError>>,
}

/// How the action is reached.
enum Way {
    Route(AgentRef, &'static Route),
    /// On another node, which knows whether there is such an action.
    Far(Remote, String),
}

/// What a request comes to.
type Later<T> = BoxFuture<'static, Result<T, CallError>>;

impl<'h> Request<'h> {
    pub(super) fn new(
        target: &'h Recipient,
        action: &str,
        arguments: Arguments,
        options: CallOptions,
    ) -> Self {
        let options = target.timeout().map_or(options, |timeout| options.or_within(timeout));
        let way = match target.place() {
            Place::There(remote) => Ok(Way::Far(remote.clone(), action.into())),
            Place::Here(agent) => match agent.route(action) {
                Some(route) => Ok(Way::Route(agent.clone(), route)),
                None => Err(unknown(target, action, &known_actions(agent))),
            },
        };
        Self { target, options, message: Some(way.map(|way| (way, arguments))) }
    }

    fn take(&mut self) -> Result<(Way, Arguments), CallError> {
        self.message.take().expect("a message is sent once")
    }

    /// Takes the message of a call that is to be answered with a stream or with one value.
    fn take_call(&mut self, stream: bool) -> Result<(Way, Arguments), CallError> {
        match self.take()? {
            (Way::Route(_, route), _) if route.stream != stream => {
                Err(unknown(self.target, route.name, if stream { ONE } else { STREAM }))
            }
            message => Ok(message),
        }
    }

    /// Calls the action; the message leaves when the future is polled.
    pub(super) fn call(&mut self, stream: bool) -> Result<Later<Answer>, CallError> {
        Ok(match self.take_call(stream)? {
            (Way::Route(agent, route), arguments) => (route.call)(agent, arguments, self.options),
            (Way::Far(remote, action), arguments) => self.leave(&remote, action, arguments, stream),
        })
    }

    /// Starts the call at once.
    pub(super) fn send(&mut self) -> Result<Box<dyn Underway>, CallError> {
        match self.take_call(false)? {
            (Way::Route(agent, route), arguments) => (route.send)(&agent, arguments, self.options),
            (Way::Far(remote, action), arguments) => {
                let answer = self.leave(&remote, action, arguments, false);
                Ok(Box::new(Ahead(self.target.node.ahead(answer))))
            }
        }
    }

    /// Sends the message one way.
    pub(super) fn tell(&mut self) -> Result<Later<()>, CallError> {
        Ok(match self.take()? {
            (Way::Route(agent, route), arguments) => (route.tell)(agent, arguments, self.options),
            (Way::Far(remote, action), arguments) => self.leave_one_way(&remote, action, arguments),
        })
    }

    /// Sends the message one way, now or not at all; to another node, as soon as its channel can.
    pub(super) fn tell_now(&mut self) -> Result<(), CallError> {
        match self.take()? {
            (Way::Route(agent, route), arguments) => {
                (route.tell_now)(&agent, arguments, self.options)
            }
            (Way::Far(remote, action), arguments) => {
                let told = self.leave_one_way(&remote, action, arguments);
                self.target.node.send_off(told);
                Ok(())
            }
        }
    }

    fn leave(
        &self,
        remote: &Remote,
        action: String,
        arguments: Arguments,
        stream: bool,
    ) -> Later<Answer> {
        let expects = if stream { Expects::Stream } else { Expects::Value };
        let message = Box::new(JsonMessage { action, arguments });
        let (target, remote) = (self.target.untimed().clone(), remote.clone());
        let reply = far_any(&target, &remote, message, expects, &self.options);
        Box::pin(async move {
            match reply.await? {
                Reply::Value(value) => decode(&*value).map(Answer::Value).map_err(|why| {
                    CallError::Codec(remote.fault("call").with_detail(why.0).with_started(true))
                }),
                Reply::Stream(items) => Ok(Answer::Stream(Results::of_stream(&target, items))),
                Reply::Accepted => Ok(Answer::Value(Value::Null)),
            }
        })
    }

    fn leave_one_way(&self, remote: &Remote, action: String, arguments: Arguments) -> Later<()> {
        let message = Box::new(JsonMessage { action, arguments });
        let options = CallOptions { one_way: true, ..self.options };
        let reply = far_any(self.target, remote, message, Expects::Acceptance, &options);
        Box::pin(async move { reply.await.map(drop) })
    }
}

/// A call to another node that was sent ahead.
struct Ahead(Later<Answer>);

impl Underway for Ahead {
    fn has_started(&self) -> bool {
        false
    }
}

impl Future for Ahead {
    type Output = Result<Answer, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.as_mut().poll(cx)
    }
}

/// A message with JSON arguments on its way to another node.
#[derive(Debug)]
struct JsonMessage {
    action: String,
    arguments: Arguments,
}

impl Outgoing for JsonMessage {
    fn action(&self) -> &str {
        &self.action
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        None
    }

    fn arguments(&self, _: Style) -> Box<dyn erased_serde::Serialize + '_> {
        Box::new(&self.arguments)
    }

    fn json(&self) -> Option<&Arguments> {
        Some(&self.arguments)
    }

    fn undelivered(self: Box<Self>) -> Option<Undelivered> {
        None
    }
}

/// Arguments by position are an array, and those by name an object. Where there are both, names
/// cannot be told from positions.
impl Serialize for Arguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.positional().is_empty(), self.named().is_empty()) {
            (_, true) => self.positional().serialize(serializer),
            (true, false) => self.named().serialize(serializer),
            (false, false) => Err(serde::ser::Error::custom(
                "arguments were given both by position and by name: expected one of them",
            )),
        }
    }
}

#[cold]
pub(super) fn unknown(target: &Recipient, action: &str, why: &str) -> CallError {
    let info = ActionInfo::new("", "", AccessKind::Shared);
    let mut fault = CallFault::new(target, &info).detail(why).started(false);
    fault.action = action.into();
    CallError::UnknownAction(fault)
}

/// Names the actions that an agent has, for who called one that it does not.
pub(crate) fn known_actions(agent: &AgentRef) -> String {
    let actions = agent.describe().actions;
    let names: Vec<_> = actions.into_iter().map(|action| action.name).collect();
    if names.is_empty() { "it has none".into() } else { format!("it has {}", names.join(", ")) }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request(of {:?})", self.target)
    }
}
