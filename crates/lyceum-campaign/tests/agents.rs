//! Agents that any project can use, in projects of their own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lyceum_campaign::agents::{
    Aggressivity, AggressivityValue, AttachProcess, CpuProbe, ExitProbe, FileWatch,
    MangleFilenames, Mangler, Process, ProcessCreate, ProcessExit, SessionDirectory,
    SessionDirectoryMade,
};
use lyceum_campaign::process::Program;
use lyceum_campaign::sandbox::{self, Keeper, Sandbox};
use lyceum_campaign::{Mutator, PatternTable, Replay, Scanner, Strength};
use lyceum_core::{BoxError, Node};
use lyceum_macros::agent;
use lyceum_universe::events::SessionRename;
use lyceum_universe::{Project, Report, Step, Universe};

#[path = "machine/refusal.rs"]
mod refusal;

use refusal::has_sandboxes;

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

// The macros write paths into the crate `lyceum`.
extern crate lyceum_campaign as lyceum;

type Names = Arc<Mutex<Vec<String>>>;

/// Has a program run in each session, and hears how it is called.
struct Caller {
    program: Program,
    names: Names,
}

#[agent]
impl Caller {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        cx.session().put(self.program.clone());
        Ok(cx.send(ProcessCreate {})?)
    }

    #[event]
    fn rename(&mut self, rename: &SessionRename) {
        self.names.lock().unwrap().push(rename.part.clone());
    }
}

/// Hears how the session is called.
struct Listener {
    names: Names,
}

#[agent]
impl Listener {
    #[event]
    fn rename(&mut self, rename: &SessionRename) {
        self.names.lock().unwrap().push(rename.part.clone());
    }
}

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = path.join(format!("agents-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

fn run(project: Project) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut universe = Universe::builder().on(Node::local()).build();
        universe.run(project).await.unwrap()
    })
}

fn sleeper() -> Child {
    Command::new("/bin/sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap()
}

fn scanner() -> Scanner {
    Scanner::new(Arc::new(PatternTable::default()))
}

#[test]
fn program_that_keeps_a_processor_busy_is_found_while_it_runs() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let (folder, names) = (folder("cpu"), Names::default());
    let keeper = Keeper::of_program(KEEPER, Sandbox::On).unwrap();
    let program = Program::new("/bin/sh", &folder).argument("-c").argument("while :; do :; done");
    let project = Project::new("cpu")
        .agent("caller", Caller { program, names: names.clone() })
        .agent("process", Process::new(keeper).tells_number())
        .agent("cpu", CpuProbe::new(0.05, Duration::from_millis(300)));

    let report = run(project);

    fs::remove_dir_all(&folder).unwrap();
    assert_eq!((report.sessions, report.successes), (1, 1));
    assert_eq!(*names.lock().unwrap(), ["cpu_load"]);
}

#[test]
fn program_that_sleeps_is_not_busy() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let (folder, names) = (folder("calm"), Names::default());
    let keeper = Keeper::of_program(KEEPER, Sandbox::On).unwrap();
    let program = Program::new("/bin/sleep", &folder).argument("1000");
    let project = Project::new("calm")
        .max_sessions(1)
        .session_timeout(Duration::from_secs(1))
        .agent("caller", Caller { program, names: names.clone() })
        .agent("process", Process::new(keeper).tells_number())
        .agent("cpu", CpuProbe::new(0.05, Duration::from_millis(300)));

    let report = run(project);

    fs::remove_dir_all(&folder).unwrap();
    assert_eq!((report.sessions, report.successes), (1, 0));
    assert!(names.lock().unwrap().is_empty());
}

#[test]
fn end_of_a_process_that_was_there_before_is_seen() {
    let (mut child, names) = (sleeper(), Names::default());
    let probe = AttachProcess::new(child.id(), u64::MAX);
    // It ends while it is watched, and is not waited for until then.
    let number = child.id().to_string();
    let killer = Command::new("/bin/sh").args(["-c", "sleep 0.3; kill -9 $0", &number]).spawn();
    let project = Project::new("attach")
        .agent("listener", Listener { names: names.clone() })
        .agent("attach", probe);

    let report = run(project);

    killer.unwrap().wait().unwrap();
    child.wait().unwrap();
    assert_eq!((report.sessions, report.successes), (1, 1));
    assert_eq!(*names.lock().unwrap(), ["process_gone"]);
}

