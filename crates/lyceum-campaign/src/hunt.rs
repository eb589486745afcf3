//! What the universes of a campaign share: inputs, what was found, and when there was enough.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;

use crate::campaign::Progress;
use crate::process::Ending;
use crate::stopwatch::Stopwatch;
use crate::{
    Corpus, DirectoryName, EndReason, Find, FindBook, History, MinimizeStatus, MinimizedInput,
    Minimizer, Mutator, Noted, Novelty, ProjectFile, Report, ReportedFind, SessionRecord, Strength,
};

/// How many causes are told apart.
const FINDS: usize = 10_000;

/// What the universes of a campaign share.
pub(crate) struct Hunt {
    state: Mutex<State>,
    started: Stopwatch,
    directory: PathBuf,
}

struct State {
    project: Arc<ProjectFile>,
    corpus: Corpus,
    novelty: Novelty,
    mutator: Mutator,
    strength: Strength,
    book: FindBook,
    details: Vec<Details>,
    history: History,
    minimizing: Vec<Minimizing>,
    /// The names of directories that were given out.
    names: HashSet<String>,
    issued: u64,
    ended: u64,
    successes: u64,
    refusals: u64,
    best: f64,
    end: Option<EndReason>,
    duration: Option<Duration>,
}

/// What is known of a find besides its cause.
struct Details {
    name: String,
    score: f64,
    found_after: Duration,
    input_size: usize,
    minimized: Option<MinimizedInput>,
}

/// A find whose input is made smaller.
struct Minimizing {
    place: usize,
    key: String,
    minimizer: Minimizer,
    /// Whether a universe runs a trial.
    tried: bool,
}

/// What a session is to run.
#[derive(Debug)]
pub(crate) struct Job {
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
            corpus,
            novelty: Novelty::default(),
            mutator: Mutator::new(project.input_size).with_words(words),
            strength: Strength::new(project.strength),
            book: FindBook::new(FINDS),
            details: Vec::new(),
            history: History::default(),
            minimizing: Vec::new(),
            names: HashSet::new(),
            issued: 0,
            ended: 0,
            successes: 0,
            refusals: 0,
            best: 0.0,
            end: None,
            duration: None,
            project,
        };
        Self { state: Mutex::new(state), started: Stopwatch::start(), directory }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what the next session is to run; none if there was enough.
    pub(crate) fn next(&self, random: &mut SmallRng) -> Option<Job> {
        let elapsed = self.started.elapsed();
        let mut state = self.state();
        state.next(elapsed, random)
    }

    /// Takes back what could not be run.
    pub(crate) fn give_back(&self, job: &Job) {
        let mut state = self.state();
        match job.trial {
            Some(place) => {
                let waits = state.minimizing.iter_mut().find(|waits| waits.place == place);
                if let Some(minimizing) = waits {
                    minimizing.tried = false;
                }
            }
            None => state.issued -= 1,
        }
    }

    /// Writes down what a session was like.
    pub(crate) fn record(&self, job: &Job, seen: &Observation<'_>) -> Verdict {
        let ended = self.started.elapsed();
        let mut state = self.state();
        match job.trial {
            Some(place) => {
                state.answer(place, seen);
                Verdict::Nothing
            }
            None => state.record(job, seen, ended),
        }
    }

    /// Gives a name out for a directory, which nobody else gets.
    pub(crate) fn claim(&self, name: &DirectoryName) -> Option<String> {
        let mut state = self.state();
        let free =
            name.free(|name| state.names.contains(name) || self.directory.join(name).exists())?;
        state.names.insert(free.clone());
        Some(free)
    }

    /// Notes under which name a find is kept.
    pub(crate) fn kept(&self, place: usize, name: String) {
        if let Some(details) = self.state().details.get_mut(place) {
            details.name = name;
        }
    }

    /// Ends the campaign for a reason, unless it has one already.
    pub(crate) fn end(&self, reason: EndReason) {
        let mut state = self.state();
        if !matches!(reason, EndReason::Sessions | EndReason::Finds) {
            // Nobody waits for smaller inputs.
            state.minimizing.clear();
        }
        state.end.get_or_insert(reason);
    }

    /// Returns how it goes.
    pub(crate) fn progress(&self) -> Progress {
        let state = self.state();
        Progress {
            elapsed: self.started.elapsed(),
            sessions: state.ended,
            successes: state.successes,
            refusals: state.refusals,
            best_score: state.best,
            strength: state.strength.value(),
            trend: state.strength.trend(),
            inputs: state.corpus.inputs().len(),
            finds: state.details.iter().map(|details| details.name.clone()).collect(),
            minimizing: state.minimizing.len(),
        }
    }

    /// Writes what became of the campaign into a report.
    pub(crate) fn report(&self, replay: impl Fn(&str) -> Vec<String>) -> Report {
        let state = self.state();
        let mut report = Report::default();
        let summary = &mut report.summary;
        summary.duration = state.duration.unwrap_or_else(|| self.started.elapsed());
        summary.ended = state.end.clone().unwrap_or(EndReason::Interrupted);
        summary.sessions = state.ended;
        summary.successes = state.successes;
        summary.refusals = state.refusals;
        summary.refused_finds = state.book.refused();
        summary.kept_inputs = state.corpus.inputs().len();
        report.history = state.history.clone();
        let finds = state.book.finds().iter().zip(&state.details);
        report.finds = finds
            .map(|(known, details)| ReportedFind {
                name: details.name.clone(),
                find: known.find.clone(),
                score: details.score,
                times: known.times,
                first_session: known.first_session,
                found_after: details.found_after,
                input_size: details.input_size,
                minimized: details.minimized.clone(),
                replay: replay(&details.name),
            })
            .collect();
        report
    }
}

