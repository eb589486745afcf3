//! Logs of events: what came into a run from outside, so that it can be replayed.
//!
//! A log is lines of JSON: a head with the seed, a line for each input with the step in which it
//! was handled, one for the end of each session, and a tail with a hash of all that happened.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::RunError;
use crate::sender::Input;

/// The version of the format.
const VERSION: u32 = 1;
/// How long a line of a log may be, in bytes.
const LINE_LIMIT: u64 = 16 * 1024 * 1024;

/// A log of a run, as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    seed: u64,
    project: String,
    entries: VecDeque<(u64, Entry)>,
    marks: VecDeque<Mark>,
    end: Option<End>,
}

/// What came in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// An event from outside.
    Input(Input),
    /// The session took longer than it may.
    Timeout,
    /// What an agent read from a real clock, in nanoseconds.
    Clock(u64),
}

/// A line of a log.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    Head { lyceum_universe: u32, seed: u64, project: String },
    Entry { step: u64, entry: Entry },
    Mark(Mark),
    End(End),
}

/// Where a session ended, to say of a replay in which one it took another course.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Mark {
    session: u64,
    step: u64,
    hash: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct End {
    steps: u64,
    hash: u64,
}

/// Writes a log.
pub(crate) struct Recorder {
    out: Box<dyn Write + Send>,
    /// The first error; nothing is written after it.
    fault: Option<std::io::Error>,
}

/// What a replay lets come in which step.
#[derive(Debug)]
pub(crate) struct Script {
    entries: VecDeque<(u64, Entry)>,
    marks: VecDeque<Mark>,
    /// The first session that took another course.
    strayed: Option<u64>,
    end: Option<End>,
}

impl Recorder {
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, fault: None }
    }

    pub(crate) fn begin(&mut self, seed: u64, project: &str) {
        self.write(&Row::Head { lyceum_universe: VERSION, seed, project: project.into() });
    }

    pub(crate) fn note(&mut self, step: u64, entry: Entry) {
        self.write(&Row::Entry { step, entry });
    }

    pub(crate) fn mark(&mut self, session: u64, step: u64, hash: u64) {
        self.write(&Row::Mark(Mark { session, step, hash }));
    }

    /// Ends the log; says what went wrong on the way, if anything did.
    pub(crate) fn end(&mut self, steps: u64, hash: u64) -> Result<(), RunError> {
        self.write(&Row::End(End { steps, hash }));
        if self.fault.is_none() {
            self.fault = self.out.flush().err();
        }
        match self.fault.take() {
            None => Ok(()),
            Some(error) => Err(RunError::Log { detail: format!("cannot write it: {error}") }),
        }
    }

    fn write(&mut self, row: &Row) {
        if self.fault.is_some() {
            return;
        }
        let written = serde_json::to_writer(&mut self.out, row).map_err(std::io::Error::from);
        self.fault = written.and_then(|()| self.out.write_all(b"\n")).err();
    }
}

impl Recording {
    /// Reads a log. One whose end is missing, as after a crash, is replayed as far as it goes.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no log of a universe; the error says which line.
    pub fn read(mut source: impl BufRead) -> Result<Self, RunError> {
        let mut recording: Option<Self> = None;
        let mut line = Vec::new();
        for number in 1.. {
            let fault = |what: &dyn fmt::Display| RunError::Log {
                detail: format!("line {number}: {what}"),
            };
            line.clear();
            let mut limited = std::io::Read::take(&mut source, LINE_LIMIT);
            if limited.read_until(b'\n', &mut line).map_err(|error| fault(&error))? == 0 {
                break;
            }
            if line.last() != Some(&b'\n') {
                if limited.limit() == 0 {
                    return Err(fault(&format!("it is longer than {LINE_LIMIT} bytes")));
                }
                // The last line of a run that was cut off.
                break;
            }
            let row = serde_json::from_slice(&line).map_err(|error| fault(&error))?;
            match (row, &mut recording) {
                (Row::Head { lyceum_universe: VERSION, seed, project }, None) => {
                    let (entries, marks) = Default::default();
                    recording = Some(Self { seed, project, entries, marks, end: None });
                }
                (Row::Head { lyceum_universe, .. }, None) => {
                    let text = format!("version {lyceum_universe}, where {VERSION} is expected");
                    return Err(fault(&text));
                }
                (Row::Entry { step, entry }, Some(recording)) => {
                    recording.entries.push_back((step, entry));
                }
                (Row::Mark(mark), Some(recording)) => recording.marks.push_back(mark),
                (Row::End(end), Some(recording)) => recording.end = Some(end),
                (_, None) => return Err(fault(&"expected the head with the seed")),
                (Row::Head { .. }, Some(_)) => return Err(fault(&"a second head")),
            }
        }
        recording.ok_or(RunError::Log { detail: "it is empty".into() })
    }