#[test]
fn process_that_holds_too_much_memory_is_seen() {
    let (mut child, names) = (sleeper(), Names::default());
    let project = Project::new("memory")
        .agent("listener", Listener { names: names.clone() })
        .agent("attach", AttachProcess::new(child.id(), 1));

    let report = run(project);

    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(report.successes, 1);
    assert_eq!(*names.lock().unwrap(), ["memory"]);
}

/// Writes a line into a log in the session.
struct Writer {
    path: PathBuf,
    line: &'static [u8],
}

#[agent]
impl Writer {
    #[event(session_start)]
    fn begin(&mut self) -> Result<(), BoxError> {
        let mut file = fs::OpenOptions::new().append(true).open(&self.path)?;
        Ok(file.write_all(self.line)?)
    }
}

#[test]
fn what_a_session_adds_to_a_log_counts_and_no_older_line() {
    let folder = folder("log");
    let path = folder.join("log");
    let project = |line: &'static [u8]| {
        Project::new("log")
            .max_sessions(1)
            .session_timeout(Duration::from_millis(500))
            .agent("writer", Writer { path: path.clone(), line })
            .agent("watch", FileWatch::of_log(scanner(), &path))
    };
    fs::write(&path, b"fatal: long ago\n").unwrap();

    let plain = run(project(b"all is well\n"));
    let fatal = run(project(b"fatal: now\n"));

    fs::remove_dir_all(&folder).unwrap();
    assert_eq!((plain.successes, fatal.successes), (0, 1));
}

#[test]
fn file_that_never_comes_or_is_none_scores_nothing() {
    let folder = folder("none");
    let fifo = folder.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let project = Project::new("none")
        .max_sessions(1)
        .session_timeout(Duration::from_millis(300))
        .agent("missing", FileWatch::new(scanner(), folder.join("missing")))
        .agent("fifo", FileWatch::new(scanner(), fifo));

    let report = run(project);

    fs::remove_dir_all(&folder).unwrap();
    assert_eq!((report.sessions, report.successes), (1, 0));
}

/// Writes down how strong changes are to be.
struct Changer {
    values: Arc<Mutex<Vec<f64>>>,
}

#[agent]
impl Changer {
    #[event]
    fn value(&mut self, value: &AggressivityValue, cx: &mut Step<'_>) {
        self.values.lock().unwrap().push(value.value);
        cx.session().stop();
    }
}

#[test]
fn strength_rises_while_sessions_are_quiet() {
    let values = Arc::new(Mutex::new(Vec::new()));
    let project = Project::new("strength")
        .max_sessions(8)
        .agent("aggressivity", Aggressivity::new(Strength::new(0.10), 0.5))
        .agent("changer", Changer { values: values.clone() });

    let report = run(project);

    assert_eq!(report.sessions, 8);
    assert_eq!(*values.lock().unwrap(), [0.10, 0.10, 0.10, 0.10, 0.10, 0.11, 0.12, 0.13]);
}

/// Runs a target on the session's changed files.
struct Runner {
    target: &'static str,
    seen: Arc<Mutex<Vec<MangleFilenames>>>,
}

#[agent]
impl Runner {
    #[event]
    fn run(&mut self, files: &MangleFilenames, cx: &mut Step<'_>) -> Result<(), BoxError> {
        self.seen.lock().unwrap().push(files.clone());
        let program = Program::new(self.target, &files.directory).argument(&files.names[0]);
        cx.session().put(program);
        Ok(cx.send(ProcessCreate {})?)
    }

    #[event]
    fn exit(&mut self, _exit: &ProcessExit, cx: &mut Step<'_>) {
        cx.session().stop();
    }
}

