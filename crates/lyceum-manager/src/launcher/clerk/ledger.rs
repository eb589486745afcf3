//! What a clerk keeps in mind: its jobs, and what is to be done for them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;

use tokio::sync::{oneshot, watch};

use super::{Manner, Place, Standing};
use crate::Ticket;
use crate::launcher::Exit;

/// How many batches may wait to be handed in.
const QUEUE: usize = 256;
/// How often in a row a job may be missing from what the system knows, until it counts as ended.
const MISSES: u32 = 3;
/// The signal that ends what was to be killed.
const KILLED: i32 = 9;

/// A batch to hand in, and who waits for its jobs.
pub(super) struct Submission {
    pub(super) batch: Vec<Ticket>,
    pub(super) answer: oneshot::Sender<io::Result<Vec<Place>>>,
}

/// A job to take over from another clerk, and who waits for it.
pub(super) struct Adoption {
    pub(super) job: String,
    pub(super) answer: oneshot::Sender<io::Result<Option<Place>>>,
}

/// What a clerk keeps in mind.
#[derive(Default)]
pub(super) struct Ledger {
    queue: VecDeque<Submission>,
    /// As many as a manager remembers, which is bounded.
    adoptions: VecDeque<Adoption>,
    jobs: BTreeMap<String, Entry>,
    orders: BTreeMap<Manner, BTreeSet<String>>,
    forgotten: Vec<String>,
    is_closed: bool,
}

struct Entry {
    standing: watch::Sender<Standing>,
    told: Option<Manner>,
    is_hurried: bool,
    misses: u32,
}

/// What is left to do.
pub(super) enum Work {
    /// Nothing, until somebody says something.
    None,
    /// To look at jobs; soon, if somebody waits for an end.
    Watch { is_hurried: bool },
    /// Nothing, for good.
    Over,
}

impl Ledger {
    /// Takes a batch to hand in; returns whether there was room for it.
    pub(super) fn queue(&mut self, submission: Submission) -> bool {
        let has_room = self.queue.len() < QUEUE;
        if has_room {
            self.queue.push_back(submission);
        }
        has_room
    }

    pub(super) fn next(&mut self) -> Option<Submission> {
        self.queue.pop_front()
    }

    pub(super) fn adopt(&mut self, adoption: Adoption) {
        self.adoptions.push_back(adoption);
    }

    pub(super) fn next_adoption(&mut self) -> Option<Adoption> {
        self.adoptions.pop_front()
    }

    /// Enters a job that was handed in; returns what shows its standing.
    pub(super) fn enter(&mut self, job: &str) -> watch::Receiver<Standing> {
        let (standing, shown) = watch::channel(Standing::Waiting);
        let entry = Entry { standing, told: None, is_hurried: false, misses: 0 };
        self.jobs.insert(job.into(), entry);
        shown
    }

    /// Takes an order for a job that has not ended. One to kill is not taken back.
    pub(super) fn order(&mut self, job: &str, manner: Manner) {
        if let Some(entry) = self.jobs.get_mut(job).filter(|entry| !entry.has_ended()) {
            entry.told = entry.told.max(Some(manner));
            self.orders.entry(manner).or_default().insert(job.into());
        }
    }

    /// Notes that somebody waits for the end of a job.
    pub(super) fn hurry(&mut self, job: &str) {
        if let Some(entry) = self.jobs.get_mut(job) {
            entry.is_hurried = true;
        }
    }

    /// Ends a job that nobody looks at any more, if it has not ended, and forgets it. One that is
    /// outlived goes on, and what belongs to it stays.
    pub(super) fn leave(&mut self, job: &str, outlived: bool) {
        if !outlived {
            self.order(job, Manner::Kill);
        }
        let entry = self.jobs.remove(job);
        if entry.is_some_and(|entry| entry.has_ended() || !outlived) {
            self.clear_away(job.into());
        }
    }

    /// Takes a job of which nothing needs to be left.
    pub(super) fn clear_away(&mut self, job: String) {
        self.forgotten.push(job);
    }

    /// Returns those that are to be told so, each once.
    pub(super) fn orders(&mut self, manner: Manner) -> Vec<String> {
        self.orders.remove(&manner).unwrap_or_default().into_iter().collect()
    }

    /// Returns those of which nothing needs to be left, each once.
    pub(super) fn forgotten(&mut self) -> Vec<String> {
        std::mem::take(&mut self.forgotten)
    }

    /// Returns the jobs that have not ended.
    pub(super) fn alive(&self) -> Vec<String> {
        let alive = self.jobs.iter().filter(|(_, entry)| !entry.has_ended());
        alive.map(|(job, _)| job.clone()).collect()
    }

    /// Notes what was found of the jobs that were asked for.
    pub(super) fn note(&mut self, asked: &[String], mut found: BTreeMap<String, Standing>) {
        for job in asked {
            if let Some(entry) = self.jobs.get_mut(job) {
                entry.note(found.remove(job));
            }
        }
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    pub(super) fn work(&self) -> Work {
        let is_idle = self.queue.is_empty()
            && self.adoptions.is_empty()
            && self.orders.is_empty()
            && self.forgotten.is_empty();
        let mut alive = self.jobs.values().filter(|entry| !entry.has_ended()).peekable();
        match alive.peek() {
            _ if self.is_closed && is_idle => Work::Over,
            None if is_idle => Work::None,
            _ => Work::Watch { is_hurried: alive.any(|one| one.is_hurried || one.told.is_some()) },
        }
    }
}

impl Entry {
    fn has_ended(&self) -> bool {
        matches!(*self.standing.borrow(), Standing::Ended(_))
    }

