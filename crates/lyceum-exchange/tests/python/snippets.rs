//! A process of Python that runs snippets, and answers each in a line of JSON.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// A process of Python that runs snippets. It ends when its input does.
pub(crate) struct Snippets {
    pub(crate) child: Child,
    /// What it said of itself first.
    pub(crate) first: Value,
    input: tokio::sync::Mutex<ChildStdin>,
    answers: Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>,
    next: AtomicU64,
    _reader: JoinSet<()>,
}

impl Snippets {
    /// Starts the process, and waits for what it says of itself.
    pub(crate) async fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().expect("the peer starts");
        let first: Value = serde_json::from_str(&first).unwrap();
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
        let input = tokio::sync::Mutex::new(input);
        Self { child, first, input, answers, next: AtomicU64::new(0), _reader: reader }
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
        let answer = self.begin(code, vars).await.await.expect("the peer lives");
        assert!(answer.get("error").is_none(), "{}", answer["error"]["trace"].as_str().unwrap());
        answer["result"].clone()
    }
}
