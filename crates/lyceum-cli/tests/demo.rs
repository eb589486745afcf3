//! `lyceum demo`, as its users run it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const SOURCES: [&str; 6] = ["cpu", "memory", "disks", "load", "network", "processes"];

fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
    command.arg("demo").args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    demo(arguments).output().expect("the program starts")
}

fn lines(output: &Output) -> Vec<&str> {
    std::str::from_utf8(&output.stdout).expect("it prints text").lines().collect()
}

/// The program while it runs, with what it prints.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: ChildStderr,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = demo(arguments);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let stderr = child.stderr.take().expect("it is piped");
        Self { child, stdout, stderr }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it prints text");
        line
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it still runs");
    }

    /// Closes its output, and returns its exit code and what it said of errors.
    fn end(mut self) -> (Option<i32>, String) {
        drop(self.stdout);
        let mut errors = String::new();
        self.stderr.read_to_string(&mut errors).expect("it prints text");
        (self.child.wait().expect("it ends").code(), errors)
    }
}

#[test]
fn json_has_every_source_in_every_round() {
    let output = output(&["--for", "2s", "--json"]);

    let lines = lines(&output);
    let objects = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let (rounds, ends): (Vec<_>, Vec<_>) = objects.partition(|object| object["event"] == "round");
    assert!(!rounds.is_empty());
    for round in &rounds {
        assert!(SOURCES.iter().all(|source| round["readings"][source] != Value::Null), "{round}");
        assert_eq!(round["agents"].as_array().map(Vec::len), Some(9));
    }
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!(ends[0]["event"], "end");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn pipe_gets_one_plain_line_for_each_round() {
    let output = output(&["--for", "1s", "--every", "200ms"]);

    let lines = lines(&output);
    let (end, rounds) = lines.split_last().expect("it prints lines");
    assert!(!rounds.is_empty());
    for round in rounds {
        assert!(round.starts_with("at=20"), "{round}");
        assert!(SOURCES.iter().all(|source| round.contains(&format!(" {source}="))), "{round}");
        assert!(!round.contains('\u{1b}'), "{round}");
    }
    assert!(end.starts_with("ended after"), "{end}");
    assert!(end.contains("9 agents stopped"), "{end}");
}

#[test]
fn even_the_shortest_watch_shows_a_round() {
    let output = output(&["--for", "1ms"]);

    assert_eq!(lines(&output).len(), 2, "{:?}", lines(&output));
}

#[test]
fn bad_time_is_named_with_what_is_expected() {
    // One that begins with a hyphen was taken for an option, with no word of what is expected.
    for (option, value) in [("--for", "soon"), ("--for", "0s"), ("--for", "-1s"), ("--every", "10")]
    {
        let output = output(&[option, value]);

        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert!(errors.contains(&format!("invalid value '{value}' for '{option}")), "{errors}");
        assert!(errors.contains("such as 500ms, 1.5s or 1m30s"), "{errors}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn bad_limit_is_named_with_what_is_expected() {
    let output = output(&["--cpu-alarm", "much"]);

    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors.contains("expected a number of percent above 0"), "{errors}");
}

#[test]
fn reader_that_goes_away_is_a_quiet_end() {
    for format in [&["--every", "50ms"][..], &["--every", "50ms", "--json"]] {
        let mut running = Running::start(format);
        for _ in 0..3 {
            assert!(!running.line().is_empty());
        }

        assert_eq!(running.end(), (Some(0), String::new()));
    }
}

#[test]
fn ctrl_c_ends_in_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut running = Running::start(&[]);
        assert!(running.line().starts_with("at="));

        running.signal(signal);

        let mut last = running.line();
        while last.starts_with("at=") {
            last = running.line();
        }
        assert!(last.starts_with("ended after"), "{last}");
        assert!(last.contains("9 agents stopped"), "{last}");
        assert_eq!(running.end(), (Some(0), String::new()));
    }
}

#[test]
fn alarm_is_raised_where_its_limit_is_reached() {
    // Some memory is used on every machine.
    let mut running = Running::start(&["--memory-alarm", "0.1", "--every", "50ms", "--json"]);

    let raised = |line: &str| {
        let round: Value = serde_json::from_str(line).expect(line);
        let alarms = round["alarms"].as_array().cloned().unwrap_or_default();
        alarms.into_iter().find(|alarm| alarm["source"] == "memory")
    };
    let alarm = std::iter::from_fn(|| Some(running.line())).find_map(|line| raised(&line));

    assert_eq!(alarm.map(|alarm| alarm["limit"].clone()), Some(0.1.into()));
    assert_eq!(running.end(), (Some(0), String::new()));
}
