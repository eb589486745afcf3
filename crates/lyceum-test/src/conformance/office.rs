//! Exchanges that keep mailboxes, as the nodes of a suite use them.

use futures_util::future::BoxFuture;
use lyceum::exchange::AgentFilter;
use lyceum::{AnyHandle, Node};

/// An exchange where agents have mailboxes that outlive their programs. Its server lives as long as
/// this does.
pub trait Office: Send + Sync {
    /// Gives an agent of a node its mailbox.
    ///
    /// # Errors
    ///
    /// The exchange says no, in these words.
    fn register(
        &self,
        node: &Node,
        agent: &AnyHandle,
        plan: Plan<'_>,
    ) -> BoxFuture<'static, Result<Box<dyn Desk>, String>>;

    /// Counts the agents that a node finds.
    fn count(&self, node: &Node, filter: &AgentFilter) -> BoxFuture<'static, usize>;

    /// Ends the exchange's server, and starts it again with what it has on disk.
    fn restart(&self);

    /// Returns whether callers hear of a program that was killed although nobody takes its place.
    /// Otherwise they hear of it from the next one that holds its mailbox.
    fn tells_of_loss(&self) -> bool;

    /// Returns whether a message to a mailbox that is gone comes back with its error. Otherwise the
    /// wire has no way to say that it did not start.
    fn returns_what_came_too_late(&self) -> bool;
}

/// Which mailbox an agent gets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan<'p> {
    /// The address of the mailbox that it takes; a new one otherwise.
    pub at: Option<&'p str>,
    /// Whether the mailbox is there when the agent has ended.
    pub stays: bool,
}

/// An agent's mailbox, as its program holds it.
pub trait Desk: Send + Sync {
    /// Returns the address that leads there.
    fn address(&self) -> String;

    /// Returns whether another program holds the mailbox by now.
    fn is_replaced(&self) -> bool;

    /// Waits until this program does not serve it any more.
    fn ended(&self) -> BoxFuture<'_, ()>;

    /// Ends the mailbox for good.
    fn terminate(&self) -> BoxFuture<'_, ()>;
}
