//! What the code of the macros asks of the types that users write, with an error for each.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::route::take;
use crate::{
    Agent, ArgumentSource, BadArguments, DecodeError, InterfaceEntry, Parameter, Publication,
    VisitArgument,
};

/// A type that can come to an action from anywhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an action",
    label = "cannot come from another machine",
    note = "derive `serde::Serialize`, `serde::Deserialize` and `schemars::JsonSchema`, or mark \
            the action `#[action(local)]`"
)]
pub trait ActionArgument: Serialize + DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema> ActionArgument for T {}

/// An argument of an action, described and taken in one place, so that a type that cannot be one
/// is reported once.
pub struct Argument<T> {
    name: &'static str,
    parameter: Parameter,
    take: fn(&mut dyn ArgumentSource, &'static str) -> Result<T, BadArguments>,
    visit: fn(&T, &'static str, VisitArgument<'_>),
}

/// Describes an argument.
pub const fn argument<T: ActionArgument>(name: &'static str) -> Argument<T> {
    Argument { name, parameter: Parameter::of::<T>(name), take: take::<T>, visit: visit::<T> }
}

fn visit<T: ActionArgument>(value: &T, name: &'static str, visit: VisitArgument<'_>) {
    visit(name, value);
}

impl<T> Argument<T> {
    /// Returns how callers see the argument.
    pub const fn parameter(self) -> Parameter {
        self.parameter
    }

    /// Takes the argument.
    ///
    /// # Errors
    ///
    /// Says that it is missing, or which type was expected.
    pub fn take(self, arguments: &mut dyn ArgumentSource) -> Result<T, BadArguments> {
        (self.take)(arguments, self.name)
    }

    /// Visits the argument of a message that leaves.
    pub fn visit(self, value: &T, visit: VisitArgument<'_>) {
        (self.visit)(value, self.name, visit);
    }
}

/// A type that can be published.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of a publication",
    label = "cannot be decoded",
    note = "derive `serde::Deserialize`, or take the `Publication` itself"
)]
pub trait Payload: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Payload for T {}

/// Decodes what was published.
///
/// # Errors
///
/// Says that it is of another type.
pub fn payload<T: Payload>(publication: &Publication) -> Result<T, DecodeError> {
    publication.decode()
}

/// What an interface offers to one of the types that implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no interface",
    label = "expected a trait with `#[agent(interface)]`"
)]
pub trait Interface<A: Agent> {
    /// The implementing type's way to take the interface's messages.
    const ENTRY: InterfaceEntry<A>;
}

/// A type that can go from an action to anywhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of an action",
    label = "cannot go to another machine",
    note = "derive `serde::Serialize`, `serde::Deserialize` and `schemars::JsonSchema`, or mark \
            the action `#[action(local)]`"
)]
pub trait ActionOutput: Serialize + DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema> ActionOutput for T {}

/// What an action returns that the macros took for a value, since its name is not `Result`.
#[derive(Debug)]
pub struct ValueOf<T: ?Sized>(PhantomData<T>);

impl<T, E> ValueOf<Result<T, E>> {
    /// That it is none, whatever it is called: an item of the type goes before one of a trait.
    pub const IS_VALUE: bool = false;
}

/// Says of all other types that they are values.
pub trait Value {
    /// That it is one.
    const IS_VALUE: bool = true;
}

impl<T: ?Sized> Value for ValueOf<T> {}

/// Checks what an action returns, while compiling.
///
/// # Panics
///
/// If it is a `Result` under another name.
#[track_caller]
pub const fn check_value(is_value: bool) {
    assert!(
        is_value,
        "this action returns a `Result` under another name: write `Result<T, E>`, or a path to an \
         alias that is called `Result`, so that callers get its error as `CallError::Action`"
    );
}
