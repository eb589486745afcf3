//! `lyceum call` and its siblings, as their users run them, on agents of another process: this one.

use std::net::TcpListener;
use std::process::{Command, Output};

use lyceum::prelude::*;
use serde_json::{Value, json};

#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct TooMuch {
    limit: u64,
}

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot add more than {}", self.limit)
    }
}

impl std::error::Error for TooMuch {}

#[derive(Default)]
struct Counter {
    value: u64,
}

/// Counts.
#[agent]
impl Counter {
    /// Adds `n` and returns the new value.
    #[action]
    fn add(&mut self, n: u64) -> Result<u64, TooMuch> {
        if n > 100 {
            return Err(TooMuch { limit: 100 });
        }
        self.value += n;
        Ok(self.value)
    }

    #[action]
    fn greet(&self, name: String, times: Option<u32>) -> String {
        vec![format!("hello, {name}"); times.unwrap_or(1) as usize].join("; ")
    }

    #[action]
    fn count(&self, to: u64) -> impl futures_util::Stream<Item = u64> + Send + 'static {
        futures_util::stream::iter(1..=to)
    }

    #[action]
    async fn wait(&self) {
        std::future::pending::<()>().await;
    }
}

/// A node with a counter, and where it listens.
struct Host {
    runtime: tokio::runtime::Runtime,
    counter: Handle<Counter>,
    endpoint: String,
}

impl Host {
    fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("there are threads");
        let (counter, endpoint) = runtime.block_on(async {
            let node = Node::local();
            let counter = node.launch(Counter::default()).named("counter").await;
            let listener = node.listen("tcp://127.0.0.1:0").await.expect("a port is free");
            (counter.expect("the name is free"), listener.endpoint().to_string())
        });
        Self { runtime, counter, endpoint }
    }

    /// Runs a command on the counter.
    fn run(&self, verb: &str, arguments: &[&str]) -> Ran {
        let url = format!("{}/counter", self.endpoint);
        Ran::of(&[&[verb, &url], arguments].concat())
    }

    fn value(&self) -> u64 {
        self.runtime.block_on(self.counter.add(0).into_future()).expect("it lives")
    }
}

/// What a command printed, and its exit code.
struct Ran {
    code: Option<i32>,
    output: String,
    errors: String,
}

impl Ran {
    fn of(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
        let output = command.args(arguments).env_remove("LYCEUM_TOKEN").output();
        let Output { status, stdout, stderr } = output.expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("it prints text");
        Self { code: status.code(), output: text(stdout), errors: text(stderr) }
    }

    #[track_caller]
    fn prints(&self, output: &str) {
        assert_eq!((self.output.as_str(), self.errors.as_str()), (output, ""));
        assert_eq!(self.code, Some(0));
    }

    #[track_caller]
    fn fails(&self, code: i32, part: &str) {
        assert!(self.errors.contains(part), "{}", self.errors);
        assert_eq!((self.code, self.output.as_str()), (Some(code), ""), "{}", self.errors);
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.output).expect("it is JSON")
    }
}

#[test]
fn call_takes_arguments_by_position_and_by_name() {
    let host = Host::start();

    host.run("call", &["add", "2"]).prints("2\n");
    host.run("call", &["add", "n=3"]).prints("5\n");
    host.run("call", &["greet", "Ada"]).prints("hello, Ada\n");
    host.run("call", &["greet", "7", "times=2"]).prints("hello, 7; hello, 7\n");
    host.run("call", &["greet", "Ada", "--json"]).prints("\"hello, Ada\"\n");
}

#[test]
fn stream_is_printed_line_by_line() {
    let host = Host::start();

    host.run("call", &["count", "3"]).prints("1\n2\n3\n");
    host.run("call", &["count", "2", "--json"]).prints("1\n2\n");
}

#[test]
fn tell_ping_describe_agents_and_stop() {
    let host = Host::start();

    host.run("tell", &["add", "4"]).prints("accepted\n");
    assert_eq!(host.value(), 4);
    assert!(host.run("ping", &[]).output.starts_with("answered after "));
    let described = host.run("describe", &[]);
    assert!(
        described.output.contains("add(n: integer) -> integer or TooMuch"),
        "{}",
        described.output
    );
    assert!(described.output.contains("count(to: integer) -> stream of integer"));
    assert_eq!(host.run("describe", &["--json"]).json()["doc"], "Counts.");
    let agents = Ran::of(&["agents", &host.endpoint, "--json"]).json();
    assert_eq!((&agents[0]["name"], &agents[0]["kind"]), (&json!("counter"), &json!("Counter")));
    let list = Ran::of(&["agents", &host.endpoint]).output;
    assert!(
        list.starts_with("NAME     TYPE     MODE") && list.contains("\ncounter  Counter  active")
    );
    host.run("stop", &[]).prints("Counter ended: it was stopped\n");
    Ran::of(&["agents", &host.endpoint]).prints("no agents\n");
}

#[test]
fn error_of_the_action_is_code_1() {
    let host = Host::start();

    let ran = host.run("call", &["add", "101"]);
    ran.fails(1, "error: `add` failed: TooMuch: cannot add more than 100");
    let ran = host.run("call", &["add", "101", "--json"]);
    let error: Value = serde_json::from_str(&ran.errors).expect("it is JSON");
    assert_eq!((&error["error"], &error["value"]), (&json!("action"), &json!({ "limit": 100 })));
}

#[test]
fn what_cannot_be_asked_is_code_2() {
    let host = Host::start();

    host.run("call", &["subtract", "1"]).fails(2, "it has add, greet, count, wait");
    host.run("call", &["add", "two"]).fails(2, "argument `n`: expected integer");
    host.run("call", &["add", "m=1"]).fails(2, "`add` has no argument `m`, it has n");
    host.run("call", &["add", "{"]).fails(2, "cannot read the argument `{` as JSON");
    host.run("call", &["add", "1", "--timeout", "soon"]).fails(2, "such as 500ms");
    Ran::of(&["ping", "counter"]).fails(2, "expected SCHEME://LOCATION/AGENT");
    Ran::of(&["ping", "http://a/b"]).fails(2, "expected tcp://HOST:PORT/AGENT");
    Ran::of(&["agents", &format!("{}/counter", host.endpoint)]).fails(2, "expected its node");
    assert_eq!(host.value(), 0);
}

#[test]
fn nobody_there_is_code_3() {
    let host = Host::start();
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr();
    let gone = format!("tcp://{}", free.expect("it is bound"));

    Ran::of(&["ping", &format!("{gone}/a")]).fails(3, "expected a Lyceum node that listens there");
    Ran::of(&["agents", &gone]).fails(3, "Connection refused");
    Ran::of(&["ping", "unix:///nowhere.sock#a"]).fails(3, "No such file");
    let nobody = format!("{}/nobody", host.endpoint);
    Ran::of(&["call", &nobody, "add"]).fails(3, "no such agent: it has counter");
}

#[test]
fn no_answer_in_time_is_code_4() {
    let host = Host::start();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("tcp://{}/a", silent.local_addr().expect("it is bound"));

    let ran = host.run("call", &["wait", "--timeout", "200ms"]);
    ran.fails(4, "within 200ms to `wait`: it may still run");
    Ran::of(&["ping", &url, "--timeout", "200ms"]).fails(4, "within 200ms to `connect`");
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = Ran::of(&["completions", shell]);
        assert!(ran.output.contains("describe") && ran.output.contains("demo"), "{}", ran.output);
        assert_eq!(ran.code, Some(0));
    }
}
