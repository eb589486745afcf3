//! What the universes of a campaign share: inputs, what was found, and when there was enough.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::fs;
use std::io;
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
/// How many universes are put in the place of others that failed.
pub(crate) const REPLACEMENTS: usize = 8;
/// How many notes are kept.
const NOTES: usize = 50;
/// How many directories are kept of sessions that found nothing new; the last ones.
const DULL: usize = 1_000;
/// How long programs run to make the input of one find smaller.
const MINIMIZING: Duration = Duration::from_secs(60);

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
    /// How many directories there are by names that begin alike.
    names: HashMap<String, usize>,
    /// The directories of sessions that found nothing new.
    dull: VecDeque<PathBuf>,
    /// What was given back, to be run before anything else.
    returned: Vec<Job>,
    /// Of the universes that run a trial: for which find.
    trials: HashMap<usize, usize>,
    /// Universes that failed: what they still say does not count.
    retired: HashSet<usize>,
    vacancies: usize,
    replacements: usize,
    notes: Vec<String>,
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
    /// How long its trials took.
    spent: Duration,
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
            corpus,
            novelty: Novelty::default(),
            mutator: Mutator::new(project.input_size).with_words(words),
            strength: Strength::new(project.strength),
            book: FindBook::new(FINDS),
            details: Vec::new(),
            history: History::default(),
            minimizing: Vec::new(),
            names: HashMap::new(),
            dull: VecDeque::new(),
            returned: Vec::new(),
            trials: HashMap::new(),
            retired: HashSet::new(),
            vacancies: 0,
            replacements: REPLACEMENTS,
            notes: Vec::new(),
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

    /// Returns what the next session of a universe is to run; none if there was enough.
    pub(crate) fn next(&self, universe: usize, random: &mut SmallRng) -> Option<Job> {
        let elapsed = self.started.elapsed();
        let mut state = self.state();
        if state.retired.contains(&universe) || state.is_over(elapsed) {
            return None;
        }
        let job = match state.returned.pop() {
            Some(job) => job,
            None => state.next(random)?,
        };
        if let Some(place) = job.trial {
            state.trials.insert(universe, place);
        }
        Some(Job { universe, ..job })
    }

    /// Takes back what could not be run.
    pub(crate) fn give_back(&self, job: Job) {
        let mut state = self.state();
        if state.retired.contains(&job.universe) {
            return;
        }
        state.trials.remove(&job.universe);
        match job.trial {
            Some(place) => {
                let waits = state.minimizing.iter_mut().find(|waits| waits.place == place);
                if let Some(minimizing) = waits {
                    minimizing.tried = false;
                }
            }
            // With its number, so that no other session has it, and no seed is left out.
            None => state.returned.push(job),
        }
    }

    /// Writes down what a session was like.
    pub(crate) fn record(&self, job: &Job, seen: &Observation<'_>) -> Verdict {
        let ended = self.started.elapsed();
        let mut state = self.state();
        state.trials.remove(&job.universe);
        if state.retired.contains(&job.universe) {
            return Verdict::Aside;
        }
        match job.trial {
            Some(place) => {
                state.answer(place, seen);
                Verdict::Aside
            }
            None => state.record(job, seen, ended),
        }
    }

    /// Notes that a universe failed, and what it had under way is lost.
    pub(crate) fn failed(&self, universe: usize, reason: &str) {
        let mut state = self.state();
        if !state.retired.insert(universe) {
            return;
        }
        if let Some(place) = state.trials.remove(&universe)
            && let Some(waits) = state.minimizing.iter_mut().find(|waits| waits.place == place)
        {
            // What lets a universe fail is not tried again.
            waits.minimizer.answer(false);
            waits.tried = false;
        }
        state.vacancies += 1;
        state.note(format!("universe {universe} was given up: {reason}"));
    }

    /// Returns whether a universe may be put in the place of one that failed.
    pub(crate) fn replace(&self) -> bool {
        let mut state = self.state();
        if state.end.is_some() || state.vacancies == 0 {
            return false;
        }
        state.vacancies -= 1;
        let may = state.replacements > 0;
        state.replacements = state.replacements.saturating_sub(1);
        may
    }

    /// Ends a campaign whose universes have all ended.
    pub(crate) fn over(&self) {
        let mut state = self.state();
        let failed = state.notes.iter().rev().find(|note| note.contains("was given up"));
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
        let base = name.to_string();
        loop {
            let number = {
                let mut state = self.state();
                let number = state.names.entry(base.clone()).or_default();
                *number += 1;
                *number
            };
            let name = if number == 1 { base.clone() } else { format!("{base}-{number}") };
            match fs::create_dir(self.directory.join(&name)) {
                Ok(()) => return Ok(name),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Notes that the directory of a session is kept that found nothing new. Returns one that is
    /// kept no longer, since there are too many.
    pub(crate) fn kept_dull(&self, directory: PathBuf) -> Option<PathBuf> {
        let mut state = self.state();
        state.dull.push_back(directory);
        if state.dull.len() > DULL { state.dull.pop_front() } else { None }
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
            state.cut_off();
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
        let mut state = self.state();
        state.cut_off();
        let mut report = Report::default();
        let summary = &mut report.summary;
        summary.duration = state.duration.unwrap_or_else(|| self.started.elapsed());
        summary.ended = state.end.clone().unwrap_or(EndReason::Interrupted);
        summary.sessions = state.ended;
        summary.successes = state.successes;
        summary.refusals = state.refusals;
        summary.refused_finds = state.book.refused();
        summary.kept_inputs = state.corpus.inputs().len();
        summary.notes = state.notes.clone();
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
            self.cut_off();
        }
        is_late
    }

    /// Ends the making of smaller inputs: what came out of it so far stays.
    fn cut_off(&mut self) {
        while let Some(place) = self.minimizing.first().map(|waits| waits.place) {
            self.minimized(place);
        }
    }

    fn has_ended(&self) -> bool {
        matches!(self.end, Some(EndReason::Time | EndReason::Interrupted | EndReason::Failed(_)))
    }

    fn note(&mut self, text: String) {
        if self.notes.len() < NOTES {
            self.notes.push(text);
        }
    }

    fn next(&mut self, random: &mut SmallRng) -> Option<Job> {
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
                return Some(Job {
                    universe: 0,
                    number: self.issued,
                    input,
                    strength: 0.0,
                    trial: None,
                });
            }
            _ => self.corpus.choose(random)?,
        };
        let input = self.corpus.inputs()[place].bytes.clone();
        let other = self.corpus.other(place, random);
        let mutant = self.mutator.mutate(&input, other, strength, random);
        Some(Job { universe: 0, number: self.issued, input: mutant.bytes, strength, trial: None })
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
        Some(Job { universe: 0, number: 0, input: trial, strength: 0.0, trial: Some(place) })
    }

    /// Takes down whether a smaller input still shows the find.
    fn answer(&mut self, place: usize, seen: &Observation<'_>) {
        let waits = self.minimizing.iter_mut().find(|waits| waits.place == place);
        let Some(minimizing) = waits else { return };
        let same = seen.find.as_ref().is_some_and(|find| find.key() == minimizing.key);
        minimizing.minimizer.answer(same);
        minimizing.tried = false;
        minimizing.spent += seen.duration;
        if minimizing.minimizer.status() != MinimizeStatus::Running
            || minimizing.spent >= MINIMIZING
        {
            self.minimized(place);
        }
    }

    /// Writes down what a find's input became.
    fn minimized(&mut self, place: usize) {
        let Some(index) = self.minimizing.iter().position(|waits| waits.place == place) else {
            return;
        };
        let done = self.minimizing.swap_remove(index);
        let (trials, mut status) = (done.minimizer.trials(), done.minimizer.status());
        if trials == 0 {
            return;
        }
        if status == MinimizeStatus::Running {
            status = MinimizeStatus::OutOfTrials;
        }
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
                if self.project.minimize_trials > 0 && !self.has_ended() {
                    let trials = self.project.minimize_trials;
                    let minimizer = Minimizer::new(job.input.clone(), trials);
                    let spent = Duration::ZERO;
                    let waits = Minimizing { place, key, minimizer, tried: false, spent };
                    self.minimizing.push(waits);
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rand::SeedableRng;

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
