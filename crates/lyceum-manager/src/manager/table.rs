//! Which agents a manager looks after, by name and by number.

use std::collections::HashMap;
use std::sync::Arc;

use lyceum_core::Task;
use lyceum_wire::AgentName;

use super::StartError;
use super::child::Child;

/// How many agents a manager looks after; of those that ended, the oldest are forgotten.
pub(super) const CHILD_LIMIT: usize = 100_000;

/// Which agents a manager looks after.
#[derive(Default)]
pub(super) struct Table {
    children: HashMap<AgentName, Entry>,
    numbers: HashMap<u64, Arc<Child>>,
    /// How many were launched, for their sockets and names.
    launched: u64,
    closed: bool,
}

pub(super) struct Entry {
    pub(super) child: Arc<Child>,
    /// What looks after it; dropping it ends the child at once.
    _life: Option<Task<()>>,
}

impl Table {
    /// Launches no more.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Counts agents of former managers among those that were launched.
    pub(super) fn launched_before(&mut self, count: u64) {
        self.launched = self.launched.max(count);
    }

    /// Returns how many were launched.
    pub(super) fn launched(&self) -> u64 {
        self.launched
    }

    /// Returns all, by name.
    pub(super) fn all(&self) -> Vec<Arc<Child>> {
        let mut all: Vec<_> = self.children.values().map(|entry| entry.child.clone()).collect();
        all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        all
    }

    pub(super) fn named(&self, name: &AgentName) -> Option<Arc<Child>> {
        self.children.get(name).map(|entry| entry.child.clone())
    }

    pub(super) fn numbered(&self, number: u64) -> Option<Arc<Child>> {
        self.numbers.get(&number).cloned()
    }

    /// Takes all out.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        self.numbers.clear();
        std::mem::take(&mut self.children).into_values().collect()
    }

    /// Takes the next number, and checks the name of a new agent, which no other one that lives
    /// may have.
    pub(super) fn admit(
        &mut self,
        kind: &str,
        wanted: Option<&str>,
    ) -> Result<(u64, AgentName), StartError> {
        if self.closed {
            return Err(StartError::Closed { kind: kind.into() });
        }
        if self.children.len() >= CHILD_LIMIT {
            self.forget_one(kind)?;
        }
        self.launched += 1;
        let number = self.launched;
        let name = match wanted {
            Some(name) => name.parse(),
            None => format!("{}-{number}", kind.to_lowercase()).parse(),
        };
        let name: AgentName =
            name.map_err(|cause| StartError::Name { kind: kind.into(), cause })?;
        match self.children.get(&name) {
            Some(entry) if !entry.child.has_ended() => {
                Err(StartError::NameTaken { kind: kind.into(), name: name.to_string() })
            }
            _ => Ok((number, name)),
        }
    }

    /// Forgets the oldest one that ended.
    fn forget_one(&mut self, kind: &str) -> Result<(), StartError> {
        let ended = self.children.values().filter(|entry| entry.child.has_ended());
        let oldest = ended.min_by_key(|entry| entry.child.number);
        let Some(oldest) = oldest.map(|entry| entry.child.name.clone()) else {
            return Err(StartError::TooMany { kind: kind.into() });
        };
        // It has ended: dropping what looked after it does nothing.
        drop(self.remove(&oldest));
        Ok(())
    }

    /// Puts an agent in; the caller drops the former one of that name, which ended, after the lock.
    #[must_use = "it is dropped after the lock"]
    pub(super) fn insert(&mut self, child: &Arc<Child>, life: Option<Task<()>>) -> Option<Entry> {
        self.numbers.insert(child.number, child.clone());
        let entry = Entry { child: child.clone(), _life: life };
        let former = self.children.insert(child.name.clone(), entry);
        if let Some(former) = &former {
            self.numbers.remove(&former.child.number);
        }
        former
    }

    /// Lets a task look after an agent that is in.
    pub(super) fn look_after(&mut self, child: &Child, life: Task<()>) {
        if let Some(entry) = self.children.get_mut(&child.name)
            && entry.child.number == child.number
        {
            entry._life = Some(life);
        }
    }

    /// Takes an agent out.
    #[must_use = "it is dropped after the lock"]
    pub(super) fn remove(&mut self, name: &AgentName) -> Option<Entry> {
        let entry = self.children.remove(name)?;
        self.numbers.remove(&entry.child.number);
        Some(entry)
    }
}
