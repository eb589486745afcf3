//! What happens to a campaign at any moment of its sessions: its folder vanishes, or it is stopped.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use lyceum_campaign::agents::{ProcessCreate, ProcessExit};
use lyceum_campaign::{Campaign, EndReason, ProjectFile, Report, Stopper, sandbox};
use lyceum_core::BoxError;
use lyceum_macros::agent;
use lyceum_universe::events::SessionDone;
use lyceum_universe::{Project, Step};

// The macros write paths into the crate `lyceum`.
extern crate lyceum_campaign as lyceum;

#[path = "machine/marked.rs"]
mod marked;
#[path = "machine/refusal.rs"]
mod refusal;

use marked::marked;
use refusal::has_sandboxes;

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

/// What is done at a moment of a session.
type Deed = Arc<dyn Fn(Moment) -> Result<(), BoxError> + Send + Sync>;

/// A moment of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Start,
    Create,
    Exit,
    Done,
}

/// Does something at each moment of each session.
struct Doer(Deed);

#[agent]
impl Doer {
    #[event(session_start)]
    fn start(&mut self) -> Result<(), BoxError> {
        (self.0)(Moment::Start)
    }

    #[event]
    fn create(&mut self, _create: &ProcessCreate) -> Result<(), BoxError> {
        (self.0)(Moment::Create)
    }

    #[event]
    fn exit(&mut self, _exit: &ProcessExit, _cx: &mut Step<'_>) -> Result<(), BoxError> {
        (self.0)(Moment::Exit)
    }

    #[event]
    fn done(&mut self, _done: &SessionDone) -> Result<(), BoxError> {
        (self.0)(Moment::Done)
    }
}

/// A folder of a test, which is removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("moments-{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    /// Makes a campaign against a target that fails on each of its inputs, marked by the folder.
    fn campaign(&self, more: &str) -> Campaign {
        let seeds = self.0.join("seeds");
        fs::create_dir_all(&seeds).unwrap();
        fs::write(seeds.join("bad"), b"some words and \xff others").unwrap();
        let text = format!(
            "command = {:?}\nseeds = {seeds:?}\ndirectory = {:?}\nseed = 1\nuniverses = 1\n\
             environment = {{ MARK = {:?} }}\n{more}",
            env!("CARGO_BIN_EXE_target-utf8"),
            self.out(),
            self.0,
        );
        let project = ProjectFile::parse(&text, &self.0.join("project.toml")).unwrap();
        Campaign::new(project).unwrap().keeper_program(KEEPER)
    }

    /// Counts the processes that its programs have left.
    fn left(&self) -> usize {
        marked(&self.0.display().to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(campaign: Campaign, deed: Deed) -> Report {
    let agents = move |project: Project, _: &Path| project.agent("doer", Doer(deed.clone()));
    campaign.agents(agents).run(|_| {}).unwrap()
}

/// A session's folder that vanished was the end of the campaign.
#[test]
fn folder_that_vanishes_at_any_moment_is_made_again() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    for at in [Moment::Start, Moment::Create, Moment::Exit, Moment::Done] {
        let folder = Folder::new("vanished");
        let campaign = folder.campaign("minimize = 0\nkeep = \"all\"\n[stop]\nsessions = 12\n");
        let (running, times) = (folder.out().join("universe-0"), AtomicUsize::new(0));
        let vanished = Arc::new(AtomicUsize::new(0));
        let count = vanished.clone();
        let deed = move |moment: Moment| {
            // Not each time: a program that can never be run ends a campaign.
            if moment == at && times.fetch_add(1, Ordering::SeqCst) % 2 == 0 {
                // Behind the last session it is not there any more.
                count
                    .fetch_add(usize::from(fs::remove_dir_all(&running).is_ok()), Ordering::SeqCst);
            }
            Ok(())
        };

        let report = run(campaign, Arc::new(deed));

        assert!(vanished.load(Ordering::SeqCst) >= 6, "{at:?}");
        let notes = &report.summary.notes;
        assert_eq!(report.summary.ended, EndReason::Sessions, "{at:?}: {notes:?}");
        assert_eq!((report.summary.sessions, notes.len()), (12, 0), "{at:?}: {notes:?}");
        let entries = fs::read_dir(folder.out()).unwrap().map(|entry| entry.unwrap().path());
        let kept: Vec<_> = entries.filter(|path| path.is_dir()).collect();
        assert_eq!(kept.len(), 12, "{at:?}");
        assert!(kept.iter().all(|path| path.join("input").exists()), "{at:?}");
    }
}

/// Stops a campaign at the moment with a number, and returns the report if there was one.
fn stopped_at(number: usize) -> Option<Report> {
    let folder = Folder::new(&format!("stopped-{number}"));
    let campaign = folder.campaign("[stop]\nsessions = 2\n");
    let (stopper, moments) = (campaign.stopper(), AtomicUsize::new(0));
    let stopper: Mutex<Option<Stopper>> = Mutex::new(Some(stopper));
    let has_stopped = Arc::new(AtomicUsize::new(0));
    let told = has_stopped.clone();
    let deed = move |_: Moment| {
        if moments.fetch_add(1, Ordering::SeqCst) == number
            && let Some(stopper) = stopper.lock().unwrap().take()
        {
            told.store(1, Ordering::SeqCst);
            stopper.stop();
        }
        Ok(())
    };

    let report = run(campaign, Arc::new(deed));

    for name in ["report.txt", "report.json", "report.html"] {
        assert!(folder.out().join(name).exists(), "{number}: {name}");
    }
    let written = fs::read_to_string(folder.out().join("report.json")).unwrap();
    assert_eq!(Report::from_json(&written).unwrap(), report, "{number}");
    assert_eq!(report.history.sessions(), report.summary.sessions, "{number}");
    for find in &report.finds {
        let kept = folder.out().join(&find.name);
        assert!(kept.join("input").exists() && kept.join("replay.json").exists(), "{number}");
    }
    assert!(!folder.out().join("universe-0").exists(), "{number}");
    assert_eq!(folder.left(), 0, "{number}");
    (has_stopped.load(Ordering::SeqCst) == 1).then_some(report)
}

#[test]
fn campaign_can_be_stopped_at_any_moment_of_its_first_sessions() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    // Four moments in each session: the first one finds something, the next ones make it smaller.
    for number in 0..20 {
        let report = stopped_at(number).expect("there are more moments");
        assert_eq!(report.summary.ended, EndReason::Interrupted, "{number}");
        let finds = usize::from(number > 3);
        assert!(report.finds.len() >= finds, "{number}: what was found is in the report");
    }
}

#[test]
fn campaign_that_is_stopped_before_it_runs_has_a_report() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("before");
    let campaign = folder.campaign("");
    campaign.stopper().stop();

    let report = run(campaign, Arc::new(|_| Ok(())));

    assert_eq!((report.summary.ended, report.summary.sessions), (EndReason::Interrupted, 0));
    assert!(folder.out().join("report.html").exists());
    assert_eq!(folder.left(), 0);
}
