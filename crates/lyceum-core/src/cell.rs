//! The cell: an agent's state, mailbox and turns in one allocation.
//!
//! An idle agent is one allocation. A call to it takes the turn and polls the action on the
//! caller's thread; most actions are done then. Otherwise the message is queued, and a pump runs
//! it. All `unsafe` code of Lyceum is in this module.
//!
//! - [`recipient`]: what a handle points to: a cell, or an agent elsewhere.
//! - [`word`]: who holds the cell. Only the holder touches the state and suspended turns.
//! - [`standing`]: how far the agent's life has come; its mode and its mailbox's gate.
//! - [`mailbox`], [`list`]: what waits, under the mailbox's [`lock`].
//! - [`block`], [`phase`], [`pool`]: the message, its future and its reply, in one place.
//! - [`woken`]: the suspended turns that are to be polled again.
//! - [`entry`]: how a typed message gets in; [`ticket`]: how its caller waits.
//! - [`hold`]: the state of an agent that somebody else runs, between its turns.
//! - [`departed`]: turns whose calls leave the node.
//! - [`turn`], [`detached`]: what a holder does; [`frame`], [`chain`]: who called whom; [`waits`]:
//!   who waits for whom.
//!
//! # Invariants
//!
//! 1. Only the thread that took the word, by `try_hold` or from a run queue, reaches the state.
//! 2. What is left behind for a holder is left before `notify`; see [`word`].
//! 3. A block's content has one owner; see [`block`].
//! 4. Futures are dropped before the state that they borrow, and user values are never dropped
//!    under a lock.
//! 5. The registry counts an agent until it is buried; the state is gone when it ends.
#![expect(unsafe_code, reason = "the core's cell; its invariants are above")]

mod block;
mod borrow;
mod chain;
mod context;
mod departed;
mod detached;
mod entry;
mod frame;
mod header;
mod hold;
mod list;
mod lock;
mod mailbox;
mod phase;
mod pool;
mod profile;
mod recipient;
mod standing;
mod sync;
mod ticket;
mod turn;
mod vtable;
mod waits;
mod woken;
mod word;

pub(crate) use block::Block;
pub(crate) use borrow::Borrowing;
pub(crate) use context::OwnedContext;
pub(crate) use departed::{
    TurnRef, current_agent, current_agents, current_deadline, current_origin,
};
pub(crate) use detached::DetachedTurn;
pub use entry::Entry;
pub(crate) use entry::{Refusal, Submitted};
pub(crate) use frame::{Frame, with_current};
pub(crate) use header::{AgentRef, Asked, Header, ScheduledAgent};
pub use hold::Hold;
pub(crate) use lock::{Guard, Lock};
pub(crate) use mailbox::{DEFAULT_BYTES, DEFAULT_CAPACITY, Limits};
pub(crate) use phase::Verdict;
pub use profile::Profile;
pub(crate) use recipient::Place;
pub use recipient::Recipient;
pub(crate) use standing::{Stage, Standing};
pub(crate) use ticket::{Outcome, Ticket};
pub(crate) use turn::end_waiting;
pub(crate) use vtable::{HookRun, Life, PingRun};
