//! Campaigns of the project against itself: `decoders.toml`, for some seconds.

use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, process};

use lyceum::campaign::sandbox::{KeeperError, Step};
use lyceum::campaign::{Campaign, CampaignError, EndReason, ProjectFile, Report};

use crate::decoder::{Decoders, Seeds};
use crate::hunt;
use crate::tally::Tally;

/// What it is called where it is not run.
const NAME: &str = "campaign against the decoders";
/// How many sessions with changed inputs there are for each second that a target is driven. Their
/// number is the same on a slow machine, and so is what it proves.
const SESSIONS: u64 = 600;
/// How many changed inputs each decoder gets at least, for each second.
const CHANGED: u64 = 4;
/// How long a campaign may take.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// How many bytes an input may have that was made as small as it gets: that of the planted fault
/// needs two.
const MINIMIZED: usize = 4;

/// Why a campaign did not pass as a check.
pub(crate) enum Trouble {
    /// This machine refuses a sandbox.
    Refused(String),
    /// It went otherwise than it must.
    Wrong(String),
}

/// Where campaigns write, how long they are, and what chance begins with.
pub(crate) struct Ground {
    folder: PathBuf,
    seconds: u64,
    seed: u64,
}

impl Ground {
    pub(crate) fn new(seconds: u64, seed: u64) -> Self {
        let folder = hunt::folder().join(format!("artifacts/campaigns-{}", process::id()));
        Self { folder, seconds: seconds.max(1), seed }
    }

    /// Checks that nothing is found, though each decoder was tried.
    pub(crate) fn nothing_is_found(&self) -> Result<String, Trouble> {
        let (project, seeds) = self.project("decoders", &Decoders::all())?;
        let tally = Tally::default();
        let report = run(project, &tally)?;
        let summary = &report.summary;
        if !report.finds.is_empty() {
            return Err(Trouble::Wrong(format!("it found something\n{}", report.to_text())));
        }
        if summary.ended != EndReason::Sessions || !summary.notes.is_empty() {
            return Err(Trouble::Wrong(format!("it did not go well\n{}", report.to_text())));
        }
        let changed = seeds.iter().map(|(decoder, seeds)| {
            let sessions = tally.of(decoder);
            (sessions.saturating_sub(*seeds), decoder)
        });
        let (least, decoder) = changed.min().ok_or(Trouble::Wrong("no decoder".to_owned()))?;
        if least < CHANGED.saturating_mul(self.seconds) {
            let why = format!("`{decoder}` got {least} changed inputs\n{}", report.to_text());
            return Err(Trouble::Wrong(why));
        }
        Ok(format!(
            "{} sessions, {:.0} per second, {} decoders, {least} changed inputs or more for each",
            summary.sessions,
            summary.sessions_per_second(),
            seeds.len()
        ))
    }

    /// Checks that the same campaign finds a fault where there is one, and nothing else.
    pub(crate) fn planted_fault_is_found(&self) -> Result<String, Trouble> {
        let (mut project, _) = self.project("control", &Decoders::all().with_planted())?;
        project.arguments.push("--planted".to_owned());
        project.stop.finds = Some(1);
        let report = run(project, &Tally::default())?;
        let [find] = report.finds.as_slice() else {
            let why = format!("it did not find the planted fault alone\n{}", report.to_text());
            return Err(Trouble::Wrong(why));
        };
        let size = find.minimized.as_ref().map_or(find.input_size, |input| input.bytes.len());
        let cause = find.find.to_string();
        if !cause.contains("planted.rs") || size > MINIMIZED {
            let why = format!("it found something else\n{}", report.to_text());
            return Err(Trouble::Wrong(why));
        }
        Ok(format!("found in session {}, by {size} bytes", find.first_session))
    }

    /// Removes what campaigns wrote.
    pub(crate) fn clear(self) {
        // What stays is in the way of nobody.
        let _ = fs::remove_dir_all(self.folder);
    }

    /// Returns the project, with this program as the one under test, and how many seeds each
    /// decoder has.
    fn project(&self, name: &str, decoders: &Decoders) -> Result<(ProjectFile, Seeds), Trouble> {
        let file = hunt::folder().join("decoders.toml");
        let mut project = ProjectFile::read(&file).map_err(|error| wrong(&error))?;
        let folder = self.folder.join(format!("{name}-seeds"));
        let seeds = decoders.write_seeds(&folder).map_err(|error| wrong(&error))?;
        project.command = env::current_exe().map_err(|error| wrong(&error))?;
        project.seeds = Some(folder);
        project.directory = self.folder.join(name);
        project.seed = Some(self.seed);
        let unchanged: u64 = seeds.iter().map(|(_, count)| count).sum();
        project.stop.sessions =
            Some(SESSIONS.saturating_mul(self.seconds).saturating_add(unchanged));
        project.stop.time = Some(PATIENCE);
        Ok((project, seeds))
    }
}

/// Returns the folder of seeds that `decoders.toml` names.
pub(crate) fn seeds_folder() -> PathBuf {
    hunt::folder().join("corpus/decoders")
}

fn run(project: ProjectFile, tally: &Tally) -> Result<Report, Trouble> {
    let tally = tally.clone();
    let count = move |project: lyceum::universe::Project, directory: &Path| {
        project.agent("tally", tally.counter(directory))
    };
    let campaign = Campaign::new(project).map_err(trouble)?;
    campaign.agents(count).run(|_| {}).map_err(trouble)
}

fn trouble(error: CampaignError) -> Trouble {
    match error {
        CampaignError::Keeper(KeeperError::Missing { step, source })
            if is_refusal(step, source.kind()) =>
        {
            Trouble::Refused(format!("this machine refuses {step}: {source}"))
        }
        error => wrong(&error),
    }
}

/// Returns whether it is the machine that will not, rather than the sandbox that has a fault.
fn is_refusal(step: Step, error: ErrorKind) -> bool {
    match error {
        ErrorKind::PermissionDenied | ErrorKind::StorageFull | ErrorKind::QuotaExceeded => true,
        // A system that was built without namespaces does not know them.
        ErrorKind::Unsupported | ErrorKind::InvalidInput | ErrorKind::NotFound => {
            matches!(step, Step::UserNamespace | Step::Identity | Step::Namespaces)
        }
        _ => false,
    }
}

/// Says that there is no campaign, and leaves a note of it for `cargo xtask test` to repeat.
pub(crate) fn pass_over(reason: &str) {
    println!("not run: the {NAME} because {reason}");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let notes = hunt::folder().with_file_name("").join(target).join("peers");
    // Where nobody may write there, it is printed alone.
    let _unwritten = fs::create_dir_all(&notes)
        .and_then(|()| fs::write(notes.join(format!("{NAME}.refused")), reason));
}

/// Says what went wrong, with its causes.
fn wrong(error: &dyn Error) -> Trouble {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    Trouble::Wrong(text)
}
