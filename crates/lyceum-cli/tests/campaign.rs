//! `lyceum campaign`, as its users run it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use lyceum::campaign::sandbox;
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;

#[path = "../../lyceum-campaign/tests/machine/refusal.rs"]
mod refusal;

use refusal::has_sandboxes;

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum");

/// Crashes on inputs with an X.
const CRASHES: &str = "case $(cat) in *X*) echo 'fatal error: an X'; kill -SEGV $$;; esac";
/// Finds nothing wrong.
const QUIET: &str = "cat >/dev/null";

/// A folder of a test with a project in it, which is removed at its end.
struct Folder(PathBuf);

impl Folder {
    /// Makes a project for a program of the shell.
    fn new(name: &str, script: &str, more: &str) -> Self {
        let name = format!("cli-campaign-{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(path.join("seeds")).expect("there is room");
        for (number, seed) in ["one", "an X", "three"].into_iter().enumerate() {
            fs::write(path.join(format!("seeds/{number}")), seed).expect("there is room");
        }
        let text = format!(
            "command = \"sh\"\narguments = [\"-c\", {script:?}]\nseeds = \"seeds\"\ninput = \
             \"stdin\"\naccept = [0, 1, 2]\nenvironment = {{ PATH = \"/usr/bin:/bin\" }}\n{more}",
        );
        fs::write(path.join("campaign.toml"), text).expect("there is room");
        Self(path)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
        command.arg("campaign").args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it starts")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join("campaign-campaign").join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the folder for tests.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it prints text")
}

/// Returns how many processes have a text in their command line.
fn processes_with(mark: &str) -> usize {
    let processes = fs::read_dir("/proc").expect("it is there").filter_map(Result::ok);
    let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(mark)).count()
}

/// A crash whose cause was a line that a pattern found was not the same when it was run again.
#[test]
fn crash_is_code_1_and_its_replay_the_same() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("crash", CRASHES, "");

    let ran = folder.run(&["--finds", "1", "--seed", "1", "--universes", "1"]);

    let output = text(&ran.stdout);
    assert_eq!(ran.status.code(), Some(1), "{output} {}", text(&ran.stderr));
    assert!(
        output.contains("1 find:") && output.contains("minimized to 1 byte: \"X\""),
        "{output}"
    );
    assert!(
        output.contains("Page: ./campaign-campaign/report.html")
            || output.contains("Page: campaign-campaign/report.html"),
        "{output}"
    );
    let replay = output.lines().find_map(|line| line.trim().strip_prefix("replay  "));
    let words: Vec<_> = replay.expect("there is a command").split(' ').skip(2).collect();
    for more in [&[][..], &["--minimized"]] {
        let again = folder.run(&[&words[..], more].concat());
        let output = text(&again.stdout);
        assert_eq!(again.status.code(), Some(1), "{output} {}", text(&again.stderr));
        assert!(output.starts_with("ended    by signal 11 after "), "{output}");
        assert!(output.contains("\nstdout\n         fatal error: an X\n"), "{output}");
        assert!(output.contains("\nverdict  the same as in the campaign\n"), "{output}");
    }
    // The folder of the campaign is not that of a find.
    let campaign = words[1].rsplit_once('/').expect("a find is in a folder").0;
    let ran = folder.run(&["replay", campaign]);
    let listed = format!("error: {campaign} is no find, but has these:\n  {}\n", words[1]);
    assert_eq!((ran.status.code(), text(&ran.stderr)), (Some(2), &*listed));
    // The program was mended: here, its input is another one.
    let find = folder.0.join(words[1]);
    fs::write(find.join("input"), "plain").expect("there is room");
    let mended = folder.run(&words);
    assert_eq!(mended.status.code(), Some(0));
    assert!(
        text(&mended.stdout).contains("\nfound    nothing\nverdict  not the same: it was sigsegv")
    );
}

