//! A program of `lyceum::main!`, as its users run it: the example `farm`.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use serde_json::Value;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn farm(arguments: &[&str]) -> Command {
    let test = std::env::current_exe().expect("it runs");
    let built: PathBuf = test.ancestors().nth(2).expect("it lies in `deps`").into();
    let farm = built.join("examples/farm");
    assert!(farm.exists(), "build it with `cargo build -p lyceum-manager --examples`");
    let mut command = Command::new(farm);
    command.args(arguments).env_remove("LYCEUM_LOG").env_remove("LYCEUM_TOKEN");
    command
}

fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = farm(arguments).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    (status.code(), text(stdout), text(stderr))
}

/// A program while it runs; it is killed at last.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = farm(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, output }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it prints text");
        line.trim_end().into()
    }

    /// Returns what tells when its two children end.
    fn children(&mut self) -> Vec<OwnedFd> {
        let children = (0..2).map(|_| {
            let line = self.line();
            let id = line.rsplit(' ').next().and_then(|id| id.parse().ok());
            let id = id.and_then(Pid::from_raw).expect("it ends with a process");
            pidfd_open(id, PidfdFlags::empty()).expect("it lives")
        });
        children.collect()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it still runs");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for_end(process: &OwnedFd) {
    let limit = LONG.try_into().expect("it is short enough");
    let ended = poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&limit));
    assert_eq!(ended, Ok(1), "the process lives on");
}

#[test]
fn children_end_with_a_parent_that_is_killed() {
    let mut farm = Running::start(&["run"]);
    let children = farm.children();

    farm.signal(Signal::KILL);

    children.iter().for_each(wait_for_end);
}

#[test]
fn even_children_that_hang_end_with_a_parent_that_is_killed() {
    let mut farm = Running::start(&["run"]);
    let children = farm.children();
    children.iter().for_each(|child| pidfd_send_signal(child, Signal::STOP).expect("it lives"));

    farm.signal(Signal::KILL);

    // They cannot notice the end of their channel: the system kills them.
    children.iter().for_each(wait_for_end);
}

#[test]
fn ctrl_c_stops_the_children_in_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut farm = Running::start(&["run"]);
        let children = farm.children();

        farm.signal(signal);

        children.iter().for_each(wait_for_end);
        assert_eq!(farm.child.wait().expect("it ends").code(), Some(0));
    }
}

#[test]
fn tickets_are_seen_by_nobody() {
    let mut farm = Running::start(&["run"]);
    let line = farm.line();
    let id = line.rsplit(' ').next().expect("it ends with a process");

    let arguments = std::fs::read(format!("/proc/{id}/cmdline")).expect("it lives");
    let environment = std::fs::read(format!("/proc/{id}/environ")).expect("it lives");

    let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
    assert!(arguments.ends_with("farm --log-level info child "), "{arguments}");
    assert!(!String::from_utf8_lossy(&environment).contains("Counter"));
}

