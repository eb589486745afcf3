//! A probe: watches a process that is there already.

use lyceum_macros::agent;
use lyceum_universe::Step;

use super::look::{Look, WHILE};
use super::process_table::Seen;

/// Watches a process that somebody else started: 1 when it has ended, with `process_gone` in the
/// name of the session, or when it holds too much memory, with `memory`.
///
/// A process that got its number later is none of its business.
#[derive(Debug)]
pub struct AttachProcess {
    number: u32,
    memory: u64,
    /// When the process began, since it was first seen.
    began: Option<u64>,
    score: Option<f64>,
}

impl AttachProcess {
    /// Makes a probe for a process by its number, which may hold so many bytes of memory.
    pub fn new(number: u32, memory: u64) -> Self {
        let began = Seen::of(number).map(|seen| seen.began);
        Self { number, memory, began, score: None }
    }

    /// Returns what is wrong with the process.
    fn fault(&self) -> Option<&'static str> {
        match Seen::of(self.number).filter(|seen| Some(seen.began) == self.began) {
            None => Some("process_gone"),
            Some(seen) if seen.memory() > self.memory => Some("memory"),
            Some(_) => None,
        }
    }
}

#[agent]
impl AttachProcess {
    #[init]
    fn init(&mut self) {
        self.score = None;
    }

    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        self.score = Some(0.0);
        self.judge(cx);
    }

    #[event]
    fn look(&mut self, look: &Look, cx: &mut Step<'_>) {
        if !look.is_late(cx) {
            self.judge(cx);
        }
    }

    #[score]
    fn score(&self) -> Option<f64> {
        self.score
    }
}

impl AttachProcess {
    fn judge(&mut self, cx: &mut Step<'_>) {
        if let Some(fault) = self.fault() {
            self.score = Some(1.0);
            cx.session().rename(fault);
            return;
        }
        Look::after(WHILE, cx);
    }
}