#[test]
fn changed_file_that_fails_a_program_is_kept_and_replayed() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = folder("mangled");
    let sources = ["one", "two"].map(|name| folder.join(name));
    for path in &sources {
        fs::write(path, "nothing but words").unwrap();
    }
    let keeper = || Keeper::of_program(KEEPER, Sandbox::On).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sessions = folder.join("sessions");
    let project = Project::new("mangled")
        .max_sessions(500)
        .agent("directory", SessionDirectory::new(&sessions).unwrap())
        .agent("mangler", Mangler::new(sources, Mutator::new(100)).unwrap().with_strength(0.3))
        .agent("runner", Runner { target: env!("CARGO_BIN_EXE_target-utf8"), seen: seen.clone() })
        .agent("process", Process::new(keeper()))
        .agent("exit", ExitProbe::new(vec![0]));

    let report = run(project);

    assert_eq!(report.successes, 1);
    assert!(seen.lock().unwrap().iter().all(|files| files.names == ["one", "two"]));
    let kept: Vec<_> = fs::read_dir(&sessions).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(kept.len(), 1, "dull ones are gone");
    let name = kept[0].file_name().into_string().unwrap();
    assert!(name.starts_with("exitcode101-targets_utf8_rs_"), "{name}");
    let replay = Replay::read(&kept[0].path()).unwrap();
    assert!(replay.run_by(keeper()).unwrap().is_same());
    fs::write(kept[0].path().join("one"), "plain").unwrap();
    assert!(!replay.run_by(keeper()).unwrap().is_same(), "the file is what it fails on");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn files_that_cannot_be_changed_are_told_before_anything_runs() {
    let folder = folder("sources");
    let (one, other) = (folder.join("name"), folder.join("sub/name"));
    fs::create_dir(folder.join("sub")).unwrap();
    for path in [&one, &other] {
        fs::write(path, "x").unwrap();
    }
    let text = |files: &[&PathBuf]| {
        let files = files.iter().map(|path| (*path).clone());
        Mangler::new(files, Mutator::new(10)).unwrap_err().to_string()
    };

    assert_eq!(text(&[]), "no file to change");
    assert_eq!(text(&[&one, &other]), "two files are named `name`");
    assert!(text(&[&folder]).ends_with("is no plain file"));
    assert!(text(&[&folder.join("none")]).starts_with("cannot read "));
    fs::remove_dir_all(&folder).unwrap();
}

/// Succeeds in each session, and adds to its name.
struct Winner;

#[agent]
impl Winner {
    #[event]
    fn name(&mut self, _made: &SessionDirectoryMade, cx: &mut Step<'_>) {
        cx.session().rename("won");
        cx.session().stop();
    }

    #[score]
    fn score(&self) -> Option<f64> {
        Some(0.4)
    }
}

#[test]
fn directories_are_bounded_in_number() {
    let folder = folder("bounded");
    let project = |success: f64| {
        let directory = SessionDirectory::new(folder.join(success.to_string())).unwrap();
        Project::new("bounded")
            .success_score(success)
            .max_sessions(9)
            .max_successes(0)
            .agent("directory", directory.keep_dull(2).keep_successes(3))
            .agent("winner", Winner)
    };
    let names = |success: f64| {
        let entries = fs::read_dir(folder.join(success.to_string())).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };

    assert_eq!(run(project(0.4)).successes, 9);
    assert_eq!(run(project(0.5)).successes, 0);

    let won = ["opinion-won", "opinion-won-2", "opinion-won-3", "opinion-won-8", "opinion-won-9"];
    assert_eq!(names(0.4), won, "the first three, and of the others the last two");
    assert_eq!(names(0.5), ["won-8", "won-9"]);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn session_that_is_cut_off_leaves_no_directory() {
    let folder = folder("cut-off");
    let directory = SessionDirectory::new(&folder).unwrap().keep_dull(9);
    let project = Project::new("cut-off").agent("directory", directory).agent("ender", Ender);

    let report = run(project);

    assert_eq!(report.sessions, 1);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::remove_dir_all(&folder).unwrap();
}

/// Ends the whole project in the middle of its session.
struct Ender;

#[agent]
impl Ender {
    #[event]
    fn end(&mut self, _made: &SessionDirectoryMade, cx: &mut Step<'_>) {
        cx.project().stop();
    }
}
