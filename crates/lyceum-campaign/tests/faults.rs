//! Campaigns against programs, and with agents, that misbehave: they go on, and say what was wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lyceum_campaign::agents::ProcessExit;
use lyceum_campaign::{Campaign, EndReason, ProjectFile, Report, sandbox};
use lyceum_macros::agent;

#[path = "machine/marked.rs"]
mod marked;
#[path = "machine/refusal.rs"]
mod refusal;

use marked::marked;
use refusal::{has_sandboxes, pass_over};

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

// The macros write paths into the crate `lyceum`.
extern crate lyceum_campaign as lyceum;

/// A folder of a test, which is removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("faults-{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Makes a campaign whose programs are marked by the folder's path.
    fn campaign(&self, command: &str, more: &str) -> Campaign {
        let text = format!(
            "command = {command:?}\ndirectory = {:?}\nseed = 1\n\
             environment = {{ MARK = {:?} }}\n{more}",
            self.0.join("out"),
            self.0,
        );
        let project = ProjectFile::parse(&text, &self.0.join("project.toml")).unwrap();
        let campaign = Campaign::new(project).unwrap();
        campaign.keeper_program(KEEPER)
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

/// Runs a campaign that must find something in a program's trigger, and leave no process.
fn finds(name: &str, target: &str, key: &str) {
    let folder = Folder::new(name);
    let seeds = folder.0.join("seeds");
    fs::create_dir(&seeds).unwrap();
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets");
    for file in fs::read_dir(targets.join("triggers")).unwrap().map(|file| file.unwrap()) {
        if file.path().file_stem().is_some_and(|stem| stem == name) {
            fs::copy(file.path(), seeds.join("trigger")).unwrap();
        }
    }
    fs::write(seeds.join("other"), b"plain").unwrap();
    let more = format!(
        "accept = [0, 1]\nseeds = {seeds:?}\nuniverses = 1\nminimize = 0\n[stop]\nsessions = 6\n\
         [limits]\ntime = \"1s\"\n"
    );
    let report = folder.campaign(target, &more).run(|_| {}).unwrap();

    assert_eq!(report.summary.ended, EndReason::Sessions, "{:?}", report.summary.notes);
    assert_eq!(report.summary.sessions, 6);
    let keys: Vec<_> = report.finds.iter().map(|find| find.find.key()).collect();
    assert!(keys.iter().any(|found| found.starts_with(key)), "{keys:?}");
    assert_eq!(folder.left(), 0);
}

macro_rules! found {
    ($($test:ident: $target:literal => $key:literal;)+) => {$(
        #[test]
        fn $test() {
            if !has_sandboxes(KEEPER) {
                return;
            }
            finds(stringify!($test), env!(concat!("CARGO_BIN_EXE_target-", $target)), $key);
        }
    )+};
}

found! {
    detach: "detach" => "left_processes";
    stubborn: "stubborn" => "timeout";
    flood: "flood" => "output_limit";
    memory: "memory" => "sigabrt: memory allocation";
    disk: "disk" => "disk_limit";
    leak: "leak" => "left_files";
}

#[test]
fn program_that_closes_its_streams_is_judged_by_its_code() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("streams");
    let more = "arguments = [\"-c\", \"exec 0<&- 1>&- 2>&-; exit 7\"]\ninput = \"stdin\"\n\
                universes = 1\nminimize = 0\n[stop]\nsessions = 3\n";
    let report = folder.campaign("/bin/sh", more).run(|_| {}).unwrap();

    assert_eq!((report.summary.sessions, report.finds[0].times), (3, 3));
    assert_eq!(report.finds[0].find.key(), "exitcode7");
}

#[test]
fn program_that_needs_a_terminal_does_not_get_one_and_is_no_reason_to_end() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("terminal");
    let more = "universes = 1\nminimize = 0\n[stop]\nsessions = 3\n";
    let target = env!("CARGO_BIN_EXE_target-terminal");
    let report = folder.campaign(target, more).run(|_| {}).unwrap();

    assert_eq!((&report.summary.ended, report.summary.sessions), (&EndReason::Sessions, 3));
    assert_eq!(folder.left(), 0);
}

/// The campaign's time was looked at between sessions alone.
#[test]
fn time_is_over_while_all_universes_wait_for_programs() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("time");
    let more = "arguments = [\"1000\"]\ninput = \"stdin\"\nuniverses = 2\n[stop]\n\
                time = \"1s\"\n[limits]\ntime = \"900s\"\n";
    let report = folder.campaign("/bin/sleep", more).run(|_| {}).unwrap();

    assert_eq!((report.summary.ended, report.summary.sessions), (EndReason::Time, 0));
    assert_eq!(folder.left(), 0);
}

/// Misbehaves when a program has ended: each time, or once.
struct Faulty {
    once: Option<Arc<AtomicBool>>,
    never: Option<Receiver<()>>,
}

