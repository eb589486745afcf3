//! Runs of behaviours that are called.

use crate::{Agent, Context};

/// One run of a behaviour that is called, for the list of behaviours.
///
/// Dropping it before its end, as a panic does, leaves the run uncounted.
pub struct ManualRun<'a, A: Agent> {
    cx: &'a Context<A>,
    behaviour: &'static str,
    ended: bool,
}

impl<'a, A: Agent> ManualRun<'a, A> {
    pub(crate) fn begin(cx: &'a Context<A>, behaviour: &'static str) -> Self {
        cx.header().with_extras(|extras| extras.behaviours.begin_run(behaviour));
        Self { cx, behaviour, ended: false }
    }

    /// Counts the run, and hands on what it came to. Its own error is an answer as well.
    pub fn end<T>(mut self, answer: T) -> T {
        self.ended = true;
        answer
    }
}

impl<A: Agent> Drop for ManualRun<'_, A> {
    fn drop(&mut self) {
        let ended = self.ended;
        self.cx.header().with_extras(|extras| extras.behaviours.end_run(self.behaviour, ended));
    }
}
