//! What the universes of a campaign share: inputs, what was found, and when there was enough.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;

use crate::campaign::Progress;
use crate::process::Ending;
use crate::stopwatch::Stopwatch;
use crate::{Corpus, DirectoryName, EndReason, Find, ProjectFile, Report, ReportedFind};

mod folders;
mod ledger;
mod roster;
mod supply;
mod trials;

pub(crate) use folders::Folders;
pub(crate) use roster::REPLACEMENTS;

use ledger::Ledger;
use roster::Roster;
use supply::Supply;
use trials::Trials;

/// How many directories are kept of sessions that found nothing new; the last ones.
const DULL: usize = 1_000;

/// What the universes of a campaign share.
pub(crate) struct Hunt {
    state: Mutex<State>,
    folders: Mutex<Folders>,
    started: Stopwatch,
}

struct State {
    project: Arc<ProjectFile>,
    supply: Supply,
    trials: Trials,
    ledger: Ledger,
    roster: Roster,
    end: Option<EndReason>,
    /// How long it took, where that is known before the report.
    duration: Option<Duration>,
}

/// What a session is to run.
#[derive(Debug)]
pub(crate) struct Job {
    universe: usize,
    number: u64,
    pub(crate) input: Vec<u8>,
    strength: f64,
    /// The find whose input is made smaller by it.
    trial: Option<usize>,
}

/// What a session was like.
pub(crate) struct Observation<'o> {
    pub(crate) ending: Ending,
    pub(crate) duration: Duration,
    pub(crate) score: f64,
    pub(crate) is_refusal: bool,
    pub(crate) printed: &'o [u8],
    pub(crate) find: Option<Find>,
}

/// What became of what a session found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was a trial for a smaller input, or its universe was given up.
    Aside,
    Nothing,
    Known,
    New(usize),
}

