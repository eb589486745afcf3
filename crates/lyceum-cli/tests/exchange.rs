//! `lyceum exchange` and `lyceum token`, as their users run them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// A server in a process of its own.
struct Server {
    child: Child,
    host: String,
}

fn lyceum(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What another run left.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Server {
    fn start(data: &Path, more: &[&str]) -> Self {
        Self::start_as(data, "http", more)
    }

    fn start_as(data: &Path, scheme: &str, more: &[&str]) -> Self {
        let mut command = lyceum(&["exchange", "serve", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(data).args(more).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let host = line.trim().strip_prefix(&format!("listening at {scheme}://"));
        let host = host.unwrap_or_else(|| panic!("it said `{line}`")).to_owned();
        Self { child, host }
    }

    /// As `kill -9` does.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn terminate(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

/// A connection that makes one request after the other.
struct Client {
    stream: BufReader<TcpStream>,
    headers: String,
}

impl Client {
    fn connect(host: &str, headers: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), headers: headers.to_owned() })
    }

    fn ask(&mut self, method: &str, path: &str, body: &Value) -> std::io::Result<(u16, String)> {
        let (body, headers) = (body.to_string(), &self.headers);
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\
             {headers}\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(given) = line.strip_prefix("content-length: ") {
                length = given.parse().unwrap();
            } else if line.is_empty() {
                break;
            }
        }
        let mut text = vec![0; length];
        self.stream.read_exact(&mut text)?;
        Ok((status, String::from_utf8(text).unwrap()))
    }
}

const USER: &str = "00000000-0000-0000-0000-000000000001";
const AGENT: &str = "00000000-0000-0000-0000-000000000002";

fn uuid(tag: u64) -> String {
    format!("00000000-0000-0000-0000-{tag:012x}")
}

fn message(kind: &str, from: &str, to: &str, tag: &str) -> Value {
    let body = if kind == "request" { "ping-request" } else { "success-response" };
    let message = json!({
        "header": { "src": { "uid": from }, "dest": { "uid": to }, "tag": tag, "kind": kind },
        "body": { "kind": body },
    });
    json!({ "message": message.to_string() })
}

const DURABLE: &str = "lyceum-delivery: durable\r\n";

/// What clients were told, over all lives of the server.
#[derive(Default)]
struct History {
    next: AtomicU64,
    accepted: Mutex<BTreeSet<String>>,
    answered: Mutex<BTreeSet<String>>,
    delivered: Mutex<BTreeMap<String, u64>>,
}

impl History {
    /// Puts requests until the server is gone.
    fn put(&self, host: &str) {
        let Ok(mut client) = Client::connect(host, DURABLE) else { return };
        loop {
            let tag = uuid(self.next.fetch_add(1, Ordering::Relaxed));
            match client.ask("PUT", "/message", &message("request", USER, AGENT, &tag)) {
                Ok((200, _)) => {
                    self.accepted.lock().unwrap().insert(tag);
                }
                // The agent is slower than its callers.
                Ok((429, _)) => {}
                Ok((status, text)) => panic!("{status}: {text}"),
                Err(_) => return,
            }
        }
    }

    /// Takes requests and answers them, until the server is gone or, at the end, nothing waits.
    fn serve(&self, host: &str, is_end: bool) {
        let Ok(mut client) = Client::connect(host, "") else { return };
        let mailbox = json!({ "mailbox": AGENT, "timeout": if is_end { 0.5 } else { 5.0 } });
        let Ok((200, _)) = client.ask("POST", "/mailbox/lease", &mailbox) else { return };
        while let Ok((status, text)) = client.ask("GET", "/message", &mailbox) {
            if status == 408 && is_end {
                return;
            }
            if status != 200 {
                continue;
            }
            let outer: Value = serde_json::from_str(&text).unwrap();
            let inner: Value = serde_json::from_str(outer["message"].as_str().unwrap()).unwrap();
            let tag = inner["header"]["tag"].as_str().unwrap().to_owned();
            assert!(!self.answered.lock().unwrap().contains(&tag), "{tag} ran after its answer");
            *self.delivered.lock().unwrap().entry(tag.clone()).or_default() += 1;
            let answer = message("response", AGENT, USER, &tag);
            if let Ok((200, _)) = client.ask("PUT", "/message", &answer) {
                self.answered.lock().unwrap().insert(tag);
            }
        }
    }
}

/// Takes all answers that wait for the user, and returns the tags of what was asked.
fn outcomes(host: &str) -> BTreeSet<String> {
    let mut client = Client::connect(host, "").unwrap();
    let mailbox = json!({ "mailbox": USER, "timeout": 0.5 });
    let mut outcomes = BTreeSet::new();
    loop {
        let (status, text) = client.ask("GET", "/message", &mailbox).unwrap();
        if status == 408 {
            return outcomes;
        }
        assert_eq!(status, 200, "{text}");
        let outer: Value = serde_json::from_str(&text).unwrap();
        let inner: Value = serde_json::from_str(outer["message"].as_str().unwrap()).unwrap();
        assert_eq!(inner["header"]["kind"], "response");
        outcomes.insert(inner["header"]["tag"].as_str().unwrap().to_owned());
    }
}