/// What only agents of another program can judge was called mended.
#[test]
fn opinion_of_agents_that_are_not_here_is_code_2() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("opinion", QUIET, "keep = \"all\"\n");
    assert_eq!(folder.run(&["--sessions", "1", "--quiet"]).status.code(), Some(0));
    let path = folder.path("session/replay.json");
    let written = fs::read_to_string(&path).expect("it is written");
    let cause = r#"{ "frames": [], "message": "too_slow", "pattern": null }"#;
    let find = format!(r#""find": {{ "kind": "opinion", "cause": {cause} }}"#);
    fs::write(&path, written.replace("\"find\": null", &find)).expect("there is room");

    let ran = folder.run(&["replay", "campaign-campaign/session"]);

    let output = text(&ran.stdout);
    assert_eq!(ran.status.code(), Some(2), "{output} {}", text(&ran.stderr));
    assert!(output.contains("\nverdict  none: it was opinion: too_slow, of agents"), "{output}");
}

/// `--time 5min`, as the guide has it and project files take it, was refused.
#[test]
fn nothing_found_is_code_0_and_json_is_all_there_is() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("nothing", QUIET, "");

    let ran = folder.run(&[
        "run",
        "campaign.toml",
        "--sessions",
        "20",
        "--time",
        "5min",
        "--json",
        "--quiet",
    ]);

    assert_eq!((ran.status.code(), text(&ran.stderr)), (Some(0), ""));
    let report: Value = serde_json::from_slice(&ran.stdout).expect("it is JSON");
    let written = fs::read(folder.path("report.json")).expect("it is written");
    assert_eq!(report, serde_json::from_slice::<Value>(&written).expect("it is JSON"));
    assert!(text(&ran.stdout).contains("\"sessions\""));
}

/// Half of the seeds that campaigns drew were too large for the project files that they came from.
#[test]
fn seed_that_is_printed_is_taken_again() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("seed", QUIET, "minimize = 0\n[stop]\nsessions = 1\n");
    let seed = |arguments: &[&str]| {
        let ran = folder.run(&[arguments, &["--json", "--quiet"]].concat());
        assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
        let report: Value = serde_json::from_slice(&ran.stdout).expect("it is JSON");
        report["summary"]["seed"].as_u64().expect("it is there")
    };

    let drawn = seed(&[]);

    assert_eq!(seed(&["--seed", &drawn.to_string()]), drawn);
    let file = folder.0.join("campaign.toml");
    let project = fs::read_to_string(&file).expect("it is there");
    fs::write(&file, format!("seed = {drawn}\n{project}")).expect("there is room");
    assert_eq!(seed(&[]), drawn);
}

#[test]
fn what_cannot_run_is_code_2_and_says_why() {
    let folder = Folder::new("wrong", QUIET, "");
    for (project, why) in [
        ("command = 1\n", "wrong.toml:1:11: "),
        ("command = \"./no-such\"\n", "no-such` that can be executed: build it first"),
        ("command = \"sh\"\nseeds = \"none\"\n", "cannot use what `seeds` names: cannot read `"),
        ("command = \"sh\"\ndictionary = \"none\"\n", "cannot use what `dictionary` names: "),
    ] {
        fs::write(folder.0.join("wrong.toml"), project).expect("there is room");
        let ran = folder.run(&["wrong.toml"]);
        let errors = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(2), "{errors}");
        assert!(errors.starts_with("error: ") && errors.contains(why), "{errors}");
        assert!(ran.stdout.is_empty());
    }
    for arguments in [
        &["--seed", "9223372036854775808"][..],
        &["missing.toml"],
        &["--sessions", "0"],
        &["replay", "seeds"],
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.status.code(), Some(2), "{}", text(&ran.stderr));
    }
}

#[test]
fn going_without_a_sandbox_is_said() {
    let folder = Folder::new("bare", QUIET, "");

    let ran = folder.run(&["--no-sandbox", "--sessions", "3", "--quiet"]);

    assert_eq!(ran.status.code(), Some(0));
    assert!(text(&ran.stderr).starts_with("warning: no sandbox"), "{}", text(&ran.stderr));
    assert!(text(&ran.stdout).contains("without a sandbox"));
}

#[test]
fn interrupted_twice_is_a_complete_report_code_130_and_no_process() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let mark = format!("hang-{}", std::process::id());
    let script = format!("# {mark}\ntrap '' TERM INT; while :; do :; done");
    let folder = Folder::new("interrupted", &script, "universes = 2\n[limits]\ntime = \"60s\"\n");
    let child = folder.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("it starts");
    // Until the programs run: there is no news of them.
    while processes_with(&mark) < 2 {
        std::thread::yield_now();
    }

    for _ in 0..2 {
        kill_process(Pid::from_child(&child), Signal::INT).expect("it still runs");
    }

    let ran = child.wait_with_output().expect("it ends");
    assert_eq!(ran.status.code(), Some(130), "{}", text(&ran.stderr));
    assert!(text(&ran.stdout).contains("it was interrupted"), "{}", text(&ran.stdout));
    for name in ["report.txt", "report.json", "report.html"] {
        assert!(folder.path(name).exists(), "{name}");
    }
    assert_eq!(processes_with(&mark), 0);
}

