//! Campaigns: a program that is run again and again with changed inputs, by universes side by side.

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use lyceum_universe::{OnStuck, Project, Universes};
use thiserror::Error;

use crate::hunt::{Hunt, REPLACEMENTS};
use crate::replay::MINIMIZED;
use crate::sandbox::KeeperError;
use crate::{
    Corpus, CorpusError, CorpusLimits, Dictionary, DictionaryError, DirectoryName, ProjectFile,
    Report, Skipped, Trend,
};

mod sessions;
mod stopper;

pub use stopper::Stopper;

use sessions::{Crew, Keepers, More};

/// How many words are taken from the seeds.
const TOKENS: usize = 1_000;
/// How often one hears how it goes.
const NEWS: Duration = Duration::from_millis(500);
/// How long an agent may keep its universe from going on.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program again and again with changed inputs, and keeps what it does wrong.
///
/// ```no_run
/// use std::path::Path;
///
/// use lyceum_campaign::sandbox::main_if_stub;
/// use lyceum_campaign::{Campaign, ProjectFile};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     main_if_stub();
///     let project = ProjectFile::read(Path::new("parser.toml"))?;
///     let report = Campaign::new(project)?.run(|progress| eprintln!("{progress}"))?;
///     println!("{}", report.to_text());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Campaign {
    plan: Arc<Plan>,
    hunt: Arc<Hunt>,
    keepers: Keepers,
    more: More,
    patience: Duration,
    replay: Vec<String>,
    stopper: Stopper,
    notes: Vec<String>,
    seeds: usize,
    seed: u64,
    universes: usize,
}

/// What all sessions of a campaign have in common.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) project: Arc<ProjectFile>,
    /// The program, as it was found.
    pub(crate) command: PathBuf,
    /// Where everything is written to.
    pub(crate) directory: PathBuf,
}

/// How a campaign goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// For how long it runs.
    pub elapsed: Duration,
    /// How many sessions have ended.
    pub sessions: u64,
    /// How many of them found something.
    pub successes: u64,
    /// How many of them were refused.
    pub refusals: u64,
    /// The best score so far.
    pub best_score: f64,
    /// How strongly inputs are changed.
    pub strength: f64,
    /// Where that is going.
    pub trend: Trend,
    /// How many inputs there are.
    pub inputs: usize,
    /// The names of what was found, in the order in which it was.
    pub finds: Vec<String>,
    /// Of how many finds the inputs are made smaller.
    pub minimizing: usize,
}

/// Why a campaign cannot begin.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CampaignError {
    /// The program is not there.
    #[error("{0}: build it first, or mend `command`")]
    Command(#[source] io::Error),
    /// The seeds cannot be used.
    #[error("cannot use what `seeds` names")]
    Corpus(#[from] CorpusError),
    /// The dictionary cannot be used.
    #[error("cannot use what `dictionary` names")]
    Dictionary(#[from] DictionaryError),
    /// The sandbox cannot be made.
    #[error(
        "{0}; to go on without it, which lets the program do whatever you may, set \
         `sandbox = false`"
    )]
    Keeper(#[source] KeeperError),
    /// A file or folder cannot be made.
    #[error("cannot make {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Plan {
    /// Returns the variables of the program's environment.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (String, String)> {
        let inherited = self.project.inherit.iter();
        let inherited = inherited.filter_map(|name| Some((name.clone(), env::var(name).ok()?)));
        inherited.chain(self.project.environment.iter().cloned())
    }
}

impl Campaign {
    /// Prepares a campaign: finds the program, reads the seeds, makes its folder.
    ///
    /// # Errors
    ///
    /// Says what is missing or cannot be used.
    pub fn new(project: ProjectFile) -> Result<Self, CampaignError> {
        let project = Arc::new(project);
        let command = project.find_command().map_err(CampaignError::Command)?;
        let command = std::path::absolute(&command).unwrap_or(command);
        let mut notes = Vec::new();
        let (corpus, words) = inputs(&project, &mut notes)?;
        let seeds = corpus.inputs().len();
        let directory = own_folder(&project.directory)?;
        let universes = project.universes.unwrap_or_else(|| {
            thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
        });
        let seed = project.seed.unwrap_or_else(drawn_seed);
        let hunt = Arc::new(Hunt::new(project.clone(), corpus, words, directory.clone()));
        let keepers = Keepers { program: None, is_sandboxed: project.is_sandboxed };
        let plan = Arc::new(Plan { project, command, directory });
        let stopper = Stopper::of(hunt.clone());
        let (more, patience) = (More::default(), PATIENCE);
        let replay = ["lyceum", "campaign", "replay"].map(String::from).to_vec();
        Ok(Self {
            plan,
            hunt,
            keepers,
            more,
            patience,
            replay,
            stopper,
            notes,
            seeds,
            seed,
            universes,
        })
    }

