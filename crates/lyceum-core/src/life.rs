//! An agent's life: launch, links, failure, restart, end.

mod construction;
mod ended;
mod extras;
mod failure;
mod far;
mod flag;
mod intensity;
mod jobs;
mod launch;
mod launching;
mod own_turn;
mod renewal;
mod reservation;
mod restart;
mod source;
mod starting;
mod stop;
mod stopping;
mod supervisor;
mod waiters;

use std::fmt;

pub use ended::{Ended, Monitor};
pub(crate) use extras::{Extras, JobPlace};
pub use failure::OnFailure;
pub(crate) use failure::{fail, turn_panicked};
pub(crate) use far::{link_far, unlink_far};
pub(crate) use flag::Flagged;
pub use intensity::Intensity;
pub use jobs::JobError;
pub(crate) use jobs::{
    cancel as cancel_job, drop_detached, run_job_if, spawn_detached, try_run_job,
};
pub use launch::Launch;
pub(crate) use launch::{at_once, begin};
pub use launching::Launching;
pub(crate) use own_turn::{OwnTurn, With, run_ping, run_start_hook, run_stop_hook};
pub use reservation::Reservation;
pub(crate) use restart::state_dropped;
pub use restart::{Backoff, Leftovers, Restart};
use serde::{Deserialize, Serialize};
pub use source::{FromConstructor, FromValue, Restartable};
pub(crate) use stop::{buried, end_now, stop, stop_all};
pub(crate) use stopping::Stopping;
pub use supervisor::{Strategy, Supervisor, SupervisorBuilder};
use waiters::WaiterPlace;

/// What an agent's life has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It starts or restarts: messages wait.
    Starting,
    /// It handles messages.
    Active,
    /// It is switched off: it receives nothing and sends nothing.
    Inactive,
    /// It finishes what it has begun.
    Stopping,
    /// It is gone for good.
    Ended,
}

/// Why an agent, or one of its generations, ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DownReason {
    /// It was asked to stop, or stopped itself.
    Stopped,
    /// It was killed.
    Killed,
    /// A turn panicked, with this text.
    Panicked(String),
    /// A behaviour or hook failed, with this text and those of its causes.
    Failed(String),
    /// It could not start, or start again, for this reason and its causes.
    StartFailed(String),
    /// It failed more often than its restart policy allows; the last failure is this.
    RestartLimit(String),
    /// An agent that it is linked with went down, for this reason.
    Linked(String),
    /// Its parent ended.
    ParentEnded,
    /// A sibling failed, and the supervisor's strategy restarts both.
    SiblingFailed,
    /// The node stopped.
    NodeStopped(String),
    /// It was gone already, or never there.
    Gone,
    /// Its node is out of reach: it may live on.
    Disconnected(String),
}

impl DownReason {
    /// Returns whether the end was asked for, so that links do not spread it.
    pub fn is_normal(&self) -> bool {
        matches!(self, Self::Stopped | Self::ParentEnded | Self::NodeStopped(_))
    }
}

impl fmt::Display for DownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("it was stopped"),
            Self::Killed => f.write_str("it was killed"),
            Self::Panicked(text) => write!(f, "it panicked: {text}"),
            Self::Failed(text) => write!(f, "it failed: {text}"),
            Self::StartFailed(text) => write!(f, "it could not start: {text}"),
            Self::RestartLimit(text) => write!(f, "it failed too often, at last: {text}"),
            Self::Linked(text) => write!(f, "an agent linked with it went down: {text}"),
            Self::ParentEnded => f.write_str("its parent ended"),
            Self::SiblingFailed => f.write_str("a sibling failed"),
            Self::NodeStopped(text) => write!(f, "its node stopped: {text}"),
            Self::Gone => f.write_str("it was gone already"),
            Self::Disconnected(text) => write!(f, "its node is out of reach: {text}"),
        }
    }
}

/// The end of one generation of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down {
    /// The agent's address.
    pub address: lyceum_wire::Address,
    /// Which of its generations ended; the first is 0.
    pub generation: u32,
    /// Why.
    pub reason: DownReason,
    /// Whether a next generation follows.
    pub restarts: bool,
}
