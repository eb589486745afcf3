//! Campaigns: a program that is run again and again with changed inputs, by universes side by side.

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use lyceum_core::Node;
use lyceum_universe::events::ApplicationInterrupt;
use lyceum_universe::{Project, RunOutcome, Sender, Universe, Universes};
use thiserror::Error;

use crate::agents::{Archivist, ExitProbe, FilesProbe, Mangler, OutputProbe, Process};
use crate::hunt::Hunt;
use crate::replay::MINIMIZED;
use crate::sandbox::{Keeper, KeeperError, Sandbox};
use crate::{
    Corpus, CorpusError, CorpusLimits, Dictionary, DictionaryError, DirectoryName, EndReason,
    ProjectFile, Report, Skipped, Trend,
};

/// How many words are taken from the seeds.
const TOKENS: usize = 1_000;
/// How often one hears how it goes.
const NEWS: Duration = Duration::from_millis(500);

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
    keeper: Option<PathBuf>,
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

/// Ends a campaign early, with a complete report.
#[derive(Clone, Default)]
pub struct Stopper(Arc<Mutex<Stopping>>);

#[derive(Default)]
struct Stopping {
    hunt: Option<Arc<Hunt>>,
    senders: Vec<Sender>,
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
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The dictionary cannot be used.
    #[error(transparent)]
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
        let seed = project.seed.unwrap_or_else(rand::random);
        let hunt = Arc::new(Hunt::new(project.clone(), corpus, words, directory.clone()));
        let plan = Arc::new(Plan { project, command, directory });
        let stopper = Stopper::default();
        stopper.stopping().hunt = Some(hunt.clone());
        let replay = ["lyceum", "campaign", "replay"].map(String::from).to_vec();
        Ok(Self { plan, hunt, keeper: None, replay, stopper, notes, seeds, seed, universes })
    }

    /// Says which program to start as keepers, instead of this one: it calls
    /// [`main_if_stub`](crate::sandbox::main_if_stub) first in its `main`.
    #[must_use]
    pub fn keeper_program(mut self, path: impl Into<PathBuf>) -> Self {
        self.keeper = Some(path.into());
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
    /// The sandbox cannot be made, or the report not be written. What happens later, such as a full
    /// disk, ends the campaign, and is in its report.
    pub fn run(self, mut news: impl FnMut(&Progress)) -> Result<Report, CampaignError> {
        let started = Timestamp::now();
        // All sandboxes are made before anything runs, so that it does not begin where one fails.
        let mut jobs = Vec::new();
        for number in 0..self.universes {
            let directory = self.plan.directory.join(format!("universe-{number}"));
            make(&directory)?;
            jobs.push((number, self.keeper()?, directory));
        }
        let (done, ended) = sync_channel(1);
        let threads = self.universes;
        let (hunt, plan, stopper) = (self.hunt.clone(), self.plan.clone(), self.stopper.clone());
        let seed = self.seed;
        let run = move || {
            let universes = Universes::threads(threads);
            universes.run(jobs, move |(number, keeper, directory), watch| {
                let sessions = Sessions { hunt: hunt.clone(), plan: plan.clone(), directory };
                let seed = seed.wrapping_add(number as u64);
                let universe = Universe::builder().seed(seed).watch(watch);
                sessions.run(universe, keeper, &stopper);
            });
            // Whoever ran the campaign may have panicked.
            let _ = done.send(());
        };
        let spawned = thread::Builder::new().name("campaign".into()).spawn(run);
        let universes = spawned
            .map_err(|source| CampaignError::Write { path: PathBuf::from("a thread"), source })?;
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(NEWS) {
            news(&self.hunt.progress());
        }
        if let Err(panic) = universes.join() {
            std::panic::resume_unwind(panic);
        }
        news(&self.hunt.progress());
        self.report(started)
    }

    fn keeper(&self) -> Result<Keeper, CampaignError> {
        let sandbox = if self.plan.project.is_sandboxed { Sandbox::On } else { Sandbox::Off };
        match &self.keeper {
            Some(path) => Keeper::of_program(path, sandbox),
            None => Keeper::new(sandbox),
        }
        .map_err(CampaignError::Keeper)
    }

    fn report(self, started: Timestamp) -> Result<Report, CampaignError> {
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
        summary.notes = self.notes;
        for number in 0..self.universes {
            // What is of use was moved out of it.
            let _ = fs::remove_dir_all(directory.join(format!("universe-{number}")));
        }
        for (name, text) in [
            ("report.txt", report.to_text()),
            ("report.json", report.to_json()),
            ("report.html", report.to_html()),
        ] {
            let path = directory.join(name);
            fs::write(&path, text).map_err(|source| CampaignError::Write { path, source })?;
        }
        for find in &report.finds {
            if let Some(minimized) = &find.minimized {
                let path = directory.join(&find.name).join(MINIMIZED);
                fs::write(&path, &minimized.bytes)
                    .map_err(|source| CampaignError::Write { path, source })?;
            }
        }
        Ok(report)
    }
}

