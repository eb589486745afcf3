//! Routes: actions by name, with JSON values, for callers that do not have the type.

mod arguments;
mod fingerprint;
mod serve;
mod verbs;

use std::fmt;

pub(crate) use arguments::take;
pub use arguments::{ArgumentFault, ArgumentSource, Arguments, ReadArgument};
use futures_util::future::BoxFuture;
use lyceum_wire::{ActionDescription, CodecError, Encoding, Fingerprint, ParameterDescription};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
pub(crate) use verbs::Underway;
use verbs::{Answers, Many, One};

use crate::call::CallOptions;
use crate::exchange::{
    Encoded, EncodedBytes, Incoming, Serving, Unreadable, Wire, read_stream, read_value,
};
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
    /// Takes a message that came in from another node.
    pub(crate) serve: fn(&AgentRef, &Incoming<'_>, CallOptions) -> Result<Serving, CallError>,
    /// Returns the fingerprint of the action.
    pub(crate) fingerprint: fn() -> Fingerprint,
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

/// A message whose arguments can be encoded and decoded. Implemented by the macros.
pub trait WireMessage: Message {
    /// How messages are taken by name, and how they leave the process.
    const ENDS: Ends<Self>;
    /// The arguments, in order.
    const PARAMETERS: &'static [Parameter];

    /// Makes the message.
    ///
    /// # Errors
    ///
    /// Says which argument is missing or has the wrong type.
    fn from_arguments(arguments: &mut dyn ArgumentSource) -> Result<Self, BadArguments>;

    /// Visits the arguments in order, with their names.
    fn visit(&self, visit: VisitArgument<'_>);

    /// Makes the message of arguments by position, all at once; `None` if it can only be done one
    /// by one.
    fn decode(arguments: EncodedBytes<'_>) -> Option<Result<Self, Unreadable>> {
        let _ = arguments;
        None
    }

    /// Encodes the arguments by position, all at once; `None` if it can only be done one by one.
    fn encode(&self, encoding: Encoding) -> Option<Result<(Encoding, Vec<u8>), CodecError>> {
        let _ = encoding;
        None
    }

    /// Reads the action's own error, where its type can be read.
    fn read_error(error: &dyn Encoded) -> Option<Self::Error> {
        let _ = error;
        None
    }

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

/// What visits the arguments of a message, with their names.
pub type VisitArgument<'v> = &'v mut dyn FnMut(&'static str, &dyn erased_serde::Serialize);

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

/// Both ends of an action's way: how messages are taken by name, and how they leave the process.
pub struct Ends<M: Message> {
    /// How they are taken.
    pub route: Route,
    /// How they leave.
    pub wire: Wire<M>,
}

/// Returns the ends of an action that answers with one value.
pub const fn one_value<M: WireMessage<Output: ActionOutput>>() -> Ends<M> {
    let wire = Wire::with(false, fingerprint::<M, One>, read_value::<M>);
    Ends { route: route::<M, One>(false), wire }
}

/// Returns the ends of an action that answers with a stream of results.
pub const fn many_values<M, T>() -> Ends<M>
where
    M: WireMessage<Output = Results<T>>,
    T: ActionOutput + Send + 'static,
{
    let wire = Wire::with(true, fingerprint::<M, Many>, read_stream::<T>);
    Ends { route: route::<M, Many>(true), wire }
}

const fn route<M: WireMessage, E: Answers<M>>(stream: bool) -> Route {
    Route {
        name: M::INFO.name,
        stream,
        describe: E::describe,
        call: verbs::call::<M, E>,
        send: verbs::send::<M, E>,
        tell: verbs::tell::<M>,
        tell_now: verbs::tell_now::<M>,
        serve: serve::serve::<M, E>,
        fingerprint: fingerprint::<M, E>,
    }
}

/// Returns the fingerprint of an action that answers in one of two ways.
fn fingerprint<M: WireMessage, E: Answers<M>>() -> Fingerprint {
    fingerprint::of::<M>(E::describe)
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("name", &self.name).finish_non_exhaustive()
    }
}

fn description<M: WireMessage>(
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
        durable: M::INFO.durable,
    }
}

impl<M: Message> fmt::Debug for Ends<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ends({})", M::INFO)
    }
}
