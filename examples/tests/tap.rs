//! A universe's command line: runs are recorded, replayed whole or by session, and interrupted.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Returns a file of a test's own.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn tap(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tap"));
    command.args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

fn run(arguments: &[&str]) -> Output {
    tap(arguments).output().expect("it starts")
}

/// Records a run; returns its log and what it printed.
fn recorded(name: &str) -> (String, Output) {
    let log = file(name).display().to_string();
    let output = run(&["run", "--seed", "7", "--record", &log]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (log, output)
}

#[test]
fn replay_of_a_run_from_its_log_is_one_command() {
    let (log, first) = recorded("replay.log");

    let again = run(&["replay", &log]);

    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    assert_eq!(text(&again.stdout), text(&first.stdout));
    assert_eq!(text(&again.stderr), text(&first.stderr), "the lines of loggers, too");
    assert_eq!(text(&first.stdout).lines().filter(|line| line.contains("full after")).count(), 3);
}

#[test]
fn replay_of_a_session_shows_that_one_alone_and_ends_with_it() {
    let (log, first) = recorded("session.log");

    let again = run(&["replay", &log, "--session", "2", "--debug", "--trace"]);

    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    let shown = text(&again.stderr);
    assert!(shown.lines().count() > 5, "{shown}");
    assert!(shown.lines().all(|line| line.contains("[session 2]")), "{shown}");
    let of_first = text(&first.stderr);
    let litres = of_first.lines().find(|line| line.contains("[session 2]")).unwrap();
    assert!(shown.contains(litres), "{shown} has {litres}");
    let printed = text(&again.stdout);
    assert!(printed.contains("bucket 2: full") && !printed.contains("bucket 3: full"), "{printed}");
    assert!(printed.contains("tap sends drop {\"litres\":"), "{printed}");
    assert_eq!(printed.matches("universe sends session_start").count(), 2, "{printed}");
}

#[test]
fn what_cannot_be_replayed_says_why_with_code_2() {
    let (log, _) = recorded("wrong.log");
    let short = file("short.log");
    std::fs::write(&short, "{\"lyceum_universe\":1,\"seed\":7,\"project\":\"pump\"}\n").unwrap();
    let other = file("other.log");
    let changed =
        std::fs::read_to_string(&log).unwrap().replacen("\"litres\":0.", "\"litres\":1.", 2);
    std::fs::write(&other, changed).unwrap();
    let [short, other] = [short, other].map(|path| path.display().to_string());

    for (arguments, error) in [
        (vec!["replay", &log, "--session", "9"], "there is no session 9: the last one is 3"),
        (vec!["replay", &short], "is of the project `pump`, and this is `tap`"),
        (vec!["replay", &other], "the replay took another course in session 1"),
        (vec!["replay", "no-such-log"], "no-such-log: No such file"),
        (vec!["replay", "--sesion", "1"], "no option `--sesion` here: see `--help`"),
    ] {
        let output = run(&arguments);
        let said = text(&output.stderr);
        assert!(said.contains(error), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let help = run(&["--help"]);
    assert!(help.status.success() && text(&help.stdout).contains("tap replay FILE"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_a_report_and_its_log_is_whole() {
    let log = file("interrupted.log").display().to_string();
    let mut command = tap(&["--record", &log]);
    command.env("TAP_BUCKETS", "0").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let third = lines.map_while(Result::ok).find(|line| line.contains("[session 3]"));
    assert!(third.is_some(), "it has no limit");

    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(signal.expect("kill is there").success());
    let output = child.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(130));
    assert!(text(&output.stdout).trim_end().ends_with("; interrupted"), "{}", text(&output.stdout));
    let again = tap(&["replay", &log, "--quiet"]).env("TAP_BUCKETS", "0").output().unwrap();
    assert_eq!(text(&again.stdout), text(&output.stdout), "{}", text(&again.stderr));
    assert_eq!(again.status.code(), Some(130));
}
