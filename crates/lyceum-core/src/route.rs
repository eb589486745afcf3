//! Routes: actions by name, with JSON values, for callers that do not have the type.

mod arguments;

use std::fmt;

pub use arguments::Arguments;
use futures_util::future::BoxFuture;
use lyceum_wire::{ActionDescription, ParameterDescription};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::call::{Call, CallOptions, Tell};
use crate::error::{CallFault, Failure};
use crate::stream::Results;
use crate::support::ActionOutput;
use crate::{AgentRef, BadArguments, CallError, Message};

/// An action by name: how it is described and called without its type.
pub struct Route {
    /// The name by which the action is called.
    pub name: &'static str,
    /// Whether it answers with a stream of results.
    pub stream: bool,
    /// Describes the action, collecting schemas in the generator.
    pub describe: fn(&mut SchemaGenerator) -> ActionDescription,
    /// Calls the action with JSON arguments.
    pub call: fn(AgentRef, Arguments, CallOptions) -> BoxFuture<'static, Result<Answer, CallError>>,
}

/// What an action answers to a caller without its type.
#[derive(Debug)]
pub enum Answer {
    /// One value; `null` for a one-way message.
    Value(Value),
    /// A stream of values.
    Stream(Results<Value>),
}

/// A message that can be made from JSON arguments. Implemented by the macros.
pub trait JsonArguments: Message {
    /// The arguments, in order.
    const PARAMETERS: &'static [Parameter];

    /// Makes the message.
    ///
    /// # Errors
    ///
    /// Says which argument is missing or has the wrong type.
    fn from_arguments(arguments: &mut Arguments) -> Result<Self, BadArguments>;

    /// Returns the JSON Schema of the action's own error, if it has one.
    fn error_schema(schemas: &mut SchemaGenerator) -> Option<Schema> {
        let _ = schemas;
        None
    }

    /// Returns the action's own error as text.
    fn error_text(error: &Self::Error) -> String {
        let _ = error;
        String::new()
    }

    /// Returns the action's own error as JSON, where it can be encoded.
    fn error_value(error: &Self::Error) -> Value {
        let _ = error;
        Value::Null
    }
}

/// One argument of an action.
pub struct Parameter {
    /// The argument's name.
    pub name: &'static str,
    /// Returns the JSON Schema of its type.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Parameter {
    /// Describes an argument of type `T`.
    pub const fn of<T: JsonSchema>(name: &'static str) -> Self {
        Self { name, schema: SchemaGenerator::subschema_for::<T> }
    }
}

impl Route {
    /// Makes the route of a message.
    pub const fn of<M>() -> Self
    where
        M: JsonArguments<Output: ActionOutput>,
    {
        Self { name: M::INFO.name, stream: false, describe: describe::<M>, call: call::<M> }
    }

    /// Makes the route of a message that is answered with a stream of results.
    pub const fn stream<M, T>() -> Self
    where
        M: JsonArguments<Output = Results<T>>,
        T: ActionOutput + Send + 'static,
    {
        Self {
            name: M::INFO.name,
            stream: true,
            describe: describe_stream::<M, T>,
            call: call_stream::<M, T>,
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("name", &self.name).finish_non_exhaustive()
    }
}

fn describe<M>(schemas: &mut SchemaGenerator) -> ActionDescription
where
    M: JsonArguments<Output: JsonSchema>,
{
    let result = schemas.subschema_for::<M::Output>();
    description::<M>(schemas, result, false)
}

fn describe_stream<M, T>(schemas: &mut SchemaGenerator) -> ActionDescription
where
    M: JsonArguments,
    T: JsonSchema,
{
    let result = schemas.subschema_for::<T>();
    description::<M>(schemas, result, true)
}

fn description<M: JsonArguments>(
    schemas: &mut SchemaGenerator,
    result: Schema,
    stream: bool,
) -> ActionDescription {
    let parameters = M::PARAMETERS.iter().map(|parameter| ParameterDescription {
        name: parameter.name.into(),
        schema: (parameter.schema)(schemas),
    });
    ActionDescription {
        name: M::INFO.name.into(),
        doc: M::INFO.doc.into(),
        access: M::INFO.access,
        parameters: parameters.collect(),
        result,
        error: M::error_schema(schemas),
        stream,
    }
}

fn call<M>(
    target: AgentRef,
    arguments: Arguments,
    options: CallOptions,
) -> BoxFuture<'static, Result<Answer, CallError>>
where
    M: JsonArguments<Output: Serialize>,
{
    Box::pin(async move {
        let message = decode::<M>(&target, arguments)?;
        if options.one_way {
            let told = Tell::with_options(&target, message, options).await;
            return told.map(|()| Answer::Value(Value::Null)).map_err(CallError::from);
        }
        let output = Call::with_options(&target, message, options).await.map_err(forget::<M>)?;
        let encoded = serde_json::to_value(&output);
        encoded.map(Answer::Value).map_err(|error| {
            CallError::Codec(
                CallFault::new(&target, M::INFO).detail(error.to_string()).started(true),
            )
        })
    })
}

fn call_stream<M, T>(
    target: AgentRef,
    arguments: Arguments,
    options: CallOptions,
) -> BoxFuture<'static, Result<Answer, CallError>>
where
    M: JsonArguments<Output = Results<T>>,
    T: Serialize + Send + 'static,
{
    Box::pin(async move {
        let message = decode::<M>(&target, arguments)?;
        let results = Call::with_options(&target, message, options).await.map_err(forget::<M>)?;
        // A value that cannot be encoded is told apart by its place, not by an end of the stream.
        let encode = |item: T| serde_json::to_value(item).unwrap_or(Value::Null);
        Ok(Answer::Stream(results.map_items(encode)))
    })
}

fn decode<M: JsonArguments>(target: &AgentRef, mut arguments: Arguments) -> Result<M, CallError> {
    let message = M::from_arguments(&mut arguments);
    message
        .and_then(|message| arguments.finish().map(|()| message))
        .map_err(|why| CallError::bad_arguments(target, M::INFO, &why))
}

/// Turns an action's own error into text, for callers that have no type for it.
fn forget<M: JsonArguments>(error: CallError<M::Error>) -> CallError {
    error.map_action(|error| {
        CallError::Failed(Box::new(Failure {
            action: M::INFO.name.into(),
            kind: std::any::type_name::<M::Error>().into(),
            text: M::error_text(&error),
            value: M::error_value(&error),
        }))
    })
}
