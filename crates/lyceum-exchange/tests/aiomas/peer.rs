//! The real aiomas, in a process of its own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::environment::Environment;

/// All of aiomas works there.
const OLD: Environment = Environment {
    name: "aiomas-3.8",
    versions: &["3.8"],
    packages: &["aiomas==2.0.1", "arrow<0.14", "msgpack<1", "blosc==1.11.1"],
};

/// JSON over TCP works there.
const NEW: Environment = Environment {
    name: "aiomas-new",
    versions: &["3.12", "3.11", "3.13"],
    packages: &["aiomas==2.0.1"],
};

/// How an aiomas container is run and reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    is_new: bool,
    pub(crate) codec: &'static str,
    pub(crate) is_unix: bool,
}

/// Python 3.8 with each codec, over TCP and a Unix socket; and a new Python.
pub(crate) const SETTINGS: [Setting; 7] = [
    setting("json", false),
    setting("json", true),
    setting("msgpack", false),
    setting("msgpack", true),
    setting("msgpack-blosc", false),
    setting("msgpack-blosc", true),
    Setting { is_new: true, codec: "json", is_unix: false },
];

pub(crate) const JSON: Setting = setting("json", false);
pub(crate) const MSGPACK: Setting = setting("msgpack", false);
pub(crate) const BLOSC: Setting = setting("msgpack-blosc", false);

const fn setting(codec: &'static str, is_unix: bool) -> Setting {
    Setting { is_new: false, codec, is_unix }
}

/// Tells sockets of one process apart.
static COUNT: AtomicU64 = AtomicU64::new(0);

impl Setting {
    /// Returns where we can listen for such a peer.
    pub(crate) fn listen(self) -> String {
        if self.is_unix {
            format!("aiomas+ipc://[{}]?codec={}", socket().display(), self.codec)
        } else {
            format!("aiomas+tcp://127.0.0.1:0?codec={}", self.codec)
        }
    }
}

fn socket() -> PathBuf {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("lyceum-{}-{number}.sock", std::process::id()))
}

/// An aiomas container with the agent `Callee`, in a process of its own.
pub(crate) struct Peer {
    pub(crate) setting: Setting,
    /// The URL of its agent, as aiomas writes it.
    pub(crate) url: String,
    child: Child,
    input: tokio::sync::Mutex<ChildStdin>,
    answers: Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>,
    next: AtomicU64,
    _reader: JoinSet<()>,
}

impl Peer {
    /// Starts a container; `None` if this machine has no such Python.
    pub(crate) async fn start(setting: Setting) -> Option<Self> {
        let place =
            if setting.is_unix { socket().display().to_string() } else { free_port().to_string() };
        Self::start_at(setting, &place).await
    }

    /// Starts a container at a port or socket.
    pub(crate) async fn start_at(setting: Setting, place: &str) -> Option<Self> {
        let kind = if setting.is_unix { "unix" } else { "tcp" };
        Self::run_with(setting, &[kind, place]).await
    }

    /// Starts a container that has TLS, with the certificates of `python` in a folder.
    #[cfg(feature = "tls")]
    pub(crate) async fn start_tls(setting: Setting, folder: &str) -> Option<Self> {
        Self::run_with(setting, &["tls", &free_port().to_string(), folder]).await
    }

    async fn run_with(setting: Setting, place: &[&str]) -> Option<Self> {
        let python = if setting.is_new { NEW.python()? } else { OLD.python()? };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aiomas/peers/aiomas_peer.py");
        let mut child = Command::new(python)
            .args([script, setting.codec])
            .args(place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().expect("the container starts");
        let first: Value = serde_json::from_str(&first).unwrap();
        let url = first["url"].as_str().unwrap().to_owned();
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
            setting,
            url,
            child,
            input: tokio::sync::Mutex::new(input),
            answers,
            next: AtomicU64::new(0),
            _reader: reader,
        })
    }

    /// Returns the address of its agent, as Lyceum writes it.
    pub(crate) fn address(&self) -> String {
        format!("aiomas+{}?codec={}&types=Point", self.url, self.setting.codec)
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
        let answer = self.begin(code, vars).await.await.expect("the container lives");
        assert!(answer.get("error").is_none(), "{}", answer["error"]["trace"].as_str().unwrap());
        answer["result"].clone()
    }

    /// Runs a snippet that must fail; returns the exception.
    pub(crate) async fn fail(&self, code: &str, vars: Value) -> Value {
        let answer = self.begin(code, vars).await.await.expect("the container lives");
        assert!(answer.get("error").is_some(), "{answer} is no error");
        answer["error"].clone()
    }

    /// Ends the process at once.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Stops the process: it neither reads nor writes until it is resumed.
    pub(crate) fn stop(&self) {
        self.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().expect("the process runs").to_string();
        let status = std::process::Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(status.unwrap().success());
    }
}

/// Returns a port that is free now. aiomas cannot tell which one it got.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