    /// Says which program to start as keepers, instead of this one: it calls
    /// [`main_if_stub`](crate::sandbox::main_if_stub) first in its `main`.
    #[must_use]
    pub fn keeper_program(mut self, path: impl Into<PathBuf>) -> Self {
        self.keepers.program = Some(path.into());
        self
    }

    /// Adds agents of your own to the project of each universe: probes, whose scores count with
    /// those of the campaign. `more` also gets the directory in which the program runs.
    ///
    /// An agent that fails, or does not return, costs its universe; another one takes its place, up
    /// to eight times in a campaign.
    #[must_use]
    pub fn agents(
        mut self,
        more: impl Fn(Project, &Path) -> Project + Send + Sync + 'static,
    ) -> Self {
        self.more = More(Arc::new(more));
        self
    }

    /// Sets how long an agent may keep its universe from going on before that is given up; a
    /// minute unless set.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Returns where everything is written to.
    pub fn directory(&self) -> &Path {
        &self.plan.directory
    }

    /// Returns who ends the campaign early, for handlers of signals.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Runs the campaign to its end, and writes its report as `report.txt`, `report.json` and
    /// `report.html`. `news` is told twice a second how it goes.
    ///
    /// # Errors
    ///
    /// The sandbox cannot be made. What happens later, such as a full disk or an agent that fails,
    /// is in the report, and what of that cannot be written stands in its notes.
    pub fn run(self, mut news: impl FnMut(&Progress)) -> Result<Report, CampaignError> {
        let started = Timestamp::now();
        // All sandboxes are made before anything runs, so that it does not begin where one fails.
        let mut keepers = Vec::new();
        for number in 0..self.universes {
            if self.hunt.is_over() {
                // Somebody stopped it already.
                break;
            }
            make(&self.plan.directory.join(format!("universe-{number}")))?;
            keepers.push(Some(self.keepers.keeper().map_err(CampaignError::Keeper)?));
        }
        let (done, ended) = sync_channel::<()>(0);
        let (threads, patience) = (self.universes, self.patience);
        let crew = Arc::new(self.crew());
        let hunt = self.hunt.clone();
        let run = move || {
            // Dropped when this ends, however it does.
            let _done = done;
            let warned = crew.clone();
            let universes = Universes::threads(threads)
                .patience(patience, OnStuck::GiveUp)
                .on_stuck(move |number, stuck| warned.give_up(number, stuck));
            let others = std::iter::from_fn(move || hunt.replace().then_some(None));
            let jobs = keepers.into_iter().chain(others).enumerate();
            universes.run(jobs, move |(number, keeper), watch| crew.run(number, keeper, watch));
        };
        let spawned = thread::Builder::new().name("campaign".into()).spawn(run);
        let universes = spawned
            .map_err(|source| CampaignError::Write { path: PathBuf::from("a thread"), source })?;
        // Whoever hears the news may panic, and nothing is to go on then.
        let stop = stopper::StopAtEnd(&self.stopper);
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(self.until_news()) {
            if self.hunt.is_over() {
                self.stopper.interrupt();
            }
            news(&self.hunt.progress());
        }
        if let Err(panic) = universes.join() {
            std::panic::resume_unwind(panic);
        }
        self.hunt.over();
        drop(stop);
        news(&self.hunt.progress());
        Ok(self.report(started))
    }

    fn crew(&self) -> Crew {
        Crew {
            hunt: self.hunt.clone(),
            plan: self.plan.clone(),
            keepers: self.keepers.clone(),
            more: self.more.clone(),
            stopper: self.stopper.clone(),
            seed: self.seed,
            ends: std::sync::Mutex::default(),
        }
    }

    /// Returns how long nothing is to be said, and the campaign's time is not over.
    fn until_news(&self) -> Duration {
        let left = self.hunt.time_left().unwrap_or(NEWS);
        NEWS.min(left).max(Duration::from_millis(1))
    }

    fn report(self, started: Timestamp) -> Report {
        let directory = &self.plan.directory;
        let replay = |name: &str| {
            let mut words = self.replay.clone();
            words.push(directory.join(name).display().to_string());
            words
        };
        let mut report = self.hunt.report(replay);
        let (project, summary) = (&self.plan.project, &mut report.summary);
        summary.project = project.name.clone();
        summary.command = vec![project.command.display().to_string()];
        summary.command.extend(project.arguments.iter().cloned());
        summary.started = started.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        summary.seed = self.seed;
        summary.universes = self.universes;
        summary.is_sandboxed = project.is_sandboxed;
        summary.success_score = project.success_score;
        summary.error_score = project.error_score;
        summary.seeds = self.seeds;
        summary.kept_inputs = summary.kept_inputs.saturating_sub(self.seeds);
        summary.notes.splice(0..0, self.notes);
        for number in 0..self.universes + REPLACEMENTS {
            // What is of use was moved out of it.
            let _ = fs::remove_dir_all(directory.join(format!("universe-{number}")));
        }
        write_minimized(directory, &mut report);
        write(directory, &mut report);
        report
    }
}