    /// Returns the seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the name of the project.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Returns the number of the last session that came to its end; 0 if there is none.
    pub fn sessions(&self) -> u64 {
        self.marks.back().map_or(0, |mark| mark.session)
    }

    pub(crate) fn script(&self) -> Script {
        let (entries, marks) = (self.entries.clone(), self.marks.clone());
        Script { entries, marks, strayed: None, end: self.end }
    }
}

impl Script {
    /// Takes the events that come in a step.
    pub(crate) fn inputs(&mut self, step: u64) -> Vec<Input> {
        let mut inputs = Vec::new();
        // What nobody asked for in a replay that takes another course holds up nothing.
        let is_late = |(at, entry): &(u64, Entry)| *at < step && !matches!(entry, Entry::Input(_));
        while self.entries.front().is_some_and(is_late) {
            self.entries.pop_front();
        }
        while let Some((_, Entry::Input(_))) = self.entries.front().filter(|(at, _)| *at <= step) {
            if let Some((_, Entry::Input(input))) = self.entries.pop_front() {
                inputs.push(input);
            }
        }
        inputs
    }

    /// Takes the end of a session's time in a step.
    pub(crate) fn is_late(&mut self, step: u64) -> bool {
        let late = matches!(self.entries.front(), Some((at, Entry::Timeout)) if *at <= step);
        if late {
            self.entries.pop_front();
        }
        late
    }

    /// Takes what an agent reads from the clock in a step.
    pub(crate) fn clock(&mut self, step: u64) -> Option<u64> {
        match self.entries.front() {
            Some((at, Entry::Clock(nanos))) if *at <= step => {
                let nanos = *nanos;
                self.entries.pop_front();
                Some(nanos)
            }
            _ => None,
        }
    }

    /// Looks whether a session ended where and as the log says.
    pub(crate) fn compare(&mut self, session: u64, step: u64, hash: u64) {
        let expected = self.marks.pop_front();
        if expected.is_some_and(|mark| mark != Mark { session, step, hash }) {
            self.strayed.get_or_insert(session);
        }
    }

    /// Returns whether the replay has taken another course by a step.
    pub(crate) fn is_left(&self, step: u64) -> bool {
        self.strayed.is_some() || self.end.is_some_and(|end| step > end.steps)
    }

    /// Returns whether the log goes on behind a step.
    pub(crate) fn goes_on(&self, step: u64) -> bool {
        !self.entries.is_empty() || self.end.is_some_and(|end| step < end.steps)
    }

    /// Lets the replay end before the log does.
    pub(crate) fn leave(&mut self) {
        self.end = None;
    }

    /// Says where a replay differs from its log.
    pub(crate) fn check(&self, steps: u64, hash: u64) -> Result<(), RunError> {
        let detail = match (self.strayed, self.end) {
            (Some(session), _) => {
                format!("the replay took another course in session {session}")
            }
            (None, Some(end)) if end != (End { steps, hash }) => format!(
                "the replay took another course: {steps} steps where the log has {}, and the \
                 hashes of what happened are {hash:016x} and {:016x}",
                end.steps, end.hash
            ),
            _ => return Ok(()),
        };
        Err(RunError::Log { detail })
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("fault", &self.fault).finish_non_exhaustive()
    }
}