impl State {
    fn next(&mut self, elapsed: Duration, random: &mut SmallRng) -> Option<Job> {
        if matches!(self.end, Some(EndReason::Time | EndReason::Interrupted | EndReason::Failed(_)))
        {
            return None;
        }
        if self.project.stop.time.is_some_and(|limit| elapsed >= limit) {
            self.end = Some(EndReason::Time);
            self.duration = Some(elapsed);
            self.minimizing.clear();
            return None;
        }
        if let Some(job) = self.trial() {
            return Some(job);
        }
        let stop = &self.project.stop;
        if stop.sessions.is_some_and(|limit| self.issued >= limit) {
            self.end.get_or_insert(EndReason::Sessions);
        }
        if stop.finds.is_some_and(|limit| self.details.len() >= limit) {
            self.end.get_or_insert(EndReason::Finds);
        }
        if self.end.is_some() {
            return None;
        }
        self.issued += 1;
        let seeds = self.corpus.inputs().len();
        let strength = self.strength.value();
        // Each seed is run once as it is.
        let place = match usize::try_from(self.issued - 1) {
            Ok(place) if place < seeds => {
                let input = self.corpus.inputs()[place].bytes.to_vec();
                return Some(Job { number: self.issued, input, strength: 0.0, trial: None });
            }
            _ => self.corpus.choose(random)?,
        };
        let input = self.corpus.inputs()[place].bytes.clone();
        let other = self.corpus.other(place, random);
        let mutant = self.mutator.mutate(&input, other, strength, random);
        Some(Job { number: self.issued, input: mutant.bytes, strength, trial: None })
    }

    /// Returns a session that makes the input of a find smaller.
    fn trial(&mut self) -> Option<Job> {
        let minimizing = self.minimizing.iter_mut().find(|minimizing| !minimizing.tried)?;
        let place = minimizing.place;
        let Some(trial) = minimizing.minimizer.trial().map(<[u8]>::to_vec) else {
            self.minimized(place);
            return self.trial();
        };
        minimizing.tried = true;
        Some(Job { number: 0, input: trial, strength: 0.0, trial: Some(place) })
    }

    /// Takes down whether a smaller input still shows the find.
    fn answer(&mut self, place: usize, seen: &Observation<'_>) {
        let waits = self.minimizing.iter_mut().find(|waits| waits.place == place);
        let Some(minimizing) = waits else { return };
        let same = seen.find.as_ref().is_some_and(|find| find.key() == minimizing.key);
        minimizing.minimizer.answer(same);
        minimizing.tried = false;
        if minimizing.minimizer.status() != MinimizeStatus::Running {
            self.minimized(place);
        }
    }

    /// Writes down what a find's input became.
    fn minimized(&mut self, place: usize) {
        let Some(index) = self.minimizing.iter().position(|waits| waits.place == place) else {
            return;
        };
        let done = self.minimizing.swap_remove(index);
        let (trials, status) = (done.minimizer.trials(), done.minimizer.status());
        if let Some(details) = self.details.get_mut(place) {
            let bytes = done.minimizer.into_best();
            details.minimized = Some(MinimizedInput { bytes, trials, status });
        }
    }

    fn record(&mut self, job: &Job, seen: &Observation<'_>, ended: Duration) -> Verdict {
        self.ended += 1;
        let is_success = seen.find.is_some() && seen.score >= self.project.success_score;
        self.successes += u64::from(is_success);
        self.refusals += u64::from(seen.is_refusal);
        self.best = self.best.max(seen.score);
        if self.project.is_adaptive {
            self.strength.record(seen.score, is_success);
        }
        // What was found need not be found again by its like.
        if seen.find.is_none() && self.novelty.is_new(seen.ending, seen.printed) {
            self.corpus.keep(&job.input, job.number, seen.score);
        }
        let noted = seen.find.clone().map(|find| (find.key(), self.book.note(find, job.number)));
        let (verdict, place) = match noted {
            None => (Verdict::Nothing, None),
            Some((_, Noted::Again(place))) => (Verdict::Known, Some(place)),
            Some((key, Noted::New(place))) => {
                self.details.push(Details {
                    name: String::new(),
                    score: seen.score,
                    found_after: ended,
                    input_size: job.input.len(),
                    minimized: None,
                });
                if self.project.minimize_trials > 0 {
                    let trials = self.project.minimize_trials;
                    let minimizer = Minimizer::new(job.input.clone(), trials);
                    self.minimizing.push(Minimizing { place, key, minimizer, tried: false });
                }
                (Verdict::New(place), Some(place))
            }
            Some((_, _)) => (Verdict::Known, None),
        };
        self.history.record(&SessionRecord {
            number: job.number,
            score: seen.score,
            duration: seen.duration,
            ended,
            strength: job.strength,
            find: place,
        });
        verdict
    }
}

impl fmt::Debug for Hunt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hunt").field("sessions", &self.state().ended).finish_non_exhaustive()
    }
}
