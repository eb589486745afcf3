//! Messages that came in from another node: decoded, called, and answered with values to encode.

use futures_util::StreamExt;
use serde_json::Value;

use super::verbs::{Answers, Many, One};
use super::{WireMessage, arguments};
use crate::call::{Call, CallOptions, CallResult, Tell};
use crate::exchange::{Encoded, Expects, Fault, Incoming, OwnError, Served, Serving, ToEncode};
use crate::stream::Results;
use crate::support::ActionOutput;
use crate::{AgentRef, CallError, Message};

/// How an action's result leaves the process.
pub(super) trait Serves<M: Message>: 'static {
    fn serve(result: M::Output) -> Served;
}

impl<M: WireMessage<Output: ActionOutput>> Serves<M> for One {
    fn serve(output: M::Output) -> Served {
        Served::Value(Box::new(output))
    }
}

impl<M, T> Serves<M> for Many
where
    M: WireMessage<Output = Results<T>>,
    T: ActionOutput + Send + 'static,
{
    fn serve(results: Results<T>) -> Served {
        let erase = |item: T| -> Box<dyn ToEncode> { Box::new(item) };
        Served::Stream(results.into_items().map(move |item| item.map(erase)).boxed())
    }
}

/// Takes a message that came in: it is decoded now, and handled when the future is polled.
pub(super) fn serve<M: WireMessage, E: Answers<M>>(
    target: &AgentRef,
    incoming: &Incoming<'_>,
    options: CallOptions,
) -> Result<Serving, CallError> {
    let typed = incoming.by_position.then(|| incoming.arguments.bytes()).flatten();
    let typed = typed.and_then(M::decode).and_then(Result::ok);
    let message = match typed {
        Some(message) => Ok(message),
        // One by one: that says which argument does not fit.
        None => arguments::from_encoded(
            incoming.arguments,
            incoming.positional,
            M::PARAMETERS.len(),
            M::from_arguments,
        ),
    };
    let message =
        message.map_err(|why| CallError::bad_arguments(target.recipient(), M::INFO, &why))?;
    let target = target.clone();
    if incoming.expects == Expects::Acceptance {
        return Ok(Box::pin(async move {
            let told = Tell::with_options(target.recipient(), message, options).await;
            told.map(|()| Served::Accepted).map_err(|error| CallError::from(error).widen())
        }));
    }
    Ok(Box::pin(async move {
        let result: CallResult<M> = Call::with_options(target.recipient(), message, options).await;
        result.map(E::serve).map_err(own_error::<M>)
    }))
}

/// Makes an action's own error ready to be encoded.
fn own_error<M: WireMessage>(error: CallError<M::Error>) -> Fault {
    error.map_action(|error| {
        let value = M::error_value(&error);
        let value = (value != Value::Null).then(|| Box::new(value) as Box<dyn Encoded>);
        let kind = std::any::type_name::<M::Error>().into();
        CallError::Action(OwnError { value, kind, text: M::error_text(&error) })
    })
}
