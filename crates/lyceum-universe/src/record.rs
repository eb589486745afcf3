//! Logs of events: what came into a run from outside, so that it can be replayed.
//!
//! A log is lines of JSON: a head with the seed, a line for each input with the step in which it
//! was handled, and a tail with a hash of all that happened.

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
}

/// A line of a log.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    Head { lyceum_universe: u32, seed: u64, project: String },
    Entry { step: u64, entry: Entry },
    End(End),
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
                    let entries = VecDeque::new();
                    recording = Some(Self { seed, project, entries, end: None });
                }
                (Row::Head { lyceum_universe, .. }, None) => {
                    let text = format!("version {lyceum_universe}, where {VERSION} is expected");
                    return Err(fault(&text));
                }
                (Row::Entry { step, entry }, Some(recording)) => {
                    recording.entries.push_back((step, entry));
                }
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

    pub(crate) fn script(&self) -> Script {
        Script { entries: self.entries.clone(), end: self.end }
    }
}

impl Script {
    /// Takes the events that come in a step.
    pub(crate) fn inputs(&mut self, step: u64) -> Vec<Input> {
        let mut inputs = Vec::new();
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

    /// Says where a replay differs from its log.
    pub(crate) fn check(&self, steps: u64, hash: u64) -> Result<(), RunError> {
        match self.end {
            Some(end) if end != (End { steps, hash }) => Err(RunError::Log {
                detail: format!(
                    "the replay took another course: {steps} steps where the log has {}, and the \
                     hashes of what happened are {hash:016x} and {:016x}",
                    end.steps, end.hash
                ),
            }),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("fault", &self.fault).finish_non_exhaustive()
    }
}
