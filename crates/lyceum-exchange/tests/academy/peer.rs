//! The real Academy, in processes of its own.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::EXCHANGE;
use crate::environment::Environment;
use crate::redis_server::{RedisServer, free_port};

const ACADEMY: Environment = Environment {
    name: "academy-3.12",
    versions: &["3.12", "3.13", "3.11"],
    packages: &["academy-py==1.0.0"],
};

/// Academy's server, a user, and the agent `Sensor`. It ends when its input does.
pub(crate) struct Peer {
    /// The URL of the exchange, as Lyceum writes it.
    pub(crate) url: String,
    /// The number of the agent.
    pub(crate) sensor: String,
    child: Child,
    input: tokio::sync::Mutex<ChildStdin>,
    answers: Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>,
    next: AtomicU64,
    _reader: JoinSet<()>,
    _server: Option<RedisServer>,
}

impl Peer {
    /// Starts a server and an agent; `None` if this machine has no such Python, or no Redis.
    pub(crate) async fn start() -> Option<Self> {
        match EXCHANGE {
            None => Self::at(free_port(), &[], None).await,
            Some(kind) => {
                let server = RedisServer::start()?;
                Self::at(server.port(), &[kind], Some(server)).await
            }
        }
    }

    /// Starts an agent at the server that is at a port or is started there.
    async fn at(port: u16, kind: &[&str], server: Option<RedisServer>) -> Option<Self> {
        let python = ACADEMY.python()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/academy/peers/academy_peer.py");
        let mut child = Command::new(python)
            .args([script, &port.to_string()])
            .args(kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().expect("Academy starts");
        let first: Value = serde_json::from_str(&first).unwrap();
        let text = |name: &str| first[name].as_str().unwrap().to_owned();
        let answers: Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>> = Arc::default();
        let waiting = answers.clone();
        let mut reader = JoinSet::new();
        reader.spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let answer: Value = serde_json::from_str(&line).unwrap();
                let id = answer["id"].as_u64().unwrap();
                if let Some(sender) = waiting.lock().unwrap().remove(&id) {
                    sender.send(answer).unwrap_or_default();
                }
            }
            waiting.lock().unwrap().clear();
        });
        Some(Self {
            url: text("url"),
            sensor: text("sensor"),
            child,
            input: tokio::sync::Mutex::new(input),
            answers,
            next: AtomicU64::new(0),
            _reader: reader,
            _server: server,
        })
    }

    /// Returns the address of its agent, as Lyceum writes it.
    pub(crate) fn address(&self) -> String {
        format!("{}/{}", self.url, self.sensor)
    }

    /// Starts a snippet, and returns the way to its result or error.
    pub(crate) async fn begin(&self, code: &str, vars: Value) -> oneshot::Receiver<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.answers.lock().unwrap().insert(id, sender);
        let line = format!("{}\n", json!({"id": id, "code": code, "vars": vars}));
        self.input.lock().await.write_all(line.as_bytes()).await.unwrap();
        answer
    }

    /// Runs a snippet that must succeed; returns what it returned.
    pub(crate) async fn run(&self, code: &str, vars: Value) -> Value {
        let answer = self.begin(code, vars).await.await.expect("Academy lives");
        assert!(answer.get("error").is_none(), "{}", answer["error"]["trace"].as_str().unwrap());
        answer["result"].clone()
    }
}

impl Drop for Peer {
    /// Ends all processes of its group: the server is one of its own.
    fn drop(&mut self) {
        let Some(pid) = self.child.id() else { return };
        let group = format!("-{pid}");
        // There may be none left.
        let _ = std::process::Command::new("kill").args(["-s", "KILL", "--", &group]).status();
    }
}