#[agent]
impl Faulty {
    #[event]
    fn exit(&mut self, _exit: &ProcessExit) {
        let is_over = self.once.as_ref().is_some_and(|once| once.swap(true, Ordering::SeqCst));
        if is_over {
            return;
        }
        match &self.never {
            // Nobody sends.
            Some(never) => drop(never.recv()),
            None => panic!("this probe is broken"),
        }
    }
}

const TRUE: &str = "universes = 2\nminimize = 0\n[stop]\nsessions = 20\n";

fn notes(report: &Report) -> String {
    report.summary.notes.join("\n")
}

/// One probe that panicked was the end of the whole campaign.
#[test]
fn probe_that_panics_costs_its_universe_alone() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("panic");
    let once = Arc::new(AtomicBool::new(false));
    let report = folder
        .campaign("/bin/true", TRUE)
        .agents(move |project, _| {
            project.agent("faulty", Faulty { once: Some(once.clone()), never: None })
        })
        .run(|_| {})
        .unwrap();

    assert_eq!(report.summary.ended, EndReason::Sessions);
    assert_eq!(report.summary.sessions, 19, "one was lost");
    assert!(notes(&report).contains("this probe is broken"), "{}", notes(&report));
}

#[test]
fn probe_that_always_panics_ends_the_campaign_with_a_report() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("panics");
    let report = folder
        .campaign("/bin/true", TRUE)
        .agents(|project, _| project.agent("faulty", Faulty { once: None, never: None }))
        .run(|_| {})
        .unwrap();

    let EndReason::Failed(reason) = &report.summary.ended else { panic!("{report:?}") };
    assert!(reason.contains("this probe is broken"), "{reason}");
    assert_eq!(report.summary.notes.len(), 10, "two universes, and eight in their places");
    assert!(folder.0.join("out/report.html").exists());
}

/// An agent that never returned let the campaign run for ever.
#[test]
fn universe_of_an_agent_that_never_returns_is_replaced() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("stuck");
    let (sender, never) = sync_channel(1);
    let never = Mutex::new(Some(never));
    let report = folder
        .campaign("/bin/true", "universes = 1\nminimize = 0\n[stop]\nsessions = 20\n")
        .patience(Duration::from_secs(2))
        .agents(move |project, _| match never.lock().unwrap().take() {
            Some(never) => project.agent("faulty", Faulty { once: None, never: Some(never) }),
            None => project,
        })
        .run(|_| {})
        .unwrap();

    assert_eq!((&report.summary.ended, report.summary.sessions), (&EndReason::Sessions, 19));
    assert!(notes(&report).contains("agent `faulty` did not return"), "{}", notes(&report));
    drop(sender);
}

/// Whoever looked on panicked, and the campaign ran on without anybody.
#[test]
fn news_that_panic_end_the_campaign() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("news");
    let more = "arguments = [\"1000\"]\ninput = \"stdin\"\nuniverses = 1\n[limits]\n\
                time = \"900s\"\n";
    let campaign = folder.campaign("/bin/sleep", more);
    let run = std::panic::AssertUnwindSafe(|| campaign.run(|_| panic!("no screen")));
    assert!(std::panic::catch_unwind(run).is_err());

    while folder.left() > 0 {
        std::thread::yield_now();
    }
}

/// A report that could not be written was lost.
#[test]
fn report_is_returned_where_it_cannot_be_written() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("unwritten");
    let campaign = folder.campaign("/bin/true", TRUE);
    fs::create_dir(folder.0.join("out/report.json")).unwrap();
    let report = campaign.run(|_| {}).unwrap();

    assert_eq!(report.summary.sessions, 20);
    assert!(notes(&report).contains("cannot write"), "{}", notes(&report));
    assert!(folder.0.join("out/report.html").exists(), "the others are written");
}

/// Ends the mount of a small disk.
struct Disk(PathBuf);

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn full_disk_ends_the_campaign_and_says_so() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("full");
    let out = folder.0.join("out");
    fs::create_dir(&out).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k,nr_inodes=40", "none"])
        .arg(&out)
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        pass_over("full disk", "this machine refuses to mount a small one");
        return;
    }
    let _disk = Disk(out.clone());
    // The folder of the campaign is inside of the disk.
    let text = format!(
        "command = \"/bin/true\"\ndirectory = {:?}\nkeep = \"all\"\nuniverses = 1\n\
         [stop]\nsessions = 200\n",
        out.join("campaign")
    );
    let project = ProjectFile::parse(&text, &folder.0.join("project.toml")).unwrap();
    let campaign = Campaign::new(project).unwrap();
    let campaign = campaign.keeper_program(KEEPER);
    let report = campaign.run(|_| {}).unwrap();

    let EndReason::Failed(reason) = &report.summary.ended else { panic!("{report:?}") };
    assert!(reason.contains("No space left on device"), "{reason}");
    assert!(report.summary.sessions > 0);
}