/// The sessions of one universe.
struct Sessions {
    hunt: Arc<Hunt>,
    plan: Arc<Plan>,
    directory: PathBuf,
}

impl Sessions {
    /// Runs sessions until there were enough; what goes wrong ends the campaign.
    fn run(self, universe: lyceum_universe::UniverseBuilder, keeper: Keeper, stopper: &Stopper) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                return self.hunt.end(EndReason::Failed(format!("no runtime: {error}")));
            }
        };
        let hunt = self.hunt.clone();
        let outcome = runtime.block_on(async {
            let mut universe = universe.on(Node::local()).build();
            stopper.add(universe.sender());
            universe.run(self.project(keeper)).await
        });
        match outcome.map(|report| report.outcome) {
            Ok(RunOutcome::Failed(reason)) => hunt.end(EndReason::Failed(reason)),
            Ok(RunOutcome::Interrupted) => hunt.end(EndReason::Interrupted),
            Ok(_) => {}
            Err(error) => hunt.end(EndReason::Failed(error.to_string())),
        }
    }

    fn project(self, keeper: Keeper) -> Project {
        let Self { hunt, plan, directory } = self;
        let settings = &plan.project;
        let printed = ["stdout", "stderr"].map(|name| directory.join(name));
        let exit = ExitProbe::new(settings.accepted_exit_codes.clone());
        Project::new(&settings.name)
            .success_score(settings.success_score)
            .error_score(settings.error_score)
            .max_successes(0)
            .agent("mangler", Mangler::new(hunt.clone(), plan.clone(), directory.clone()))
            .agent("process", Process::new(keeper))
            .agent("exit", exit)
            .agent("output", OutputProbe::new(settings.scanner(), printed))
            .agent("files", FilesProbe::new(directory.clone(), settings.limits.files))
            .agent("archivist", Archivist::new(hunt, plan.clone(), directory))
    }
}

impl Stopper {
    fn stopping(&self) -> std::sync::MutexGuard<'_, Stopping> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, sender: Sender) {
        self.stopping().senders.push(sender);
    }

    /// Ends the campaign: programs that run are ended, and the report is written.
    pub fn stop(&self) {
        let stopping = self.stopping();
        if let Some(hunt) = &stopping.hunt {
            hunt.end(EndReason::Interrupted);
        }
        for sender in &stopping.senders {
            // One that is gone has ended already.
            let _ = sender.send(ApplicationInterrupt {});
        }
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopper").finish_non_exhaustive()
    }
}

impl fmt::Display for Progress {
    /// One line, for a person who looks on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { self.sessions as f64 / seconds } else { 0.0 };
        write!(
            f,
            "{:.0} s, {} sessions ({rate:.0}/s), {} finds in {}, best score {:.2}, \
             strength {:.0} % {}, {} inputs",
            seconds,
            self.sessions,
            self.finds.len(),
            self.successes,
            self.best_score,
            self.strength * 100.0,
            self.trend.sign(),
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

fn make(path: &Path) -> Result<(), CampaignError> {
    let failed = |source| CampaignError::Write { path: path.to_owned(), source };
    fs::create_dir_all(path).map_err(failed)
}
