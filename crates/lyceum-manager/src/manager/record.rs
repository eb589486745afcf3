//! The record: which agents a manager looks after, for the manager that comes after it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_core::exchange::Door;
use lyceum_wire::AgentName;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};

use super::Children;
use super::child::Child;
use crate::ticket::{MailboxAt, Wanted};

/// The layout of the record that this program writes, and the only one that it reads.
const FORMAT: u32 = 1;
/// The name of the record in the directory of state.
const NAME: &str = "agents.json";
/// A record that is larger than this was not written by a manager.
const LIMIT: u64 = 256 * 1024 * 1024;

/// Which agents a manager looks after.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    format: u32,
    /// How many agents were launched, those that are gone, too.
    pub(super) launched: u64,
    pub(super) agents: Vec<Remembered>,
    /// The ids of mailboxes that were given to agents by name, those that are down, too.
    #[serde(default)]
    pub(super) mailboxes: BTreeMap<AgentName, String>,
}

/// One of them.
#[derive(Serialize, Deserialize)]
pub(super) struct Remembered {
    #[serde(flatten)]
    pub(super) wanted: Wanted,
    pub(super) number: u64,
    pub(super) launcher: String,
    pub(super) generation: u32,
    pub(super) restarts: u32,
    /// By what its launcher finds it again.
    pub(super) mark: Option<String>,
    /// Where its node said that it listens.
    pub(super) endpoint: Option<lyceum_wire::Endpoint>,
    /// Whether it was ready once.
    pub(super) was_up: bool,
}

/// What writes the record, and keeps other managers away from it.
pub(super) struct Keeper {
    path: PathBuf,
    /// Locked for as long as the manager lives.
    _lock: File,
    wanted: watch::Sender<u64>,
    written: watch::Sender<u64>,
    wake: Notify,
    mailboxes: Mutex<BTreeMap<AgentName, String>>,
}

/// Lets nobody wait any more for a record that nobody writes.
struct LastWord<'k>(&'k Keeper);

impl Drop for LastWord<'_> {
    fn drop(&mut self) {
        self.0.written.send_replace(u64::MAX);
    }
}

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    #[error("another manager uses it")]
    Taken,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("`{NAME}` is no record of a manager")]
    Unread(#[source] serde_json::Error),
    #[error("`{NAME}` was written by another version: expected format {FORMAT}, found {0}")]
    Format(u32),
}

impl Record {
    /// Reads the record of a former manager; an empty one if there is none.
    pub(super) fn read(directory: &Path) -> Result<Self, RecordError> {
        let file = match File::open(directory.join(NAME)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (agents, mailboxes) = (Vec::new(), BTreeMap::new());
                return Ok(Self { format: FORMAT, launched: 0, agents, mailboxes });
            }
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.len() > LIMIT {
            return Err(io::Error::other(format!("`{NAME}` is too large")).into());
        }
        let read: serde_json::Value =
            serde_json::from_reader(io::BufReader::new(file)).map_err(RecordError::Unread)?;
        let format = read["format"].as_u64().and_then(|format| u32::try_from(format).ok());
        match format {
            Some(FORMAT) | None => Self::deserialize(read).map_err(RecordError::Unread),
            Some(other) => Err(RecordError::Format(other)),
        }
    }
}

impl Keeper {
    /// Takes a directory of state for one manager.
    pub(super) fn of(directory: &Path) -> Result<Self, RecordError> {
        let lock = private().create(true).open(directory.join("lock"))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(RecordError::Taken),
            Err(error) => return Err(io::Error::from(error).into()),
        }
        Ok(Self {
            path: directory.join(NAME),
            _lock: lock,
            wanted: watch::Sender::new(0),
            written: watch::Sender::new(0),
            wake: Notify::new(),
            mailboxes: Mutex::default(),
        })
    }

    /// Returns which agent has had which mailbox.
    pub(super) fn mailboxes(&self) -> MutexGuard<'_, BTreeMap<AgentName, String>> {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, record: &Record) -> io::Result<()> {
        let draft = self.path.with_extension("draft");
        let mut file = private().create(true).truncate(true).open(&draft)?;
        serde_json::to_writer(io::BufWriter::new(&mut file), record)?;
        file.flush()?;
        // Whole or not at all, whenever this process is killed.
        std::fs::rename(&draft, &self.path)
    }
}

/// Returns how to open a file that nobody else may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

impl Children {
    /// Notes that the record is to be written anew.
    pub(super) fn note_change(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.wanted.send_modify(|wanted| *wanted += 1);
            keeper.wake.notify_one();
        }
    }

    /// Waits until the record says what is true now; nothing without a record.
    pub(super) async fn remember(&self) {
        let Some(keeper) = &self.keeper else { return };
        self.note_change();
        let wanted = *keeper.wanted.borrow();
        let mut written = keeper.written.subscribe();
        // The sender lives as long as the keeper.
        let _ = written.wait_for(|written| *written >= wanted).await;
    }

    /// Writes the record whenever something has changed, until the manager is gone.
    ///
    /// A record that cannot be written is told of, and agents are launched nevertheless.
    pub(super) async fn keep_record(self: Arc<Self>) {
        let Some(keeper) = &self.keeper else { return };
        let _last = LastWord(keeper);
        loop {
            keeper.wake.notified().await;
            let wanted = *keeper.wanted.borrow();
            let record = self.record();
            if let Err(error) = keeper.write(&record) {
                tracing::error!(%error, path = %keeper.path.display(), "cannot write the record");
            }
            keeper.written.send_replace(wanted);
        }
    }

    fn record(&self) -> Record {
        let (children, launched) = {
            let table = self.table();
            (table.all(), table.launched())
        };
        let agents = children.iter().filter(|child| !child.has_ended());
        let agents = agents.filter_map(|child| self.remembered(child)).collect();
        let mailboxes = self.keeper.as_ref().map(|keeper| keeper.mailboxes().clone());
        Record { format: FORMAT, launched, agents, mailboxes: mailboxes.unwrap_or_default() }
    }

    /// Gives a mailbox its id: the one that the agent had, or a new one.
    pub(super) fn numbered(&self, agent: &AgentName, mailbox: MailboxAt) -> MailboxAt {
        if mailbox.has_id() {
            return mailbox;
        }
        let door = Door::of(&self.node);
        let new = || crate::ticket::uuid([door.random(), door.random()]);
        let id = match &self.keeper {
            Some(keeper) => keeper.mailboxes().entry(agent.clone()).or_insert_with(new).clone(),
            None => new(),
        };
        mailbox.id(id)
    }

    /// Returns what is to be remembered of a child; nothing of one on this very node.
    fn remembered(&self, child: &Child) -> Option<Remembered> {
        if self.site_of(child).launcher.registry().is_some() {
            return None;
        }
        let facts = child.facts();
        Some(Remembered {
            wanted: child.wanted()?.clone(),
            number: child.number,
            launcher: child.launcher.to_string(),
            generation: facts.generation,
            restarts: facts.restarts,
            mark: facts.mark.clone(),
            endpoint: facts.endpoint.clone(),
            was_up: facts.was_up,
        })
    }
}
