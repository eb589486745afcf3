//! Why an agent or a node did not come to life.

use std::time::Duration;

use lyceum_wire::AddressError;
use thiserror::Error;

use super::BoxError;

/// Says why an agent was not launched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The name cannot be used.
    #[error("cannot launch {agent}")]
    Name {
        /// The agent's type.
        agent: &'static str,
        /// What is wrong with the name.
        #[source]
        cause: NameError,
    },
    /// The constructor or the start hook returned an error.
    #[error("cannot launch {agent}: its start failed")]
    Start {
        /// The agent's type.
        agent: &'static str,
        /// What it returned.
        #[source]
        cause: BoxError,
    },
    /// The constructor or the start hook panicked.
    #[error("cannot launch {agent}: its start panicked: {text}")]
    Panicked {
        /// The agent's type.
        agent: &'static str,
        /// The text of the panic.
        text: String,
    },
    /// The start hook did not return in time.
    #[error("cannot launch {agent}: its start took longer than {limit:?}")]
    Timeout {
        /// The agent's type.
        agent: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The node is stopping, or gone.
    #[error("cannot launch {agent}: the node has stopped")]
    NodeStopped {
        /// The agent's type.
        agent: &'static str,
    },
}

/// Says why a name cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NameError {
    /// Another agent of the node goes by it.
    #[error("the name `{0}` is taken by another agent of this node")]
    Taken(String),
    /// It is not a name.
    #[error(transparent)]
    Bad(#[from] AddressError),
}

/// Says why a node was not made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// There is no runtime to run agents on.
    #[error(
        "cannot make a local node outside of a tokio runtime: call it within `#[tokio::main]`, \
         or give it a runtime with `Node::builder().runtime(handle)`"
    )]
    NoRuntime,
    /// The runtime cannot wait for time to pass.
    #[error(
        "cannot make a local node on a runtime without timers: build it with `enable_time` or \
         `enable_all`"
    )]
    NoTimers,
}
