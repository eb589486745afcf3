//! What agents write into their loggers.

use std::collections::BTreeMap;
use std::fmt;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For who looks for a defect.
    Debug,
    /// What happens.
    Info,
    /// What may be wrong.
    Warning,
    /// What is wrong.
    Error,
}

/// A line of an agent's logger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How much it matters.
    pub level: Level,
    /// The step of the run.
    pub step: u64,
    /// The session's number; none outside of sessions.
    pub session: Option<u64>,
    /// How many sessions were a success before.
    pub successes: u64,
    /// The agent's name.
    pub agent: String,
    /// What it wrote.
    pub text: String,
}

/// Takes lines.
pub(crate) type Sink = Box<dyn FnMut(&Line) + Send>;

/// Where lines go.
pub(crate) struct Log {
    /// Lines that matter less are dropped.
    pub(crate) level: Level,
    /// The levels of those that have their own, by name.
    pub(crate) levels: BTreeMap<String, Level>,
    pub(crate) sink: Option<Sink>,
}

impl Log {
    /// Returns whether a line of an agent is written.
    pub(crate) fn takes(&self, level: Level, agent: impl FnOnce() -> String) -> bool {
        if self.levels.is_empty() {
            return level >= self.level;
        }
        level >= *self.levels.get(&agent()).unwrap_or(&self.level)
    }

    /// Hands a line on, to the sink and to who listens to `tracing`.
    pub(crate) fn write(&mut self, line: &Line) {
        let Line { agent, session, step, text, .. } = line;
        match line.level {
            Level::Debug => tracing::debug!(agent, session, step, "{text}"),
            Level::Info => tracing::info!(agent, session, step, "{text}"),
            Level::Warning => tracing::warn!(agent, session, step, "{text}"),
            Level::Error => tracing::error!(agent, session, step, "{text}"),
        }
        if let Some(sink) = &mut self.sink {
            sink(line);
        }
    }
}

impl fmt::Display for Line {
    /// `[successes][session N][agent] text`, with the step for lines of who looks for a defect.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.successes)?;
        if let Some(session) = self.session {
            write!(f, "[session {session}]")?;
        }
        if self.level == Level::Debug {
            write!(f, "[step {}]", self.step)?;
        }
        write!(f, "[{}] {}", self.agent, self.text)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("level", &self.level).finish_non_exhaustive()
    }
}