/// Writes the report as far as it can be written, and notes what cannot.
fn write(directory: &Path, report: &mut Report) {
    for (name, form) in [
        ("report.txt", Report::to_text as fn(&Report) -> String),
        ("report.json", Report::to_json),
        ("report.html", Report::to_html),
    ] {
        let path = directory.join(name);
        if let Err(error) = fs::write(&path, form(report)) {
            // Half of it would be taken for all of it.
            let _ = fs::remove_file(&path);
            report.summary.notes.push(format!("cannot write {}: {error}", path.display()));
        }
    }
}

/// Writes the inputs that were made smaller into the directories of what they show.
fn write_minimized(directory: &Path, report: &mut Report) {
    let notes = &mut report.summary.notes;
    for find in report.finds.iter().filter(|find| !find.name.is_empty()) {
        let Some(minimized) = &find.minimized else { continue };
        let path = directory.join(&find.name).join(MINIMIZED);
        if let Err(error) = fs::write(&path, &minimized.bytes) {
            notes.push(format!("cannot write {}: {error}", path.display()));
        }
    }
}

impl fmt::Display for Progress {
    /// One line, for a person who looks on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { self.sessions as f64 / seconds } else { 0.0 };
        let way = self.trend.way();
        write!(
            f,
            "{:.0} s, {} sessions ({rate:.0}/s), {} successes, {} finds, best score {:.0} %, \
             strength {:.0} %{}{}, {} inputs",
            seconds,
            self.sessions,
            self.successes,
            self.finds.len(),
            self.best_score * 100.0,
            self.strength * 100.0,
            if way.is_empty() { "" } else { " " },
            way,
            self.inputs
        )?;
        if self.minimizing > 0 {
            write!(f, ", making {} smaller", self.minimizing)?;
        }
        if let Some(last) = self.finds.last() {
            write!(f, "; last: {last}")?;
        }
        Ok(())
    }
}

/// Reads the seeds, and the words that may be put into inputs.
fn inputs(
    project: &ProjectFile,
    notes: &mut Vec<String>,
) -> Result<(Corpus, Vec<Vec<u8>>), CampaignError> {
    let limits = CorpusLimits { input_bytes: project.input_size, ..CorpusLimits::default() };
    let corpus = match &project.seeds {
        Some(folder) => {
            let (corpus, skipped) = Corpus::read_folder(folder, limits)?;
            note_skipped(&skipped, notes);
            corpus
        }
        None => {
            let mut corpus = Corpus::new(limits);
            corpus.add_seed("empty", b"");
            corpus
        }
    };
    let mut words = corpus.tokens(TOKENS);
    if let Some(path) = &project.dictionary {
        words.extend(Dictionary::read(path)?.into_words());
    }
    Ok((corpus, words))
}

fn note_skipped(skipped: &Skipped, notes: &mut Vec<String>) {
    if skipped.count == 0 {
        return;
    }
    let first = skipped.first.iter().map(|(path, why)| format!("{} ({why:?})", path.display()));
    let first: Vec<_> = first.collect();
    notes.push(format!("{} seeds were skipped, such as {}", skipped.count, first.join(", ")));
}

/// Makes a folder that nobody else uses: as it is named, or with `-2` and so on behind it.
fn own_folder(wanted: &Path) -> Result<PathBuf, CampaignError> {
    let parent = wanted.parent().unwrap_or(Path::new(""));
    let name = wanted.file_name().map_or("campaign".into(), |name| name.to_string_lossy());
    if !parent.as_os_str().is_empty() {
        make(parent)?;
    }
    for number in 1..=DirectoryName::TRIES {
        let name = if number == 1 { name.to_string() } else { format!("{name}-{number}") };
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(CampaignError::Write { path, source }),
        }
    }
    let source = io::Error::from(io::ErrorKind::AlreadyExists);
    Err(CampaignError::Write { path: wanted.to_owned(), source })
}

/// Draws a seed that a project file can have.
fn drawn_seed() -> u64 {
    rand::random_range(0..=ProjectFile::MOST_SEED)
}

fn make(path: &Path) -> Result<(), CampaignError> {
    let failed = |source| CampaignError::Write { path: path.to_owned(), source };
    fs::create_dir_all(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half of the seeds that campaigns printed were too large for a project file.
    #[test]
    fn seed_that_is_drawn_is_one_for_a_project_file() {
        for _ in 0..64 {
            let seed = drawn_seed();
            let text = format!("command = \"true\"\nseed = {seed}\n");
            let project = ProjectFile::parse(&text, Path::new("a.toml")).unwrap();
            assert_eq!(project.seed, Some(seed));
        }
    }
}
