//! A probe: judges how much of a processor a program uses while it runs.

use std::time::Duration;

use lyceum_core::Time;
use lyceum_macros::agent;
use lyceum_universe::Step;

use super::look::{Look, WHILE};
use super::process_table::Seen;
use super::{ProcessExit, ProcessPid};

/// Judges whether the session's program keeps a processor busy for too long: then 1, and
/// `cpu_load` is in the name of the session.
///
/// It follows [`ProcessPid`], which a [`Process`](super::Process) sends that
/// [tells the number](super::Process::tells_number).
#[derive(Debug)]
pub struct CpuProbe {
    share: f64,
    time: Duration,
    watched: Option<Watched>,
    score: Option<f64>,
}

/// A program that runs.
#[derive(Debug)]
struct Watched {
    number: u32,
    last: Option<(Time, Duration)>,
    busy: Duration,
}

impl CpuProbe {
    /// Makes a probe for programs that use more than this share of a processor, 0.75 say, without
    /// a pause for so long.
    pub fn new(share: f64, time: Duration) -> Self {
        Self { share, time, watched: None, score: None }
    }
}

impl Watched {
    /// Looks once, and returns for how long the program is busy.
    fn look(&mut self, now: Time, used: Duration, share: f64) -> Duration {
        if let Some((then, before)) = self.last {
            let passed = now - then;
            let is_busy = used.saturating_sub(before).as_secs_f64() > passed.as_secs_f64() * share;
            self.busy = if is_busy { self.busy + passed } else { Duration::ZERO };
        }
        self.last = Some((now, used));
        self.busy
    }
}

#[agent]
impl CpuProbe {
    #[init]
    fn init(&mut self) {
        (self.watched, self.score) = (None, None);
    }

    #[event]
    fn began(&mut self, began: &ProcessPid, cx: &mut Step<'_>) {
        let number = began.number;
        self.watched = Some(Watched { number, last: None, busy: Duration::ZERO });
        self.score = Some(0.0);
        Look::after(Duration::ZERO, cx);
    }

    #[event]
    fn exit(&mut self, _exit: &ProcessExit) {
        self.watched = None;
    }

    #[event]
    fn look(&mut self, look: &Look, cx: &mut Step<'_>) {
        let now = cx.now();
        let Some(watched) = &mut self.watched else { return };
        if look.is_late(cx) {
            return;
        }
        let Some(seen) = Seen::of(watched.number) else { return };
        if watched.look(now, seen.used, self.share) >= self.time {
            self.watched = None;
            self.score = Some(1.0);
            cx.session().rename("cpu_load");
            return;
        }
        Look::after(WHILE, cx);
    }

    #[score]
    fn score(&self) -> Option<f64> {
        self.score
    }
}
