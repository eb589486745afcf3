//! The roster: all agents of a universe, in the order in which they were made.

use std::any::Any;
use std::fmt;

use lyceum_core::{Agent, Handle};

use crate::channel::{Channels, Queue};
use crate::inhabitant::{Settle, Species};
use crate::ordinary::Ordinary;
use crate::post::{Message, Post};
use crate::world::World;

/// Agents of one type that stand one after the other.
pub(crate) trait Members: Any + Send {
    fn len(&self) -> usize;
    /// Whether they do something in each step.
    fn is_live(&self) -> bool;
    fn has_score(&self) -> bool;
    /// Says which slot the first one has.
    fn set_first(&mut self, first: u32);
    /// Lets all from one on act; stops behind the first that asks the kernel for something, and
    /// returns where to go on.
    fn pass(&mut self, from: usize, inbox: &Inbox, world: &mut World) -> usize;
    /// Lets one that lives handle its mail and live.
    fn act(&mut self, index: usize, inbox: &Inbox, world: &mut World);
    /// Lets one act that has mail and only listens; true if [`let_go`](Self::let_go) is to be
    /// called after each step from now on.
    fn visit(&mut self, index: usize, inbox: &Inbox, world: &mut World) -> bool;
    /// Lets go of states that others want, or that were not needed for long; true if some are left.
    fn let_go(&mut self, step: u64) -> bool;
    fn init(&mut self, index: usize, world: &mut World);
    /// Runs what follows the end of an activity.
    fn deinit(&mut self, index: usize, world: &mut World);
    /// Switches an agent on or off for those who are not in the universe; true as for
    /// [`visit`](Self::visit).
    fn switch(&mut self, index: usize, on: bool, world: &World) -> bool;
    fn score(&mut self, index: usize, world: &mut World) -> Option<f64>;
    /// Lets go of all states.
    fn release(&mut self);
    /// Ends those whose slots are not to be kept.
    fn retain(&mut self, keep: &dyn Fn(u32) -> bool);
}

/// All agents of a universe.
#[derive(Default)]
pub(crate) struct Roster {
    runs: Vec<Run>,
    len: u32,
    /// The runs of which states are kept.
    keeping: Vec<u32>,
}

/// Agents of one type that stand one after the other, and what is asked of them in each step.
pub(crate) struct Run {
    pub(crate) first: u32,
    /// The slot behind the last one.
    pub(crate) end: u32,
    /// Whether they do something in each step.
    pub(crate) is_live: bool,
    pub(crate) has_score: bool,
    pub(crate) members: Box<dyn Members>,
}

/// The messages of this step, by channel.
#[derive(Default)]
pub(crate) struct Inbox {
    queues: Vec<Option<Box<dyn Queue>>>,
    /// Which of them have messages.
    filled: Vec<u32>,
    /// All messages, in the order in which they were sent.
    pub(crate) messages: Vec<Message>,
}

impl Inbox {
    /// Takes what was sent in the step before, and empties what was there.
    pub(crate) fn fill(&mut self, channels: &mut Channels, post: &mut Post) {
        for channel in &self.filled {
            if let Some(queue) = &mut self.queues[*channel as usize] {
                queue.clear();
            }
        }
        post.swap(&mut self.messages, &mut self.filled);
        self.queues.resize_with(channels.len(), || None);
        for &index in &self.filled {
            let channel = channels.get_mut(index);
            match &mut self.queues[index as usize] {
                // Of the channel's type: those that learnt it since have none here.
                Some(queue) if !channel.has_learnt => std::mem::swap(queue, &mut channel.sent),
                other => {
                    channel.has_learnt = false;
                    let empty = channel.sent.fresh();
                    *other = Some(std::mem::replace(&mut channel.sent, empty));
                }
            }
        }
    }

    /// Returns the messages of a channel, on which something was sent in the step before.
    #[inline]
    pub(crate) fn queue(&self, channel: u32) -> &dyn Queue {
        self.queues[channel as usize].as_deref().expect("who has mail has it from a filled channel")
    }
}

impl Roster {
    /// Adds an agent in the next slot.
    pub(crate) fn settle<A: Agent>(&mut self, handle: Handle<A>) {
        let slot = self.len;
        self.len += 1;
        let last = self.runs.last_mut().map(|run| &mut *run.members);
        let settle: Settle<A> =
            species::<A>().map_or(Ordinary::settle::<A>, |species| species.settle);
        match (settle(handle, last), self.runs.last_mut()) {
            (Some(mut members), _) => {
                members.set_first(slot);
                let (is_live, has_score) = (members.is_live(), members.has_score());
                self.runs.push(Run { first: slot, end: self.len, is_live, has_score, members });
            }
            (None, Some(last)) => last.end = self.len,
            (None, None) => unreachable!("the first agent begins a run"),
        }
    }

    /// Returns how many runs of agents of one type there are.
    pub(crate) fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Returns a run.
    #[inline]
    pub(crate) fn run(&mut self, index: usize) -> &mut Run {
        &mut self.runs[index]
    }

    /// Returns the members among which a slot is, and its place there.
    pub(crate) fn member(&mut self, slot: u32) -> (&mut dyn Members, usize) {
        let index = self.run_of(slot);
        let run = &mut self.runs[index];
        (&mut *run.members, (slot - run.first) as usize)
    }

    /// Lets an agent of a run act that has mail and only listens.
    #[inline]
    pub(crate) fn visit(&mut self, run: usize, slot: u32, inbox: &Inbox, world: &mut World) {
        let Run { first, members, .. } = &mut self.runs[run];
        if members.visit((slot - *first) as usize, inbox, world) {
            self.keeping.push(u32::try_from(run).expect("runs are fewer than slots"));
        }
    }

    /// Switches an agent on or off for those who are not in the universe.
    pub(crate) fn switch(&mut self, slot: u32, on: bool, world: &World) {
        let run = self.run_of(slot);
        let Run { first, members, .. } = &mut self.runs[run];
        if members.switch((slot - *first) as usize, on, world) {
            self.keeping.push(u32::try_from(run).expect("runs are fewer than slots"));
        }
    }

    fn run_of(&self, slot: u32) -> usize {
        self.runs.partition_point(|run| run.first <= slot) - 1
    }

    /// Lets go of states that others want, or that were not needed for long.
    pub(crate) fn let_go(&mut self, step: u64) {
        if self.keeping.is_empty() {
            return;
        }
        let runs = &mut self.runs;
        self.keeping.retain(|run| runs[*run as usize].members.let_go(step));
    }

    /// Lets go of all states, so that the node can run turns.
    pub(crate) fn release(&mut self) {
        self.keeping.clear();
        self.runs.iter_mut().for_each(|run| run.members.release());
    }

    /// Ends the agents whose slots are not to be kept; the others move up.
    pub(crate) fn retain(&mut self, keep: &dyn Fn(u32) -> bool) {
        self.release();
        let mut next = 0;
        self.runs.retain_mut(|run| {
            run.members.retain(keep);
            run.first = next;
            run.members.set_first(next);
            let len = run.members.len();
            next += u32::try_from(len).expect("slots are 32 bits");
            run.end = next;
            len > 0
        });
        self.len = next;
    }
}

/// Returns how agents of a type live in a universe; none if they are ordinary ones.
pub(crate) fn species<A: Agent>() -> Option<&'static Species<A>> {
    const { &A::BLUEPRINT }.stepped.and_then(|species| species.downcast_ref())
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster").field("len", &self.len).finish_non_exhaustive()
    }
}
