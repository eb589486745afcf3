//! How an agent stands: how far its life has come, and whether it is switched off.
//!
//! Its mode and the gate of its mailbox are both read from this one word, so that they cannot
//! disagree. Each change is one exchange: of a stop, a restart and a switch at the same moment one
//! comes first, and the others see what it left.

use super::sync::{AtomicU8, Ordering};

const STAGE: u8 = 0b11;
const OFF: u8 = 1 << 2;

/// How far an agent's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    /// It starts or restarts.
    Starting = 0,
    /// It handles messages, unless it is switched off.
    Running = 1,
    /// It finishes what it has begun.
    Stopping = 2,
    /// It is gone for good.
    Ended = 3,
}

/// Whether a mailbox takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// It does.
    Open,
    /// The agent is switched off.
    Inactive,
    /// The agent stops: only its own turns get in.
    Stopping,
    /// The agent is gone for good.
    Ended,
}

/// How an agent stands.
pub(crate) struct Standing(AtomicU8);

impl Standing {
    pub(crate) fn new(stage: Stage) -> Self {
        Self(AtomicU8::new(stage as u8))
    }

    /// Returns the stage, and whether the agent is switched off.
    #[inline]
    pub(crate) fn read(&self) -> (Stage, bool) {
        let now = self.0.load(Ordering::Acquire);
        (stage_of(now), now & OFF != 0)
    }

    /// Returns whether the mailbox takes messages; asked under its lock.
    #[inline]
    pub(crate) fn gate(&self) -> Gate {
        match self.read() {
            (Stage::Starting | Stage::Running, false) => Gate::Open,
            (Stage::Starting | Stage::Running, true) => Gate::Inactive,
            (Stage::Stopping, _) => Gate::Stopping,
            (Stage::Ended, _) => Gate::Ended,
        }
    }

    /// Ends a start or restart; false if the agent stops or has ended.
    pub(crate) fn open(&self) -> bool {
        self.change(|stage, off| (stage == Stage::Starting).then_some((Stage::Running, off)))
    }

    /// Begins a restart; false if the agent starts or restarts already, stops, or has ended.
    pub(crate) fn close(&self) -> bool {
        self.change(|stage, off| (stage == Stage::Running).then_some((Stage::Starting, off)))
    }

    /// Begins to stop; false if another stop or the end came first.
    pub(crate) fn stop(&self) -> bool {
        self.change(|stage, off| is_alive(stage).then_some((Stage::Stopping, off)))
    }

    /// Ends the agent for good.
    pub(crate) fn end(&self) {
        self.0.store(Stage::Ended as u8, Ordering::Release);
    }

    /// Switches an agent off that runs; false if it does not, or is off already.
    pub(crate) fn switch_off(&self) -> bool {
        self.change(|stage, off| (stage == Stage::Running && !off).then_some((stage, true)))
    }

    /// Switches an agent off that is to start so.
    pub(crate) fn start_off(&self) -> bool {
        self.change(|stage, _| (stage == Stage::Starting).then_some((stage, true)))
    }

    /// Switches an agent on again, also while it restarts; false if it is not switched off.
    pub(crate) fn switch_on(&self) -> bool {
        self.change(|stage, off| (is_alive(stage) && off).then_some((stage, false)))
    }

    /// Changes stage and switch together; false if there is nothing to change.
    fn change(&self, next: impl Fn(Stage, bool) -> Option<(Stage, bool)>) -> bool {
        let mut now = self.0.load(Ordering::Acquire);
        while let Some((stage, off)) = next(stage_of(now), now & OFF != 0) {
            let then = stage as u8 | if off { OFF } else { 0 };
            match self.0.compare_exchange_weak(now, then, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(seen) => now = seen,
            }
        }
        false
    }
}

fn is_alive(stage: Stage) -> bool {
    matches!(stage, Stage::Starting | Stage::Running)
}

#[inline]
fn stage_of(bits: u8) -> Stage {
    match bits & STAGE {
        0 => Stage::Starting,
        1 => Stage::Running,
        2 => Stage::Stopping,
        _ => Stage::Ended,
    }
}