/// Ctrl-C while sandboxes were made ended the campaign without a report, as if the machine had refused
/// them.
#[test]
fn interrupted_while_it_begins_is_a_complete_report_and_code_130() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("early", QUIET, "universes = 16\n");
    let child = folder.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("it starts");
    // From then on it listens for signals; sandboxes come next.
    while !folder.path("").exists() {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended early");
        std::thread::yield_now();
    }

    while child.try_wait().expect("it can be asked").is_none() {
        // It may have ended since it was asked.
        let _gone = kill_process(Pid::from_child(&child), Signal::INT);
        std::thread::yield_now();
    }

    let ran = child.wait_with_output().expect("it ends");
    assert_eq!(ran.status.code(), Some(130), "{}", text(&ran.stderr));
    for name in ["report.txt", "report.json", "report.html"] {
        assert!(folder.path(name).exists(), "{name}");
    }
}

#[test]
fn lines_tell_of_finds_where_there_is_no_terminal() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("lines", CRASHES, "minimize = 0\n");
    let child = folder.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped"));

    let mut line = String::new();
    lines.read_line(&mut line).expect("it prints text");

    kill_process(Pid::from_child(&child), Signal::TERM).expect("it still runs");
    assert!(line.starts_with("found sigsegv"), "{line}");
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(130));
}

/// A terminal that does not tell its size.
struct Terminal {
    user: File,
    line: OwnedFd,
}

impl Terminal {
    fn open() -> Self {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
        grantpt(&user).expect("it is ours");
        unlockpt(&user).expect("it is ours");
        let path = ptsname(&user, Vec::new()).expect("it has a name");
        let line = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("it is there");
        Self { user: user.into(), line }
    }

    fn run(&self, mut command: Command) -> Child {
        let line = || self.line.try_clone().expect("it is open");
        command.env("TERM", "xterm").env("NO_COLOR", "1").stdout(line()).stderr(line());
        command.spawn().expect("it starts")
    }

    /// Reads until a text is there, and returns all that was seen.
    fn look_for(&mut self, text: &str) -> String {
        let (mut seen, mut piece) = (String::new(), [0; 4096]);
        while !seen.contains(text) {
            let length = self.user.read(&mut piece).expect("it is open");
            seen += &String::from_utf8_lossy(&piece[..length]);
        }
        seen
    }
}

#[test]
fn terminal_shows_how_it_goes_and_then_the_report_alone() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("terminal", CRASHES, "");
    let mut terminal = Terminal::open();
    let mut child = terminal.run(folder.command(&[]));

    let picture = terminal.look_for("sigsegv");
    assert!(picture.contains("sessions   ") && picture.contains("strength   "), "{picture:?}");
    let drawn_over = terminal.look_for("\x1b[6A\x1b[J");
    assert!(drawn_over.contains("ctrl-c ends with a report"), "{drawn_over:?}");
    kill_process(Pid::from_child(&child), Signal::INT).expect("it still runs");

    let rest = terminal.look_for("report.json");
    let (_, report) = rest.split_once("\x1b[JCampaign ").expect("the picture is gone");
    assert!(!report.contains('\x1b') && report.contains("replay  lyceum campaign"), "{report:?}");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn written_project_is_read_and_never_overwritten() {
    let folder = Folder::new("init", QUIET, "");

    let ran = folder.run(&["init", "new"]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert_eq!(fs::read_dir(folder.0.join("new/seeds")).expect("it is there").count(), 3);
    // All of it is understood, but the program must be set.
    let ran = folder.run(&["new/campaign.toml"]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(
        text(&ran.stderr).contains("new/target/debug/my-program` that can be"),
        "{}",
        text(&ran.stderr)
    );
    let ran = folder.run(&["init", "new"]);
    assert!(text(&ran.stderr).contains("campaign.toml is there already"), "{}", text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(2));
}
