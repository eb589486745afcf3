//! Questions to agents and nodes that are no calls of actions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a node asks about an agent, or wants done with it.
///
/// Each is answered by one [`Told`](super::Head::Told) with the question's id, whose body
/// has what was asked for.
///
/// ```
/// use lyceum_wire::link::{AgentFilter, Question};
///
/// let filter = AgentFilter::default().interface("Greeter").attribute("room", "7");
/// let question = Question::Agents(filter);
/// # let _ = question;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Question {
    /// How is it described?
    Describe,
    /// Does it handle messages?
    Ping,
    /// Stop when the current message is done.
    Stop,
    /// Stop at once.
    Kill,
    /// When does it end for good, and why?
    Ended,
    /// When does its present generation end, and why?
    Monitor,
    /// Let it end if the agent at this address goes down.
    Link(String),
    /// Do so no longer.
    Unlink(String),
    /// Who is it, and what has it done so far?
    Status,
    /// Set a flag that a behaviour waits for.
    SetFlag(String),
    /// Switch it on.
    Activate,
    /// Switch it off: it receives nothing and sends nothing.
    Deactivate,
    /// Which agents does the node have?
    Agents(AgentFilter),
    /// What about the node's clock?
    Clock(ClockQuestion),
}

/// Which agents a node wants to hear of: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentFilter {
    /// The name of their type.
    pub kind: Option<String>,
    /// An interface that they implement.
    pub interface: Option<String>,
    /// Attributes with which they were launched.
    pub attributes: Vec<(String, String)>,
}

/// What the conductor of a simulation asks of the clock of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClockQuestion {
    /// Go to this time, counted from the clock's start.
    Set(Duration),
    /// Tell when everybody is idle again.
    Idle,
    /// When is something due next?
    Next,
    /// What time is it?
    Now,
}

impl AgentFilter {
    /// Keeps agents of the type of that name.
    #[must_use]
    pub fn kind(mut self, name: impl Into<String>) -> Self {
        self.kind = Some(name.into());
        self
    }

    /// Keeps agents that implement the interface of that name.
    #[must_use]
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.interface = Some(name.into());
        self
    }

    /// Keeps agents that were launched with this attribute.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }
}
