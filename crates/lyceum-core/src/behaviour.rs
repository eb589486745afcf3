//! Behaviours: what agents do by themselves.

mod list;
mod manual;
mod schedule;
mod value;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
pub(crate) use list::BehaviourList;
pub use list::{BehaviourInfo, BehaviourState};
use lyceum_wire::BehaviourDescription;
pub(crate) use manual::ManualRun;
pub(crate) use schedule::{add_method, start_method};
pub(crate) use value::add_value;
pub use value::{Behaviour, BehaviourContext};

use crate::{Agent, BoxError, Context};

/// A behaviour that is a method of an agent. Made by the macros.
pub struct BehaviourEntry<A: Agent> {
    /// The behaviour's name.
    pub name: &'static str,
    /// The doc text of the method.
    pub doc: &'static str,
    /// When it runs.
    pub kind: Kind,
    /// Runs it once.
    pub body: fn(Context<A>) -> BoxFuture<'static, Result<(), BoxError>>,
}

/// When a behaviour runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Once, at start.
    Once,
    /// When it is called.
    Manual,
    /// At regular times; missed ones are skipped and counted, and it never overlaps itself.
    Every {
        /// From one time to the next.
        period: Duration,
        /// When the first time is.
        first: First,
    },
    /// Again whenever it returns.
    Cyclic,
    /// Whenever the flag is set, which that clears.
    On {
        /// The flag's name.
        flag: &'static str,
    },
    /// Freely, until it returns or the agent stops.
    Run,
    /// From state to state, until a final one.
    Fsm {
        /// The names of the states, the initial one first.
        states: &'static [&'static str],
    },
}

/// When a regular behaviour runs for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// After one period.
    Interval,
    /// At once.
    Now,
}

impl Kind {
    /// Returns the flag that starts such a behaviour, if it has that name.
    pub(crate) fn flag(self, name: &str) -> Option<&'static str> {
        match self {
            Self::On { flag } if flag == name => Some(flag),
            _ => None,
        }
    }
}

impl<A: Agent> BehaviourEntry<A> {
    pub(crate) fn describe(&self) -> BehaviourDescription {
        BehaviourDescription {
            name: self.name.into(),
            doc: self.doc.into(),
            kind: self.kind.to_string(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once => f.write_str("once"),
            Self::Manual => f.write_str("manual"),
            Self::Every { period, .. } => write!(f, "every {period:?}"),
            Self::Cyclic => f.write_str("cyclic"),
            Self::On { flag } => write!(f, "on {flag}"),
            Self::Run => f.write_str("run"),
            Self::Fsm { states } => write!(f, "fsm {}", states.join(" ")),
        }
    }
}

impl<A: Agent> fmt::Debug for BehaviourEntry<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BehaviourEntry").field("name", &self.name).finish_non_exhaustive()
    }
}