#[test]
fn a_server_that_is_killed_again_and_again_loses_nothing_that_it_accepted() {
    let data = folder("exchange-killed");
    let history = History::default();
    let server = Server::start(&data, &[]);
    let mut client = Client::connect(&server.host, "").unwrap();
    for mailbox in [USER, AGENT] {
        let (status, text) =
            client.ask("POST", "/mailbox", &json!({ "mailbox": mailbox })).unwrap();
        assert_eq!(status, 200, "{text}");
    }
    server.terminate();

    for round in 1..=6 {
        let server = Server::start(&data, &["--deliveries", "1000"]);
        let enough = history.accepted.lock().unwrap().len() + 150 * round;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| history.put(&server.host));
            }
            scope.spawn(|| history.serve(&server.host, false));
            while history.accepted.lock().unwrap().len() < enough {
                std::thread::yield_now();
            }
            let pid = Pid::from_child(&server.child);
            kill_process(pid, Signal::KILL).unwrap();
        });
        server.kill();
    }
    let server = Server::start(&data, &["--deliveries", "1000"]);
    history.serve(&server.host, true);
    // The server may have kept an answer, and died before it could say so.
    let outcomes = outcomes(&server.host);
    server.terminate();

    let (accepted, answered) = (history.accepted.into_inner(), history.answered.into_inner());
    let lost: Vec<_> = accepted.unwrap().difference(&outcomes).cloned().collect();
    assert_eq!(lost, Vec::<String>::new(), "requests without an outcome");
    let lost: Vec<_> = answered.unwrap().difference(&outcomes).cloned().collect();
    assert_eq!(lost, Vec::<String>::new(), "answers that the caller never gets");
    let delivered = history.delivered.into_inner().unwrap();
    let again = delivered.values().filter(|times| **times > 1).count();
    println!("{} requests ran, {again} of them again after a kill", delivered.len());
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{out}{err}");
    out.into_owned()
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let data = folder("exchange-tokens");
    let token = |arguments: &[&str]| {
        let mut command = lyceum(&[&["token"], arguments].concat());
        command.arg("--data").arg(&data).output().unwrap()
    };
    let made = said(&token(&["make", "ada", "--group", "lab", "--expires-in", "1h"]));
    let bearer = format!("authorization: Bearer {}\r\n", made.trim());
    let listed = said(&token(&["list"]));
    assert!(listed.contains("\tada\tlab\tread own\twrite own\tadminister own\t"), "{listed}");
    let secret = made.trim().split('_').nth(2).unwrap();
    assert!(!listed.contains(secret));
    let server = Server::start(&data, &[]);
    let status = |headers: &str| {
        let mut client = Client::connect(&server.host, headers).unwrap();
        client.ask("POST", "/mailbox", &json!({ "mailbox": AGENT })).unwrap().0
    };
    assert_eq!(status(""), 401);
    assert_eq!(status(&bearer), 200);

    let id = listed.split('\t').next().unwrap();
    said(&token(&["revoke", id]));

    // The server looks at the file now and then.
    while status(&bearer) != 403 {
        std::thread::yield_now();
    }
    let again = token(&["revoke", id]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("there is no token"));
    server.terminate();
}

#[test]
fn dead_letters_are_listed_replayed_and_dropped() {
    let data = folder("exchange-dead");
    let server = Server::start(&data, &["--deliveries", "1"]);
    let mut client = Client::connect(&server.host, DURABLE).unwrap();
    for mailbox in [USER, AGENT] {
        client.ask("POST", "/mailbox", &json!({ "mailbox": mailbox })).unwrap();
    }
    let mailbox = json!({ "mailbox": AGENT, "timeout": 0.1 });
    for tag in 1..=2 {
        client.ask("PUT", "/message", &message("request", USER, AGENT, &uuid(tag))).unwrap();
        client.ask("GET", "/message", &mailbox).unwrap();
    }
    client.ask("POST", "/mailbox/lease", &mailbox).unwrap();
    let url = format!("http://{}", server.host);
    let run = |arguments: &[&str]| {
        let command = [&["exchange", "dead-letters"], arguments, &["--url", &url]].concat();
        lyceum(&command).output().unwrap()
    };
    let listed = said(&run(&["list", "--mailbox", AGENT]));
    let numbers: Vec<&str> = listed.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(numbers.len(), 2, "{listed}");
    assert!(listed.contains("\tUndeliverable\t1\t"), "{listed}");

    said(&run(&["replay", numbers[0]]));
    said(&run(&["drop", numbers[1]]));

    assert_eq!(said(&run(&["list"])), "");
    assert_eq!(client.ask("GET", "/message", &mailbox).unwrap().0, 200);
    let gone = run(&["replay", numbers[1]]);
    assert!(String::from_utf8_lossy(&gone.stderr).contains("there is no dead letter"));
    server.terminate();
}

#[test]
fn beyond_this_machine_it_does_not_listen_without_tokens() {
    let data = folder("exchange-open");
    let refused = lyceum(&["exchange", "serve", "--listen", "0.0.0.0:0", "--memory", "--data"])
        .arg(&data)
        .output();
    let refused = refused.unwrap();

    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("without credentials"), "{text}");
}
