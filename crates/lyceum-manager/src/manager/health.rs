//! What there is to know of an agent that a manager looks after.

use std::time::Duration;

use lyceum_wire::Endpoint;
use serde::{Deserialize, Serialize};

use super::Children;
use super::child::Child;
use crate::launcher::Exit;

/// What there is to know of an agent that a manager looks after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Health {
    /// Its name.
    pub name: String,
    /// The name of its type.
    pub kind: String,
    /// The name of its launcher.
    pub launcher: String,
    /// The id of its mailbox on an exchange.
    pub mailbox: Option<String>,
    /// What its life has come to.
    pub state: State,
    /// Whether it is gone for good because it failed.
    pub failed: bool,
    /// The id of its process, if it has one of its own.
    pub process: Option<u32>,
    /// How often it was restarted.
    pub restarts: u32,
    /// How its process ended last.
    pub last_exit: Option<Exit>,
    /// Why it failed last.
    pub last_failure: Option<String>,
    /// How long it took to answer, through its mailbox; `None` if it was not asked, or did not.
    pub ping: Option<Duration>,
}

/// What the life of an agent has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Its launcher has as many agents as it may have: it waits for its turn.
    Waiting,
    /// It starts for the first time.
    Starting,
    /// It is there.
    Up,
    /// It failed, and starts again; messages wait.
    Restarting,
    /// It is gone for good: why.
    Ended(String),
}

/// What a child's life leaves behind.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) process: Option<u32>,
    /// Where its node said that it listens.
    pub(super) endpoint: Option<Endpoint>,
    /// By what another manager can take it over.
    pub(super) mark: Option<String>,
    /// Which start this is, counted from zero.
    pub(super) generation: u32,
    pub(super) restarts: u32,
    /// Whether it was ready once.
    pub(super) was_up: bool,
    pub(super) last_exit: Option<Exit>,
    pub(super) last_failure: Option<String>,
}

impl Children {
    /// Asks an agent for a sign of life, for as long as three heartbeats.
    pub(super) async fn ping(&self, child: &Child) -> Option<Duration> {
        if !child.is_up() {
            return None;
        }
        let agent = self.revive(child)?.with_timeout(self.heartbeat * 3);
        agent.ping().await.ok()
    }
}
