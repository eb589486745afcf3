//! What the core asks of an exchange.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use lyceum_wire::{Address, AgentKey, Endpoint};
use serde_json::Value;

use super::{Encoded, OwnError, Question, Request};
use crate::{CallError, Publication};

/// Where agents of other nodes are found, and where ours can be.
///
/// Attached to a node by [`Node::attach`](crate::Node::attach). What is to be found at the node, and
/// to live as long as it does, can be attached with the methods as they are: it leads nowhere then.
pub trait Exchange: Any + Send + Sync + fmt::Debug {
    /// Returns the peer that an address leads to; `None` if it leads nowhere that this exchange
    /// knows. Does not wait and sends nothing: the peer connects when it is first used.
    ///
    /// As long as this is not implemented, none does.
    fn peer(&self, address: &Address) -> Option<Arc<dyn Peer>> {
        let _ = address;
        None
    }

    /// Returns the agent of this very node that an address leads to, where the exchange listens
    /// there itself.
    fn own(&self, address: &Address) -> Option<AgentKey> {
        let _ = address;
        None
    }

    /// Returns where the node can be reached, the best first; nowhere, unless this is implemented.
    fn endpoints(&self) -> Vec<Endpoint> {
        Vec::new()
    }

    /// Takes a message that was published on the node to other nodes whose subscribers want it.
    ///
    /// Never waits: what cannot go out at once is lost there, and counted.
    fn published(&self, publication: &Publication) {
        let _ = publication;
    }

    /// Ends all channels in good order; there are none, unless this is implemented.
    fn close(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Ends all channels at once: the node is gone, or about to be.
    fn abandon(&self) {}
}

/// Another node, seen through a channel that may not exist yet.
///
/// The futures of its methods are cancelled by dropping them: the other side is told.
pub trait Peer: Send + Sync + fmt::Debug + 'static {
    /// Returns the address of one of its agents.
    fn address(&self, agent: &AgentKey) -> Address;

    /// Returns whether it can keep durable messages until they are answered.
    fn keeps_messages(&self) -> bool {
        false
    }

    /// Sends a message to one of its agents. Ready when the message was answered, or accepted if
    /// nobody waits for an answer.
    ///
    /// Whoever calls this enforces the deadline, and drops the future when it passes.
    fn send(&self, agent: &AgentKey, request: Request) -> BoxFuture<'static, Result<Reply, Fault>>;

    /// Asks something about one of its agents.
    fn ask(
        &self,
        agent: &AgentKey,
        question: Question,
    ) -> BoxFuture<'static, Result<Value, CallError>>;
}

/// Why a message was not answered with a value. The undelivered message is in it.
pub type Fault = CallError<OwnError>;

/// What a message was answered with.
pub enum Reply {
    /// One value.
    Value(Box<dyn Encoded>),
    /// A stream of values; an error ends it.
    Stream(BoxStream<'static, Result<Box<dyn Encoded>, CallError>>),
    /// It was accepted, and nobody waits for more.
    Accepted,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Value",
            Self::Stream(_) => "Stream",
            Self::Accepted => "Accepted",
        })
    }
}
