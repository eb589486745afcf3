//! Logs: what each agent printed, in a file of its own.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lyceum_wire::AgentName;

use crate::launcher::{OutputLine, Stream};

/// A file that is as large as this is put aside, and the one that was put aside before is removed.
const FILE_LIMIT: u64 = 8 * 1024 * 1024;
/// How many files are open at once.
const OPEN_LIMIT: usize = 256;

/// The files of what agents printed, in one directory.
pub(crate) struct Logs {
    directory: PathBuf,
    open: Mutex<BTreeMap<AgentName, LogFile>>,
}

struct LogFile {
    file: File,
    bytes: u64,
}

impl Logs {
    /// Uses a directory, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        Ok(Self { directory: directory.into(), open: Mutex::default() })
    }

    /// Writes a line to the file of its agent. One that cannot be written is told of.
    pub(crate) fn write(&self, line: &OutputLine, at: impl Display) {
        let stream = match line.stream {
            Stream::Output => "output",
            Stream::Error => "error",
        };
        let at = at.to_string();
        // Down to milliseconds.
        let text = format!("{} {stream} {}\n", at.get(..23).unwrap_or(&at), line.text);
        if let Err(error) = self.append(&line.agent, text.as_bytes()) {
            tracing::warn!(agent = %line.agent, %error, "cannot write to the log of an agent");
        }
    }

    fn append(&self, agent: &AgentName, text: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN_LIMIT && !open.contains_key(agent) {
            // They are opened again when they are needed.
            open.clear();
        }
        let path = current(&self.directory, agent);
        let log = match open.entry(agent.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(LogFile::open(&path)?),
        };
        if log.bytes + text.len() as u64 > FILE_LIMIT && log.bytes > 0 {
            std::fs::rename(&path, former(&self.directory, agent))?;
            *log = LogFile::open(&path)?;
        }
        log.file.write_all(text)?;
        log.bytes += text.len() as u64;
        Ok(())
    }
}

impl LogFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }
}

/// Returns the last lines of an agent's log, the oldest first.
///
/// # Errors
///
/// There is none, or it cannot be read.
pub(crate) fn last(directory: &Path, agent: &AgentName, lines: usize) -> io::Result<Vec<String>> {
    let text = std::fs::read(current(directory, agent))?;
    let before = match std::fs::read(former(directory, agent)) {
        Ok(before) => before,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let text = String::from_utf8_lossy(&[before, text].concat()).into_owned();
    let all: Vec<_> = text.lines().map(str::to_owned).collect();
    let first = all.len().saturating_sub(lines);
    Ok(all.into_iter().skip(first).collect())
}

fn current(directory: &Path, agent: &AgentName) -> PathBuf {
    directory.join(format!("{agent}.log"))
}

fn former(directory: &Path, agent: &AgentName) -> PathBuf {
    directory.join(format!("{agent}.log.1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> OutputLine {
        OutputLine { agent: "clerk".parse().unwrap(), stream: Stream::Output, text: text.into() }
    }

    fn directory(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("lyceum-logs-{name}-{}", std::process::id()))
    }

    #[test]
    fn last_lines_come_with_time_and_stream() {
        let directory = directory("lines");
        let logs = Logs::open(&directory).unwrap();
        for text in ["one", "two", "three"] {
            logs.write(&line(text), "2026-11-24T12:00:00.123456789Z");
        }

        let lines = last(&directory, &"clerk".parse().unwrap(), 2).unwrap();

        let time = "2026-11-24T12:00:00.123";
        assert_eq!(lines, [format!("{time} output two"), format!("{time} output three")]);
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn full_file_is_put_aside_once() {
        let directory = directory("full");
        let logs = Logs::open(&directory).unwrap();
        let long = "x".repeat(1024 * 1024);
        for _ in 0..30 {
            logs.write(&line(&long), "now");
        }

        let sizes = ["clerk.log", "clerk.log.1"].map(|name| directory.join(name));
        let sizes = sizes.map(|path| path.metadata().unwrap().len());
        assert!(sizes.iter().all(|size| *size <= FILE_LIMIT), "{sizes:?}");
        let count = std::fs::read_dir(&directory).unwrap().count();
        assert_eq!(count, 2);
        std::fs::remove_dir_all(directory).unwrap();
    }
}
