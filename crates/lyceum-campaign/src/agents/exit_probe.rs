//! A probe: judges how a program ended.

use lyceum_macros::agent;
use lyceum_universe::Step;

use super::ProcessExit;
use crate::FindKind;
use crate::process::Ending;

/// What the [`ExitProbe`] found, for others of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitOpinion {
    /// In which way the program failed, if it did.
    pub kind: Option<FindKind>,
    /// Whether it refused its input: it ended with a code that is no failure, and not with 0.
    pub is_refusal: bool,
}

/// Judges how the session's program ended: 1 for a signal or a limit, 0.5 for an exit code, -0.5
/// for a code that says that the input was refused, 0 otherwise.
#[derive(Debug)]
pub struct ExitProbe {
    accepted: Vec<u8>,
    score: Option<f64>,
}

impl ExitProbe {
    /// Makes a probe for which these exit codes are no failure.
    pub fn new(accepted: Vec<u8>) -> Self {
        Self { accepted, score: None }
    }
}

#[agent]
impl ExitProbe {
    #[init]
    fn init(&mut self) {
        self.score = None;
    }

    #[event]
    fn exit(&mut self, exit: &ProcessExit, cx: &mut Step<'_>) {
        let kind = FindKind::of(&exit.exit, &self.accepted);
        let is_refusal = kind.is_none() && exit.exit.ending != Ending::Code(0);
        self.score = Some(match kind {
            Some(FindKind::ExitCode(_)) => 0.5,
            Some(_) => 1.0,
            None if is_refusal => -0.5,
            None => 0.0,
        });
        cx.session().put(ExitOpinion { kind, is_refusal });
    }

    #[score]
    fn score(&self) -> Option<f64> {
        self.score
    }
}
