//! Which runtime this thread runs.

use std::cell::Cell;

use tokio::runtime::{Handle, Id};
use tokio::task;

use super::Shared;

thread_local! {
    /// The task that ran on this thread last, and its runtime. A task never moves to another.
    static LAST: Cell<Option<(task::Id, Id)>> = const { Cell::new(None) };
}

/// Returns whether this thread runs the node's runtime.
#[inline]
pub(super) fn is_current(node: &Shared) -> bool {
    let Some(own) = node.runtime_id else { return false };
    let task = task::try_id();
    if let Some(task) = task
        && let Some((last, runtime)) = LAST.get()
        && last == task
    {
        return runtime == own;
    }
    let Ok(current) = Handle::try_current() else { return false };
    if let Some(task) = task {
        LAST.set(Some((task, current.id())));
    }
    current.id() == own
}
