//! How an agent stands: how far its life has come, and whether it is switched off.
//!
//! Its mode and the gate of its mailbox are both read from this one word, so that they cannot
//! disagree. Each change is one exchange: of a stop, a restart and a switch at the same moment one
//! comes first, and the others see what it left.

use super::sync::{AtomicU8, Ordering};

const STAGE: u8 = 0b11;
const OFF: u8 = 1 << 2;
const STARTED: u8 = 1 << 3;

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

/// What the word says.
#[derive(Clone, Copy)]
struct Reading {
    stage: Stage,
    off: bool,
    started: bool,
}

impl Standing {
    pub(crate) fn new(stage: Stage) -> Self {
        let started = stage == Stage::Running;
        Self(AtomicU8::new(Reading { stage, off: false, started }.bits()))
    }

    #[inline]
    fn reading(&self) -> Reading {
        Reading::of(self.0.load(Ordering::Acquire))
    }

    /// Returns the stage, and whether the agent is switched off.
    #[inline]
    pub(crate) fn read(&self) -> (Stage, bool) {
        let now = self.reading();
        (now.stage, now.off)
    }

    /// Returns whether the state that is there has started, so that there is something to stop.
    ///
    /// For the holder: what it says of an agent that restarts may be over at once.
    pub(crate) fn has_started(&self) -> bool {
        self.reading().started
    }

    /// Returns whether the mailbox takes messages; asked under its lock.
    #[inline]
    pub(crate) fn gate(&self) -> Gate {
        let now = self.reading();
        match now.stage {
            Stage::Starting | Stage::Running if now.off => Gate::Inactive,
            Stage::Starting | Stage::Running => Gate::Open,
            Stage::Stopping => Gate::Stopping,
            Stage::Ended => Gate::Ended,
        }
    }

    /// Ends a start or restart; false if the agent stops or has ended.
    pub(crate) fn open(&self) -> bool {
        self.change(|now| {
            let open = Reading { stage: Stage::Running, started: true, ..now };
            (now.stage == Stage::Starting).then_some(open)
        })
    }

    /// Begins a restart; false if the agent starts or restarts already, stops, or has ended.
    pub(crate) fn close(&self) -> bool {
        self.change(|now| {
            let closed = Reading { stage: Stage::Starting, started: false, ..now };
            (now.stage == Stage::Running).then_some(closed)
        })
    }

    /// Begins to stop; false if another stop or the end came first.
    pub(crate) fn stop(&self) -> bool {
        self.change(|now| now.is_alive().then_some(Reading { stage: Stage::Stopping, ..now }))
    }

    /// Ends the agent for good.
    pub(crate) fn end(&self) {
        let ended = Reading { stage: Stage::Ended, off: false, started: false };
        self.0.store(ended.bits(), Ordering::Release);
    }

    /// Says whether the state that is there has started. The holder's.
    pub(crate) fn set_started(&self, started: bool) {
        self.change(|now| (now.stage != Stage::Ended).then_some(Reading { started, ..now }));
    }

    /// Switches an agent off that runs; false if it does not, or is off already.
    pub(crate) fn switch_off(&self) -> bool {
        self.change(|now| {
            let is_on = now.stage == Stage::Running && !now.off;
            is_on.then_some(Reading { off: true, ..now })
        })
    }

    /// Switches an agent off that is to start so.
    pub(crate) fn start_off(&self) -> bool {
        self.change(|now| (now.stage == Stage::Starting).then_some(Reading { off: true, ..now }))
    }

    /// Switches an agent on again, also while it restarts; false if it is not switched off.
    pub(crate) fn switch_on(&self) -> bool {
        self.change(|now| (now.is_alive() && now.off).then_some(Reading { off: false, ..now }))
    }

    /// Changes the word; false if there is nothing to change.
    fn change(&self, next: impl Fn(Reading) -> Option<Reading>) -> bool {
        let mut now = self.0.load(Ordering::Acquire);
        while let Some(next) = next(Reading::of(now)) {
            let next = next.bits();
            match self.0.compare_exchange_weak(now, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(seen) => now = seen,
            }
        }
        false
    }
}

impl Reading {
    #[inline]
    fn of(bits: u8) -> Self {
        let stage = match bits & STAGE {
            0 => Stage::Starting,
            1 => Stage::Running,
            2 => Stage::Stopping,
            _ => Stage::Ended,
        };
        Self { stage, off: bits & OFF != 0, started: bits & STARTED != 0 }
    }

    fn bits(self) -> u8 {
        let off = if self.off { OFF } else { 0 };
        let started = if self.started { STARTED } else { 0 };
        self.stage as u8 | off | started
    }

    fn is_alive(self) -> bool {
        matches!(self.stage, Stage::Starting | Stage::Running)
    }
}
