//! Holds: the state of an agent in the hands of who runs it by himself, between its turns.

use std::fmt;
use std::marker::PhantomData;

use super::header::state_of;
use super::standing::{Stage, Standing};
use super::turn::parked_bits;
use super::word::Released;
use crate::life::{DownReason, Mode};
use crate::{Agent, AgentRef, Handle};

/// The state of an agent of this process, for who runs it by himself, such as a universe.
///
/// While it is held no turn of the agent starts: messages wait in its mailbox. Whoever holds it
/// asks [`is_wanted`](Self::is_wanted) now and then, and drops the hold for a while if so. Then the
/// node runs what waits, as of any agent.
///
/// ```
/// # use lyceum::prelude::*;
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// # }
/// # lyceum::block_on(async {
/// let node = Node::simulated(7);
/// let counter = node.launch(Counter::default()).await?;
/// let mut hold = lyceum::Hold::take(&counter).expect("nothing runs");
/// hold.state().value = 40;
/// drop(hold);
/// assert_eq!(counter.add(2).await?, 42);
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
pub struct Hold<A: Agent> {
    agent: AgentRef,
    /// Whether no turn could start when it was taken.
    closed: bool,
    /// Whether turns may start that could not, so that messages may wait for it to be dropped.
    opened: bool,
    state: PhantomData<fn() -> A>,
}

impl<A: Agent> Hold<A> {
    /// Takes the state, unless a turn runs or is suspended, something waits for one, or the agent
    /// is starting, stopping, gone, or of another process.
    pub fn take(handle: &Handle<A>) -> Option<Self> {
        let agent = handle.recipient().cell()?;
        if !agent.vtable().class.is_of::<A>() {
            return None;
        }
        let closed = agent.word.try_hold_open_or_closed()?;
        let hold = Self { agent: agent.clone(), closed, opened: false, state: PhantomData };
        let (stage, _) = hold.agent.standing.read();
        // If not, dropping it lets go.
        (stage == Stage::Running && hold.agent.has_state()).then_some(hold)
    }

    /// Returns why nobody can ever take the state again, if the agent has ended.
    pub fn end_of(handle: &Handle<A>) -> Option<DownReason> {
        let Some(agent) = handle.recipient().cell() else { return Some(DownReason::Gone) };
        if agent.mode() != Mode::Ended {
            return None;
        }
        let reason = agent.extras().as_ref().and_then(|extras| extras.reason.clone());
        Some(reason.unwrap_or(DownReason::Stopped))
    }

    /// Returns the state.
    #[inline]
    pub fn state(&mut self) -> &mut A {
        // SAFETY: this holds the cell, whose type is `A`, as was checked; the state was there
        // when it was taken, and only holders take it away.
        unsafe { &mut *state_of::<A>(self.agent.pointer()) }
    }

    /// Returns whether messages, timers or those who manage the agent wait for its next turn.
    #[inline]
    pub fn is_wanted(&self) -> bool {
        self.opened || self.agent.word.is_notified()
    }

    /// Switches the agent on or off for all others: messages to one that is off are refused.
    /// Returns whether that changed anything.
    pub fn switch(&mut self, on: bool) -> bool {
        // Whoever looks at the standing after this hold sees it: no need to notify.
        let standing: &Standing = &self.agent.standing;
        let changed = if on { standing.switch_on() } else { standing.switch_off() };
        let is_open = self.closed && self.agent.mode() == Mode::Active;
        self.opened = is_open && self.agent.mailbox.may_have_messages();
        changed
    }
}

impl<A: Agent> Drop for Hold<A> {
    #[inline]
    fn drop(&mut self) {
        let parked = parked_bits(&self.agent, false);
        if self.opened {
            self.agent.word.release_scheduled(parked);
            self.agent.schedule(false);
        } else if self.agent.word.release(parked) == Released::Schedule {
            self.agent.schedule(false);
        }
    }
}

impl<A: Agent> fmt::Debug for Hold<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(&self.agent).finish()
    }
}
