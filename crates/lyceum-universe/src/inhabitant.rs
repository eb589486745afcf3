//! Inhabitants: what the macros make of an agent with a life in steps.

use std::fmt;

use lyceum_core::{Agent, BoxError, Handle};

use crate::channel::{Channels, NameClash, Subscriber};
use crate::column::Column;
use crate::roster::Members;
use crate::{Event, Letter, Step};

/// How something that an agent did in a step went.
pub type Outcome = Result<(), BoxError>;

/// Runs a handler.
pub type Handler<A> = fn(&mut A, Letter<'_>, &mut Step<'_>) -> Outcome;

/// An agent with a life in steps: `#[live]`, `#[event]`, `#[init]`, `#[deinit]` or `#[score]`.
/// Implemented by `#[agent]`.
pub trait Inhabitant: Agent {
    /// How a universe makes room for agents of this type.
    const SPECIES: Species<Self> = Species::NEW;
    /// Whether it does something in each step.
    const LIVE: bool;
    /// Whether it has an opinion about sessions.
    const SCORE: bool;
    /// The events that it listens to.
    const EVENTS: &'static [EventEntry<Self>];

    /// Does what the agent does in each step.
    ///
    /// # Errors
    ///
    /// The agent's own; what follows is said by [`OnFailure`](crate::OnFailure).
    fn live(agent: &mut Self, cx: &mut Step<'_>) -> Outcome;

    /// Runs when the agent becomes active.
    ///
    /// # Errors
    ///
    /// As [`live`](Self::live).
    fn init(agent: &mut Self, cx: &mut Step<'_>) -> Outcome;

    /// Runs when the agent has become inactive.
    ///
    /// # Errors
    ///
    /// As [`live`](Self::live).
    fn deinit(agent: &mut Self, cx: &mut Step<'_>) -> Outcome;

    /// Returns what the agent thinks of the session, from -1 to 1.
    fn score(agent: &Self) -> Option<f64>;
}

/// One event that an agent listens to. Made by the macros.
pub struct EventEntry<A> {
    source: Source,
    pub(crate) handle: Handler<A>,
}

/// Which events an agent listens to. For code that the macros write.
#[derive(Clone, Copy)]
pub struct Source(Origin);

#[derive(Clone, Copy)]
enum Origin {
    Typed(fn(&mut Channels) -> Result<u32, NameClash>),
    Named(&'static str),
}

impl Source {
    /// Events of a type.
    pub const fn of<E: Event>() -> Self {
        Self(Origin::Typed(Channels::typed::<E>))
    }

    /// Events of a name, as JSON.
    pub const fn named(name: &'static str) -> Self {
        Self(Origin::Named(name))
    }
}

impl<A> EventEntry<A> {
    /// Makes the entry of a handler.
    pub const fn new(source: Source, handle: Handler<A>) -> Self {
        Self { source, handle }
    }
}

/// Puts an agent into the last run of agents, or makes a new one.
pub(crate) type Settle<A> = fn(Handle<A>, Option<&mut dyn Members>) -> Option<Box<dyn Members>>;

/// How a universe makes room for agents of one type; what [`Blueprint::stepped`] refers to.
///
/// [`Blueprint::stepped`]: lyceum_core::Blueprint::stepped
pub struct Species<A: Agent> {
    /// Puts an agent into the last run of agents, if that is of its type, or makes a new run.
    pub(crate) settle: Settle<A>,
    /// Lets the agent of that slot hear what it listens to.
    pub(crate) subscribe: fn(&mut Channels, u32) -> Result<(), NameClash>,
}

impl<A: Inhabitant> Species<A> {
    const NEW: Self = Self { settle: Column::<A>::settle, subscribe: subscribe::<A> };
}

fn subscribe<A: Inhabitant>(channels: &mut Channels, slot: u32) -> Result<(), NameClash> {
    // All names are looked at before anything is noted.
    let of = |entry: &EventEntry<A>, channels: &mut Channels| match entry.source.0 {
        Origin::Typed(typed) => typed(channels),
        Origin::Named(name) => Ok(channels.named(name)),
    };
    for entry in A::EVENTS {
        of(entry, channels)?;
    }
    for (handler, entry) in (0..).zip(A::EVENTS) {
        let channel = of(entry, channels)?;
        channels.get_mut(channel).subscribers.push(Subscriber { slot, handler });
    }
    Ok(())
}

impl<A> fmt::Debug for EventEntry<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventEntry").finish_non_exhaustive()
    }
}

impl<A: Agent> fmt::Debug for Species<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Species").field("agent", &A::NAME).finish_non_exhaustive()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}
