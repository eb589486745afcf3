//! Tickets: what a launcher needs to know to start an agent elsewhere.

use std::fmt;
use std::time::Duration;

use lyceum_core::{Restart, Value};
use lyceum_wire::{Address, AgentName, Endpoint};
use serde::{Deserialize, Serialize};

/// What a launcher needs to know to start an agent elsewhere, as one line of JSON.
///
/// It holds arguments and a secret: it goes through a pipe, or a file that nobody else can read,
/// never through a command line or an environment.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ticket {
    /// Which agent is wanted.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// Which start of the agent this is, counted from zero.
    pub generation: u32,
    /// Where its node listens, if it does. A host of zeros stands for the address by which its
    /// machine reaches the manager.
    pub endpoint: Option<Endpoint>,
    /// The mailbox of the manager, which hears how it went.
    pub manager: Address,
    /// What the manager's node wants to be shown.
    pub token: Option<String>,
    /// How often both sides give a sign of life.
    pub heartbeat: Duration,
}

/// Which agent is wanted.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Wanted {
    /// The name of its type.
    pub kind: String,
    /// What it is made from.
    pub arguments: Value,
    /// Its name.
    pub name: AgentName,
    /// How it is restarted: by its manager, in a new process.
    pub restart: Option<Restart>,
}

/// Shows neither arguments nor secret.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({:?}, start {})", self.wanted, self.generation)
    }
}

/// Shows no arguments.
impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.kind, self.name)
    }
}