#[test]
fn program_launches_one_agent_and_answers_about_it() {
    let mut farm = Running::start(&["launch", "Counter", "value=40"]);
    let url = farm.line();
    assert!(url.starts_with("tcp://127.0.0.1:") && url.ends_with("/counter"), "{url}");

    assert_eq!(output(&["call", &url, "add", "2"]).1, "42\n");
    assert!(output(&["describe", &url]).1.contains("add(n: integer) -> integer"));
    assert_eq!(output(&["stop", &url]).0, Some(0));
    assert_eq!(farm.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn program_launches_one_agent_in_a_child_process() {
    let mut farm = Running::start(&["launch", "Counter", "--restarts", "3"]);
    let url = farm.line();
    assert!(url.starts_with("unix:///") && url.ends_with("#counter"), "{url}");

    assert_eq!(output(&["call", &url, "add", "1"]).1, "1\n");
    assert_eq!(output(&["call", &url, "exit", "3"]).0, Some(3));

    // It starts again at the same address.
    let end = std::iter::from_fn(|| Some(output(&["call", &url, "add", "1"])));
    let (_, value, _) = end.into_iter().find(|(code, ..)| *code == Some(0)).expect("it lives");
    assert_eq!(value, "1\n");
}

#[test]
fn types_are_listed_and_described() {
    let types: Value = serde_json::from_str(&output(&["types", "--json"]).1).expect("it is JSON");
    let names: Vec<_> =
        types.as_array().expect("it is a list").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Counter", "Dud", "Passer", "Sleeper"]);
    assert!(output(&["types"]).1.contains("Counter  add, process"));
    assert!(output(&["describe", "Counter"]).1.contains("Adds `n` and returns the new value."));

    let (code, _, errors) = output(&["describe", "Mole"]);
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("expected an address or a type, of Counter, Dud, Passer, Sleeper"),
        "{errors}"
    );
    let (code, _, errors) = output(&["launch", "Mole"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("no such type, it has Counter, Dud, Passer, Sleeper"), "{errors}");
}

#[test]
fn logs_are_json_where_that_is_wanted() {
    let mut command = farm(&["--log-json", "launch", "Counter", "--restarts", "3"]);
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.expect("it starts");
    let mut url = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut url).expect("text");
    output(&["call", url.trim_end(), "talk", "1"]);

    let logs = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let logs = logs.map(|line| serde_json::from_str::<Value>(&line.expect("text")).expect("JSON"));
    let said = logs.into_iter().find(|log| log["message"] == "line 0 of 1").expect("it is logged");
    assert_eq!((&said["agent"], &said["stream"]), (&"counter".into(), &"output".into()));
    let parent = Pid::from_child(&child);
    kill_process(parent, Signal::TERM).expect("it still runs");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn program_ends_in_order_though_nobody_reads_its_logs() {
    // What could not be logged made the program panic, and its end wait for ever.
    let mut command = farm(&["launch", "Counter", "--restarts", "3"]);
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.expect("it starts");
    drop(child.stderr.take());
    let mut url = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut url).expect("text");
    output(&["call", url.trim_end(), "talk", "100"]);

    kill_process(Pid::from_child(&child), Signal::TERM).expect("it still runs");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn help_and_completions_are_of_the_program_itself() {
    let help = output(&["--help"]).1;
    assert!(help.starts_with("Launches agents") && help.contains("Usage: farm "), "{help}");
    assert!(output(&["completions", "zsh"]).1.starts_with("#compdef farm"));
}

#[test]
fn ticket_that_others_can_read_is_refused_and_stays() {
    let ticket = std::env::temp_dir().join(format!("lyceum-ticket-open-{}", std::process::id()));
    std::fs::write(&ticket, "{}").expect("there is room");
    std::fs::set_permissions(&ticket, Permissions::from_mode(0o640)).expect("it is ours");

    let (code, _, errors) = output(&["child", "--ticket", &ticket.display().to_string()]);

    assert_eq!(code, Some(2));
    assert!(errors.contains("others can read it (mode 640), expected mode 600"), "{errors}");
    std::fs::remove_file(ticket).expect("it is still there");
}

#[test]
fn ticket_file_is_removed_once_it_is_read() {
    let ticket = std::env::temp_dir().join(format!("lyceum-ticket-own-{}", std::process::id()));
    std::fs::write(&ticket, "no ticket").expect("there is room");
    std::fs::set_permissions(&ticket, Permissions::from_mode(0o600)).expect("it is ours");
    let path = ticket.display().to_string();

    let (code, _, errors) = output(&["child", "--ticket", &path]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("only a manager has one to give"), "{errors}");

    assert!(!ticket.exists());
    let (_, _, errors) = output(&["child", "--ticket", &path]);
    assert!(errors.contains("No such file"), "{errors}");
}

#[test]
fn mounted_ticket_is_the_one_of_the_own_index() {
    let folder = std::env::temp_dir().join(format!("lyceum-mounted-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("there is room");

    let mut command = farm(&["child", "--mounted", &folder.display().to_string()]);
    let Output { stderr, .. } = command.env("JOB_COMPLETION_INDEX", "7").output().expect("starts");

    let errors = String::from_utf8(stderr).expect("it prints text");
    assert!(errors.contains("ticket-7: "), "{errors}");
    std::fs::remove_dir(folder).expect("it is empty");
}

#[test]
fn child_without_a_ticket_says_who_has_one() {
    let (code, _, errors) = output(&["child"]);

    assert_eq!(code, Some(2));
    assert!(errors.contains("only a manager has one to give"), "{errors}");
}
