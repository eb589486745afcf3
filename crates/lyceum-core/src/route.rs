//! Routes: actions by name, with JSON values, for callers that do not have the type.

mod arguments;
mod verbs;

use std::fmt;

pub use arguments::Arguments;
use futures_util::future::BoxFuture;
use lyceum_wire::{ActionDescription, ParameterDescription};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
pub(crate) use verbs::Underway;
use verbs::{Encoding, Many, One};

use crate::call::CallOptions;
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
    pub(crate) call: fn(AgentRef, Arguments, CallOptions) -> Later<Answer>,
    /// Starts a call at once, through the mailbox.
    pub(crate) send: fn(&AgentRef, Arguments, CallOptions) -> SentAhead,
    /// Sends the message one way.
    pub(crate) tell: fn(AgentRef, Arguments, CallOptions) -> Later<()>,
    /// Sends the message one way, now or not at all.
    pub(crate) tell_now: fn(&AgentRef, Arguments, CallOptions) -> Result<(), CallError>,
}

/// A call under way, or why it is not.
type SentAhead = Result<Box<dyn Underway>, CallError>;

/// What a message of a route comes to.
type Later<T> = BoxFuture<'static, Result<T, CallError>>;

/// What an action answers to a caller without its type.
#[derive(Debug)]
pub enum Answer {
    /// One value.
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
        Self::encoded::<M, One>(false, describe::<M>)
    }

    /// Makes the route of a message that is answered with a stream of results.
    pub const fn stream<M, T>() -> Self
    where
        M: JsonArguments<Output = Results<T>>,
        T: ActionOutput + Send + 'static,
    {
        Self::encoded::<M, Many>(true, describe_stream::<M, T>)
    }

    const fn encoded<M, E>(
        stream: bool,
        describe: fn(&mut SchemaGenerator) -> ActionDescription,
    ) -> Self
    where
        M: JsonArguments,
        E: Encoding<M>,
    {
        Self {
            name: M::INFO.name,
            stream,
            describe,
            call: verbs::call::<M, E>,
            send: verbs::send::<M, E>,
            tell: verbs::tell::<M>,
            tell_now: verbs::tell_now::<M>,
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