    /// Notes what was found.
    fn note(&mut self, found: Option<Standing>) {
        self.misses = if found.is_some() { 0 } else { self.misses + 1 };
        let standing = match (found, self.told) {
            (Some(Standing::Ending) | None, Some(Manner::Kill)) => {
                Standing::Ended(Exit::Signal(KILLED))
            }
            (None, Some(Manner::Terminate)) if self.misses >= MISSES => Standing::Ended(Exit::Done),
            (None, _) if self.misses >= MISSES => {
                Standing::Ended(Exit::Failed("what runs it does not know it any more".into()))
            }
            (None, _) => return,
            (Some(Standing::Ended(Exit::Evicted(_))), Some(Manner::Kill)) => {
                Standing::Ended(Exit::Signal(KILLED))
            }
            (Some(Standing::Obeyed | Standing::Ended(Exit::Evicted(_))), Some(_)) => {
                Standing::Ended(Exit::Done)
            }
            (Some(Standing::Obeyed), None) => {
                let why = "it was told to end by SIGTERM, but not by its manager";
                Standing::Ended(Exit::Evicted(why.into()))
            }
            (Some(standing), _) => standing,
        };
        self.standing.send_if_modified(|known| {
            let is_new = *known != standing;
            *known = standing;
            is_new
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(told: Option<Manner>, found: Option<Standing>) -> Standing {
        let mut ledger = Ledger::default();
        let shown = ledger.enter("7");
        if let Some(manner) = told {
            ledger.order("7", manner);
        }
        ledger.note(&["7".into()], found.into_iter().map(|one| ("7".into(), one)).collect());
        shown.borrow().clone()
    }

    fn evicted() -> Standing {
        Standing::Ended(Exit::Evicted("its time was up".into()))
    }

    #[test]
    fn end_from_outside_is_told_from_an_order_of_ours() {
        assert_eq!(noted(None, Some(evicted())), evicted());
        assert_eq!(noted(Some(Manner::Terminate), Some(evicted())), Standing::Ended(Exit::Done));
        let killed = Standing::Ended(Exit::Signal(KILLED));
        assert_eq!(noted(Some(Manner::Kill), Some(evicted())), killed);

        let obeyed = noted(None, Some(Standing::Obeyed));
        assert!(matches!(obeyed, Standing::Ended(Exit::Evicted(_))), "{obeyed:?}");
        let obeyed = noted(Some(Manner::Terminate), Some(Standing::Obeyed));
        assert_eq!(obeyed, Standing::Ended(Exit::Done));
    }

    #[test]
    fn job_whose_machine_does_not_clean_up_counts_as_killed() {
        let killed = Standing::Ended(Exit::Signal(KILLED));
        assert_eq!(noted(Some(Manner::Kill), Some(Standing::Ending)), killed);
        assert_eq!(noted(Some(Manner::Terminate), Some(Standing::Ending)), Standing::Ending);
        assert_eq!(noted(None, Some(Standing::Ending)), Standing::Ending);
    }

    #[test]
    fn job_is_given_up_only_when_it_is_missing_several_times() {
        let mut ledger = Ledger::default();
        let shown = ledger.enter("7");
        let asked = ["7".to_owned()];
        let found = |standing| BTreeMap::from([("7".to_owned(), standing)]);

        ledger.note(&asked, BTreeMap::new());
        ledger.note(&asked, BTreeMap::new());
        ledger.note(&asked, found(Standing::Running));
        for _ in 1..MISSES {
            ledger.note(&asked, BTreeMap::new());
            assert_eq!(*shown.borrow(), Standing::Running);
        }
        ledger.note(&asked, BTreeMap::new());

        assert!(matches!(*shown.borrow(), Standing::Ended(Exit::Failed(_))));
        assert!(ledger.alive().is_empty());
        let stopped = ledger.enter("8");
        ledger.order("8", Manner::Terminate);
        (0..MISSES).for_each(|_| ledger.note(&["8".into()], BTreeMap::new()));
        assert_eq!(*stopped.borrow(), Standing::Ended(Exit::Done), "as it was told");
    }

    #[test]
    fn forgotten_job_is_ended_unless_it_has_ended() {
        let mut ledger = Ledger::default();
        let _shown = (ledger.enter("7"), ledger.enter("8"));
        ledger.note(&["8".into()], BTreeMap::from([("8".into(), evicted())]));
        ledger.close();

        ledger.leave("7", false);
        ledger.leave("8", false);

        assert!(matches!(ledger.work(), Work::Watch { .. }), "something is to be done first");
        assert_eq!(ledger.orders(Manner::Kill), ["7"]);
        assert_eq!(ledger.forgotten(), ["7", "8"]);
        assert!(matches!(ledger.work(), Work::Over));
    }

    #[test]
    fn job_that_is_outlived_goes_on_unless_it_was_told_to_end() {
        let mut ledger = Ledger::default();
        let _shown = [ledger.enter("7"), ledger.enter("8"), ledger.enter("9")];
        ledger.note(&["8".into()], BTreeMap::from([("8".into(), evicted())]));
        ledger.order("9", Manner::Terminate);

        ["7", "8", "9"].iter().for_each(|job| ledger.leave(job, true));

        assert!(ledger.orders(Manner::Kill).is_empty());
        assert_eq!(ledger.orders(Manner::Terminate), ["9"]);
        assert_eq!(ledger.forgotten(), ["8"], "what the others need stays");
    }

    #[test]
    fn queue_is_bounded() {
        let mut ledger = Ledger::default();
        for taken in 0..=QUEUE {
            let (answer, _) = oneshot::channel();
            assert_eq!(ledger.queue(Submission { batch: Vec::new(), answer }), taken < QUEUE);
        }
    }
}
