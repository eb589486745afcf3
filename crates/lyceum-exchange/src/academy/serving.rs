//! Actions of our agents, as Academy calls them.

use std::future::ready;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use lyceum_core::exchange::{Expects, Incoming, Origin, Served, Serving};
use lyceum_wire::academy::{ActionRequest, Body, Header, Payload, Serialization, Value};
use lyceum_wire::aiomas::Serializer;
use serde::Serialize;
use tokio::task::unconstrained;

use super::bulk::{self, Room};
use super::describe::described;
use super::failure::Failure;
use super::inquiry::DESCRIBE;
use super::requests::{REQUEST_LIMIT, Requests};
use crate::arguments::Arguments;
use crate::arrived::ArrivedArguments;

/// Results of a stream that are put into one list; a longer stream is an error.
const STREAM_LIMIT: usize = 65_536;

impl Requests {
    /// Hands an action to the agent, and answers when it is done.
    pub(super) fn serve_action(
        self: Arc<Self>,
        header: Header,
        request: &ActionRequest,
        attempt: u32,
        room: Option<Room>,
    ) -> BoxFuture<'static, ()> {
        let (tag, for_exception) = (header.tag, request.for_exception());
        if self.is_full() {
            return self.refuse(header, for_exception);
        }
        let action = match self.begin(request, attempt) {
            Ok(action) => action,
            Err(failure) => return self.answer(header, failure.body(for_exception)),
        };
        let (this, for_result) = (self.clone(), request.for_result());
        let work = async move {
            let _room = room;
            let outcome = match action {
                Begun::Serving(serving) => this.outcome(serving.await, for_result).await,
                Begun::Describe => match this.agent.describe().await {
                    Ok(description) => Ok(described(&description, for_result)),
                    Err(error) => Err(Failure::of(&error.widen())),
                },
            };
            match outcome {
                Ok(result) => Body::ActionResponse(result),
                Err(failure) => failure.body(for_exception),
            }
        };
        // There was room just now, and nobody else takes it.
        self.run(tag, work, header);
        ready(()).boxed()
    }

    /// Refuses an action: there are as many as may be.
    pub(super) fn refuse(
        self: &Arc<Self>,
        header: Header,
        for_exception: Serialization,
    ) -> BoxFuture<'static, ()> {
        let text = format!("expected at most {REQUEST_LIMIT} requests at a time");
        self.answer(header, Failure::overloaded(text).body(for_exception))
    }

    /// Begins an action: in the order in which the requests came.
    fn begin(&self, request: &ActionRequest, attempt: u32) -> Result<Begun, Failure> {
        let (args, kwargs) = request
            .arguments(bulk::limits())
            .map_err(|why| Failure::unreadable(why.to_string()))?;
        let arguments = ArrivedArguments::new(&*self.session, Arguments::new(args, kwargs));
        let door = &self.session.service.door;
        let is_stream = door.streams(&self.agent, &request.action);
        let incoming = Incoming {
            action: &request.action,
            arguments: &arguments,
            by_position: false,
            positional: false,
            expects: if is_stream { Expects::Stream } else { Expects::Value },
            // Academy does not say how long it waits.
            time_left: request.time_left_millis.map(Duration::from_millis),
            bytes: request.pargs.len() + request.kargs.len(),
            origin: (attempt > 1).then(|| Origin::redelivered(attempt).into()),
        };
        if request.action == DESCRIBE && door.fingerprint(&self.agent, DESCRIBE).is_none() {
            return Ok(Begun::Describe);
        }
        let serving = door.reviving(|| door.serve(&self.agent, &incoming));
        let mut serving = serving.map_err(|error| Failure::of(&error.widen()))?;
        // It takes its place in the mailbox when it is first polled, whatever else this task did
        // before, for which tokio would let it wait.
        let first = unconstrained(&mut serving).poll_unpin(&mut Context::from_waker(Waker::noop()));
        match first {
            Poll::Ready(served) => Ok(Begun::Serving(ready(served).boxed())),
            Poll::Pending => Ok(Begun::Serving(serving)),
        }
    }

    /// Returns the result of an action as the other side takes it. A stream becomes a list.
    async fn outcome(
        &self,
        served: Result<Served, lyceum_core::exchange::Fault>,
        how: Serialization,
    ) -> Result<Payload, Failure> {
        let value = match served.map_err(|fault| Failure::of(&fault))? {
            Served::Value(value) => self.write(value.erased())?,
            Served::Accepted => Value::Null,
            Served::Stream(mut items) => {
                let mut list = Vec::new();
                while let Some(item) = items.next().await {
                    if list.len() == STREAM_LIMIT {
                        let text = format!("a stream of more than {STREAM_LIMIT} results");
                        return Err(Failure::too_large(text));
                    }
                    let item = item.map_err(|error| Failure::of(&error.widen()))?;
                    list.push(self.write(item.erased())?);
                }
                Value::List(list)
            }
        };
        Payload::of(how, &value).map_err(|error| unwritable(&error))
    }

    fn write(&self, value: &(impl Serialize + ?Sized)) -> Result<Value, Failure> {
        let session = &*self.session;
        let serializer = Serializer::new(&session.service.types).with_handles(session);
        value.serialize(serializer).map_err(|error| unwritable(&error))
    }
}

fn unwritable(error: &dyn std::error::Error) -> Failure {
    Failure::unwritable(format!("the result has no form: {error}"))
}

/// An action that has begun.
enum Begun {
    Serving(Serving),
    /// What every agent of Academy can do, and ours do not define.
    Describe,
}
