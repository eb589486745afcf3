//! Which runtime this thread runs.

use std::cell::Cell;

use tokio::runtime::Handle;
use tokio::task;

use super::Shared;

thread_local! {
    /// The task that was last found to run on a node's runtime, and that node. A task never moves
    /// to another runtime.
    static LAST: Cell<Option<(task::Id, usize)>> = const { Cell::new(None) };
}

/// Returns whether this thread runs the node's runtime.
#[inline]
pub(super) fn is_current(node: &Shared) -> bool {
    let address = std::ptr::from_ref(node).addr();
    let task = task::try_id();
    if let Some(task) = task
        && LAST.get() == Some((task, address))
    {
        return true;
    }
    let (Some(own), Ok(current)) = (node.runtime(), Handle::try_current()) else { return false };
    let same = own.id() == current.id();
    if same && let Some(task) = task {
        LAST.set(Some((task, address)));
    }
    same
}
