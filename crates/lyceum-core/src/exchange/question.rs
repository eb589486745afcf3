//! What is asked about an agent, apart from its actions.

use lyceum_wire::{Address, AgentId};
use serde::{Deserialize, Serialize};

use crate::life::Mode;
use crate::{BehaviourInfo, Stats};

/// Something that is asked about an agent, or of its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Question {
    /// Who is it? Answered with a [`Status`].
    Status,
    /// What can it do? Answered with a description.
    Describe,
    /// Does it answer? Answered with `null` through its mailbox.
    Ping,
    /// Let it finish and end. Answered with `null` at once.
    Stop,
    /// End it. Answered with `null` at once.
    Kill,
    /// Wait until it is gone for good. Answered with the reason.
    Ended,
    /// Wait until its present generation ends. Answered with a `Down`.
    Monitor,
    /// Set a flag. Answered with `null`.
    SetFlag(String),
    /// Switch it on. Answered with whether that changed anything.
    Activate,
    /// Switch it off. Answered with whether that changed anything.
    Deactivate,
    /// Link it with an agent of the one who asks. Answered with `null`.
    Link(Address),
    /// Remove such a link. Answered with `null`.
    Unlink(Address),
}

impl Question {
    /// Returns the verb, as errors name it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Describe => "describe",
            Self::Ping => "ping",
            Self::Stop => "stop",
            Self::Kill => "kill",
            Self::Ended => "ended",
            Self::Monitor => "monitor",
            Self::SetFlag(_) => "set_flag",
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Link(_) => "link",
            Self::Unlink(_) => "unlink",
        }
    }
}

/// Which agents of a node are meant: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentFilter {
    /// The name of their type.
    pub kind: Option<String>,
    /// The name of an interface that they implement.
    pub interface: Option<String>,
    /// Attributes that they were launched with.
    pub attributes: Vec<(String, String)>,
}

/// What there is to know of an agent at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Its id.
    pub id: AgentId,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The name of its type.
    pub kind: String,
    /// The interfaces that it implements; `None` if its node speaks a wire that does not say.
    pub interfaces: Option<Vec<String>>,
    /// What its life has come to.
    pub mode: Mode,
    /// How often it was restarted.
    pub generation: u32,
    /// What it has done so far.
    pub stats: Stats,
    /// What it does by itself.
    pub behaviours: Vec<BehaviourInfo>,
}