impl Hunt {
    pub(crate) fn new(
        project: Arc<ProjectFile>,
        corpus: Corpus,
        words: Vec<Vec<u8>>,
        directory: PathBuf,
    ) -> Self {
        let state = State {
            supply: Supply::new(&project, corpus, words),
            trials: Trials::default(),
            ledger: Ledger::default(),
            roster: Roster::default(),
            end: None,
            duration: None,
            project,
        };
        let folders = Mutex::new(Folders::new(directory, DULL));
        Self { state: Mutex::new(state), folders, started: Stopwatch::start() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folders(&self) -> MutexGuard<'_, Folders> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what the next session of a universe is to run; none if there was enough.
    pub(crate) fn next(&self, universe: usize, random: &mut SmallRng) -> Option<Job> {
        let elapsed = self.started.elapsed();
        let mut state = self.state();
        if state.roster.has_retired(universe) || state.is_over(elapsed) {
            return None;
        }
        let job = match state.supply.returned() {
            Some(job) => job,
            None => state.next(random)?,
        };
        if let Some(place) = job.trial {
            state.trials.begin(universe, place);
        }
        Some(Job { universe, ..job })
    }

    /// Takes back what could not be run.
    pub(crate) fn give_back(&self, job: Job) {
        let mut state = self.state();
        if state.roster.has_retired(job.universe) {
            return;
        }
        state.trials.end(job.universe);
        match job.trial {
            Some(place) => state.trials.give_back(place),
            None => state.supply.give_back(job),
        }
    }

    /// Writes down what a session was like.
    pub(crate) fn record(&self, job: &Job, seen: &Observation<'_>) -> Verdict {
        let ended = self.started.elapsed();
        let mut state = self.state();
        state.trials.end(job.universe);
        if state.roster.has_retired(job.universe) {
            return Verdict::Aside;
        }
        match job.trial {
            Some(place) => {
                let found = seen.find.as_ref().map(Find::key);
                state.trials.answer(place, found.as_deref(), seen.duration);
                Verdict::Aside
            }
            None => state.record(job, seen, ended),
        }
    }

    /// Notes that a universe failed, and what it had under way is lost.
    pub(crate) fn failed(&self, universe: usize, reason: &str) {
        let mut state = self.state();
        if !state.roster.retire(universe) {
            return;
        }
        if let Some(place) = state.trials.end(universe) {
            state.trials.lose(place);
        }
        state.ledger.note(format!("universe {universe} was given up: {reason}"));
    }

    /// Returns whether a universe may be put in the place of one that failed.
    pub(crate) fn replace(&self) -> bool {
        let mut state = self.state();
        state.end.is_none() && state.roster.replace()
    }

    /// Ends a campaign whose universes have all ended.
    pub(crate) fn over(&self) {
        let mut state = self.state();
        let notes = state.ledger.notes();
        let failed = notes.iter().rev().find(|note| note.contains("was given up"));
        let reason = failed.cloned().map_or(EndReason::Interrupted, EndReason::Failed);
        state.end.get_or_insert(reason);
    }

    /// Returns whether nothing more is to be run, as when its time is over.
    pub(crate) fn is_over(&self) -> bool {
        let elapsed = self.started.elapsed();
        self.state().is_over(elapsed)
    }

    /// Returns how much of its time is left, if that is limited.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let state = self.state();
        let limit = state.project.stop.time.filter(|_| !state.has_ended())?;
        Some(limit.saturating_sub(self.started.elapsed()))
    }

    /// Makes a directory that nobody else has, and returns its name.
    pub(crate) fn claim(&self, name: &DirectoryName) -> io::Result<String> {
        self.folders().claim(name)
    }

    /// Notes that the directory of a session is kept that found nothing new. One that is older goes
    /// where there are too many.
    pub(crate) fn kept_dull(&self, directory: PathBuf) {
        self.folders().kept_dull(directory);
    }

    /// Notes under which name a find is kept.
    pub(crate) fn kept(&self, place: usize, name: String) {
        if let Some(details) = self.state().ledger.details.get_mut(place) {
            details.name = name;
        }
    }

    /// Ends the campaign for a reason, unless it has one already.
    pub(crate) fn end(&self, reason: EndReason) {
        let mut state = self.state();
        if !matches!(reason, EndReason::Sessions | EndReason::Finds) {
            state.trials.cut_off();
        }
        state.end.get_or_insert(reason);
    }

    /// Returns how it goes.
    pub(crate) fn progress(&self) -> Progress {
        let state = self.state();
        let ledger = &state.ledger;
        let (strength, trend) = state.supply.strength();
        Progress {
            elapsed: self.started.elapsed(),
            sessions: ledger.sessions,
            successes: ledger.successes,
            refusals: ledger.refusals,
            best_score: ledger.best_score,
            strength,
            trend,
            inputs: state.supply.inputs(),
            finds: ledger.details.iter().map(|details| details.name.clone()).collect(),
            minimizing: state.trials.waiting(),
        }
    }

    /// Writes what became of the campaign into a report.
    pub(crate) fn report(&self, replay: impl Fn(&str) -> Vec<String>) -> Report {
        let mut state = self.state();
        state.trials.cut_off();
        let ledger = &state.ledger;
        let mut report = Report::default();
        let summary = &mut report.summary;
        summary.duration = state.duration.unwrap_or_else(|| self.started.elapsed());
        summary.ended = state.end.clone().unwrap_or(EndReason::Interrupted);
        summary.sessions = ledger.sessions;
        summary.successes = ledger.successes;
        summary.refusals = ledger.refusals;
        summary.refused_finds = ledger.book.refused();
        summary.kept_inputs = state.supply.inputs();
        summary.notes = ledger.notes().to_vec();
        report.history = ledger.history.clone();
        let finds = ledger.book.finds().iter().zip(&ledger.details).enumerate();
        report.finds = finds
            .map(|(place, (known, details))| ReportedFind {
                name: details.name.clone(),
                find: known.find.clone(),
                score: details.score,
                times: known.times,
                first_session: known.first_session,
                found_after: details.found_after,
                input_size: details.input_size,
                minimized: state.trials.minimized(place).cloned(),
                // Where its directory could not be made, there is nothing to run.
                replay: if details.name.is_empty() { Vec::new() } else { replay(&details.name) },
            })
            .collect();
        report
    }
}

impl State {
    /// Returns whether nothing more is to be run, whatever waits.
    fn is_over(&mut self, elapsed: Duration) -> bool {
        if self.has_ended() {
            return true;
        }
        let is_late = self.project.stop.time.is_some_and(|limit| elapsed >= limit);
        if is_late {
            // Who made inputs smaller until now had a reason to end before.
            self.end.get_or_insert(EndReason::Time);
            self.duration.get_or_insert(elapsed);
            self.trials.cut_off();
        }
        is_late
    }

    fn has_ended(&self) -> bool {
        matches!(self.end, Some(EndReason::Time | EndReason::Interrupted | EndReason::Failed(_)))
    }

    fn next(&mut self, random: &mut SmallRng) -> Option<Job> {
        if let Some((place, input)) = self.trials.next() {
            let trial = Some(place);
            return Some(Job { universe: 0, number: 0, input, strength: 0.0, trial });
        }
        let stop = &self.project.stop;
        if stop.sessions.is_some_and(|limit| self.supply.issued() >= limit) {
            self.end.get_or_insert(EndReason::Sessions);
        }
        if stop.finds.is_some_and(|limit| self.ledger.details.len() >= limit) {
            self.end.get_or_insert(EndReason::Finds);
        }
        if self.end.is_some() { None } else { self.supply.next(random) }
    }

    fn record(&mut self, job: &Job, seen: &Observation<'_>, ended: Duration) -> Verdict {
        let is_success = seen.find.is_some() && seen.score >= self.project.success_score;
        self.supply.learn(job, seen, is_success);
        let verdict = self.ledger.enter(job, seen, ended, is_success);
        let most = self.project.minimize_trials;
        if let (Verdict::New(place), Some(find)) = (verdict, &seen.find)
            && most > 0
            && !self.has_ended()
        {
            self.trials.add(place, find.key(), &job.input, most);
        }
        verdict
    }
}

impl fmt::Debug for Hunt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = self.state().ledger.sessions;
        f.debug_struct("Hunt").field("sessions", &sessions).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rand::SeedableRng;

