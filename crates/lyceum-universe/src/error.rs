//! Errors, one for each verb.

use thiserror::Error;

use crate::AgentNumber;

/// Why an event was not sent; it comes back.
#[derive(Error)]
#[error("cannot send the event `{name}`: {fault}")]
pub struct SendError<E> {
    /// The event.
    pub event: E,
    /// Its name.
    pub name: String,
    /// Why.
    pub fault: SendFault,
}

/// Why an event was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendFault {
    /// The sender is not active: not yet, or not any more, as in `deinit`.
    #[error("agent `{agent}` is not active: activate it first")]
    Inactive {
        /// The sender.
        agent: String,
    },
    /// The step has as many messages as it may have.
    #[error(
        "this step has {messages} messages for {deliveries} deliveries already, and at most \
         {limit} of either: send less, or raise the limit with `Universe::builder().limit(..)`"
    )]
    Full {
        /// How many messages were sent in this step.
        messages: usize,
        /// How many agents will get them.
        deliveries: usize,
        /// How many of either there may be.
        limit: usize,
    },
    /// Another type of event has the same name.
    #[error(
        "another type of event has the name `{name}`: give one of them another with \
         `#[event(name = \"..\")]`"
    )]
    NameClash {
        /// The name.
        name: String,
    },
    /// A dynamic event does not fit the type that others listen for.
    #[error("expected what the type of that name reads: {detail}")]
    Arguments {
        /// What is wrong with it.
        detail: String,
    },
    /// Nobody has that number.
    #[error("there is no agent {number} in the universe")]
    NoSuchAgent {
        /// The number.
        number: AgentNumber,
    },
    /// The universe is gone.
    #[error("the universe has ended")]
    Ended,
}

/// Why an agent could not be added.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot add agent `{name}`: {fault}")]
pub struct AddError {
    /// The name it would have had.
    pub name: String,
    /// Why.
    pub fault: AddFault,
}

/// Why an agent could not be added.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddFault {
    /// Another agent has the name.
    #[error("another agent has that name: names are unique in a universe")]
    NameTaken,
    /// Nobody can have the name.
    #[error("{detail}")]
    BadName {
        /// What is wrong with it.
        detail: String,
    },
    /// It listens to an event whose name another type has.
    #[error("it listens to `{name}`, and another type of event has that name")]
    NameClash {
        /// The name of the event.
        name: String,
    },
    /// The universe has as many agents as it may have.
    #[error("the universe has {limit} agents, and may not have more")]
    Full {
        /// How many it may have.
        limit: usize,
    },
    /// A session's agent was added while there is no session.
    #[error("there is no session: agents of a session are added while one runs")]
    NoSession,
    /// Its node refused it.
    #[error("{detail}")]
    Launch {
        /// What the node said.
        detail: String,
    },
}

/// Why an agent was not activated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ActivateError {
    /// It is active already.
    #[error("agent `{agent}` is active already")]
    Active {
        /// The agent.
        agent: String,
    },
    /// Nobody has that number.
    #[error("there is no agent {number} in the universe")]
    NoSuchAgent {
        /// The number.
        number: AgentNumber,
    },
}

/// Why a run could not begin, or had to end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RunError {
    /// An agent of the project could not be added.
    #[error("project `{project}`: {cause}")]
    Add {
        /// The project.
        project: String,
        /// Why.
        cause: AddError,
    },
    /// The machine did not become quiet.
    #[error(
        "project `{project}` waited {waited:?} for a quiet machine: its load is {load}, and \
         should be below {wanted}"
    )]
    Restless {
        /// The project.
        project: String,
        /// For how long.
        waited: std::time::Duration,
        /// The load of the last look, where 1 is all processors.
        load: Load,
        /// The load that was waited for.
        wanted: Load,
    },
    /// A log could not be written or read.
    #[error("the log of events: {detail}")]
    Log {
        /// What happened.
        detail: String,
    },
}

/// A share of the machine's processors, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Load(pub u32);

impl std::fmt::Display for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl<E> std::fmt::Debug for SendError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendError")
            .field("name", &self.name)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}
