//! `lyceum demo --listen`, watched and steered from another terminal.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

/// The demo while it runs, and where it listens.
struct Demo {
    child: Child,
    output: BufReader<ChildStdout>,
    endpoint: String,
}

impl Demo {
    fn start(token: Option<&str>) -> Self {
        let mut command = program(token);
        command.args(["demo", "--json", "--every", "50ms", "--listen", "tcp://127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let listening = next(&mut output);
        assert_eq!(listening["event"], "listening");
        let endpoint = listening["endpoint"].as_str().expect("it is text").to_owned();
        Self { child, output, endpoint }
    }

    fn run(&self, verb: &str, agent: &str, arguments: &[&str]) -> String {
        let url = format!("{}{agent}", self.endpoint);
        let ran = program(None).args([verb, &url]).args(arguments).output().expect("it starts");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).expect("it prints text")
    }

    fn json(&self, verb: &str, agent: &str, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(verb, agent, &[arguments, &["--json"]].concat())).unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(token: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
    match token {
        Some(token) => command.env("LYCEUM_TOKEN", token),
        None => command.env_remove("LYCEUM_TOKEN"),
    };
    command
}

fn next(output: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    output.read_line(&mut line).expect("it prints text");
    serde_json::from_str(&line).expect("it prints JSON")
}

#[test]
fn limits_are_changed_and_the_summary_is_asked() {
    let mut demo = Demo::start(None);

    // Some memory is used on every machine.
    let limits = demo.json("call", "/monitor", &["set_limit", "memory", "0.1"]);
    assert_eq!(limits["memory"], 0.1);

    let is_raised = |round: &Value| {
        round["alarms"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["source"] == "memory"))
    };
    while !is_raised(&next(&mut demo.output)) {}
    let report = demo.json("call", "/summary", &["report"]);
    assert_eq!(report["limits"]["memory"], 0.1);
    assert!(demo.run("call", "/summary", &["report"]).contains("memory  0.1"));
}

#[test]
fn agents_are_listed_and_one_is_stopped() {
    let mut demo = Demo::start(None);
    let names = |agents: &Value| -> Vec<String> {
        let agents = agents.as_array().expect("it is a list").iter();
        agents.filter_map(|agent| agent["name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names(&demo.json("agents", "", &[])).len(), 9);

    assert_eq!(demo.run("stop", "/load", &[]), "Load ended: it was stopped\n");

    assert!(!names(&demo.json("agents", "", &[])).contains(&"load".into()));
    let silent = "its agent does not answer";
    while next(&mut demo.output)["readings"]["load"]["not_available"] != silent {}
}

#[test]
fn token_keeps_strangers_out() {
    let demo = Demo::start(Some("secret"));
    let agents = |token| -> Output {
        program(token).args(["agents", &demo.endpoint]).output().expect("it starts")
    };

    let refused = agents(None);
    let errors = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3));
    assert!(errors.contains("token") && !errors.contains("secret,"), "{errors}");
    assert!(agents(Some("secret")).status.success());
}
