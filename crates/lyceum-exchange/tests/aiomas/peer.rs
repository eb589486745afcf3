//! The real aiomas, in a process of its own.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::process::Command;

use crate::environment::Environment;
use crate::snippets::Snippets;

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
    snippets: Snippets,
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
        let mut command = Command::new(python);
        command.args([script, setting.codec]).args(place).kill_on_drop(true);
        let snippets = Snippets::start(&mut command).await;
        let url = snippets.first["url"].as_str().unwrap().to_owned();
        Some(Self { setting, url, snippets })
    }

    /// Returns the address of its agent, as Lyceum writes it.
    pub(crate) fn address(&self) -> String {
        format!("aiomas+{}?codec={}&types=Point", self.url, self.setting.codec)
    }

    /// Runs a snippet that must fail; returns the exception.
    pub(crate) async fn fail(&self, code: &str, vars: Value) -> Value {
        let answer = self.begin(code, vars).await.await.expect("the container lives");
        assert!(answer.get("error").is_some(), "{answer} is no error");
        answer["error"].clone()
    }

    /// Ends the process at once.
    pub(crate) async fn kill(&mut self) {
        self.snippets.child.kill().await.unwrap();
    }

    /// Stops the process: it neither reads nor writes until it is resumed.
    pub(crate) fn stop(&self) {
        self.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.snippets.child.id().expect("the process runs").to_string();
        let status = std::process::Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(status.unwrap().success());
    }
}

impl Deref for Peer {
    type Target = Snippets;

    fn deref(&self) -> &Snippets {
        &self.snippets
    }
}

/// Returns a port that is free now. aiomas cannot tell which one it got.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