    use super::trials::MINIMIZING;
    use super::*;
    use crate::{CorpusLimits, FindKind};

    fn hunt(text: &str) -> Hunt {
        let text = format!("command = \"/bin/true\"\n{text}");
        let project = ProjectFile::parse(&text, Path::new("/tmp/a.toml")).unwrap();
        let mut corpus = Corpus::new(CorpusLimits::default());
        corpus.add_seed("one", b"1");
        corpus.add_seed("two", b"2");
        Hunt::new(Arc::new(project), corpus, Vec::new(), PathBuf::from("/nowhere"))
    }

    fn seen(find: Option<Find>) -> Observation<'static> {
        Observation {
            ending: Ending::Code(0),
            duration: Duration::from_millis(1),
            score: if find.is_some() { 1.0 } else { 0.0 },
            is_refusal: false,
            printed: b"",
            find,
        }
    }

    /// A number was given out twice, and the seed that was to be run with it was left out.
    #[test]
    fn what_is_given_back_is_run_with_its_number() {
        let (hunt, mut random) = (hunt(""), SmallRng::seed_from_u64(1));
        let first = hunt.next(0, &mut random).unwrap();
        let second = hunt.next(1, &mut random).unwrap();
        hunt.give_back(first);

        let again = hunt.next(1, &mut random).unwrap();

        assert_eq!((second.number, again.number, again.input.as_slice()), (2, 1, &b"1"[..]));
        assert_eq!(hunt.next(0, &mut random).unwrap().number, 3);
    }

    /// What was made smaller was thrown away when somebody pressed Ctrl-C.
    #[test]
    fn input_is_as_small_as_it_had_become_at_the_end() {
        let (hunt, mut random) = (hunt(""), SmallRng::seed_from_u64(1));
        let find = || Some(Find::new(FindKind::Timeout, b"", None));
        let first = hunt.next(0, &mut random).unwrap();
        assert_eq!(hunt.record(&first, &seen(find())), Verdict::New(0));
        for _ in 0..2 {
            let trial = hunt.next(0, &mut random).unwrap();
            assert_eq!(hunt.record(&trial, &seen(find())), Verdict::Aside);
        }
        hunt.end(EndReason::Interrupted);

        let report = hunt.report(|_| Vec::new());

        let minimized = report.finds[0].minimized.as_ref().unwrap();
        assert_eq!((minimized.bytes.as_slice(), minimized.trials), (&b""[..], 2));
        assert!(hunt.next(0, &mut random).is_none());
    }

    /// Programs that hang were run for hours to make one input smaller.
    #[test]
    fn making_an_input_smaller_has_its_time() {
        let (hunt, mut random) = (hunt(""), SmallRng::seed_from_u64(1));
        let find = || Some(Find::new(FindKind::Timeout, b"", None));
        let slow = || Observation { duration: MINIMIZING, ..seen(find()) };
        let first = hunt.next(0, &mut random).unwrap();
        hunt.record(&first, &slow());
        let trial = hunt.next(0, &mut random).unwrap();
        hunt.record(&trial, &slow());

        assert_eq!(hunt.next(0, &mut random).unwrap().number, 2, "sessions go on");
    }

    /// What was kept in the first sessions was run once more as it was, like a seed.
    #[test]
    fn what_was_kept_is_no_seed() {
        let (hunt, mut random) = (hunt("strength = 1.0"), SmallRng::seed_from_u64(1));
        let mut inputs = Vec::new();
        for number in 0..4 {
            let job = hunt.next(0, &mut random).unwrap();
            let printed = format!("{}\n", "x".repeat(number));
            hunt.record(&job, &Observation { printed: printed.as_bytes(), ..seen(None) });
            inputs.push((job.input, job.strength));
        }
        assert_eq!(inputs[..2], [(b"1".to_vec(), 0.0), (b"2".to_vec(), 0.0)]);
        assert_eq!((inputs[2].1, inputs[3].1), (1.0, 1.0), "they are changed");
    }

    #[test]
    fn universe_that_was_given_up_says_no_more() {
        let (hunt, mut random) = (hunt(""), SmallRng::seed_from_u64(1));
        let job = hunt.next(0, &mut random).unwrap();
        hunt.failed(0, "it does not return");
        hunt.failed(0, "it returned after all");

        assert_eq!(hunt.record(&job, &seen(None)), Verdict::Aside);
        assert!(hunt.next(0, &mut random).is_none());
        assert!(hunt.replace() && !hunt.replace(), "one is put in its place");
        let report = hunt.report(|_| Vec::new());
        assert_eq!(report.summary.notes, ["universe 0 was given up: it does not return"]);
        assert_eq!(report.summary.sessions, 0);
    }
}
