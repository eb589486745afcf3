//! The behaviours of one agent, by name.

use serde::{Deserialize, Serialize};

use crate::life::JobPlace;

/// The behaviours of one agent, in the order in which they were added.
#[derive(Default)]
pub(crate) struct BehaviourList(Vec<Entry>);

struct Entry {
    info: BehaviourInfo,
    job: Option<JobPlace>,
    /// How many calls run it now, if it is called.
    called: u32,
}

/// What is known of a behaviour of a running agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BehaviourInfo {
    /// The behaviour's name.
    pub name: String,
    /// When it runs.
    pub kind: String,
    /// What it is doing.
    pub state: BehaviourState,
    /// How often it ran to its end. A manual behaviour also does so with an error.
    pub runs: u64,
    /// How many regular times it missed.
    pub missed: u64,
    /// The state of a state machine.
    pub machine_state: Option<String>,
}

/// What a behaviour is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BehaviourState {
    /// It waits for its time, its flag, or to be called.
    Waiting,
    /// It runs.
    Running,
    /// It ran to its end.
    Done,
    /// It failed.
    Failed,
    /// It was stopped.
    Stopped,
}

impl BehaviourList {
    /// Adds a behaviour; false if the name is taken.
    pub(crate) fn add(&mut self, name: &str, kind: String) -> bool {
        if self.find(name).is_some() {
            return false;
        }
        let info = BehaviourInfo {
            name: name.into(),
            kind,
            state: BehaviourState::Waiting,
            runs: 0,
            missed: 0,
            machine_state: None,
        };
        self.0.push(Entry { info, job: None, called: 0 });
        true
    }

    fn find(&mut self, name: &str) -> Option<&mut Entry> {
        self.0.iter_mut().find(|entry| entry.info.name == name)
    }

    pub(crate) fn update(&mut self, name: &str, update: impl FnOnce(&mut BehaviourInfo)) {
        if let Some(entry) = self.find(name) {
            update(&mut entry.info);
        }
    }

    /// Returns whether a behaviour is there and neither runs nor waits.
    pub(crate) fn rests(&mut self, name: &str) -> bool {
        use BehaviourState::{Done, Failed, Stopped};
        self.find(name).is_some_and(|entry| matches!(entry.info.state, Done | Failed | Stopped))
    }

    /// Notes that a call runs a behaviour.
    pub(crate) fn begin_run(&mut self, name: &str) {
        if let Some(entry) = self.find(name) {
            entry.called += 1;
            entry.info.state = BehaviourState::Running;
        }
    }

    /// Notes that a call runs a behaviour no more, and counts the run if it came to its end.
    pub(crate) fn end_run(&mut self, name: &str, counts: bool) {
        let Some(entry) = self.find(name) else { return };
        // The list may be younger than the run: a removed behaviour can be added again.
        entry.called = entry.called.saturating_sub(1);
        entry.info.runs += u64::from(counts);
        if entry.called == 0 && entry.info.state == BehaviourState::Running {
            entry.info.state = BehaviourState::Waiting;
        }
    }

    pub(crate) fn set_job(&mut self, name: &str, job: JobPlace) {
        if let Some(entry) = self.find(name) {
            entry.job = Some(job);
        }
    }

    /// Takes the job of a behaviour; `None` if there is no such behaviour.
    pub(crate) fn take_job(&mut self, name: &str) -> Option<Option<JobPlace>> {
        Some(self.find(name)?.job.take())
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|entry| entry.info.name != name);
    }

    pub(crate) fn list(&self) -> Vec<BehaviourInfo> {
        self.0.iter().map(|entry| entry.info.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
