//! Real Redis servers for tests.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

/// A real Redis server on a port of loopback, with a folder of its own; it ends with this.
#[derive(Debug)]
pub(crate) struct RedisServer {
    pub(crate) child: Child,
    port: u16,
    pub(crate) folder: PathBuf,
}

impl RedisServer {
    /// Starts a server that keeps nothing on disk; `None`, with the reason printed, if this machine
    /// has none.
    pub(crate) fn start() -> Option<Self> {
        Self::with(&["--save", "", "--appendonly", "no"])
    }

    /// Starts a server with these options.
    pub(crate) fn with(options: &[&str]) -> Option<Self> {
        Self::at(free_port(), options)
    }

    /// Starts a server at a port.
    pub(crate) fn at(port: u16, options: &[&str]) -> Option<Self> {
        if !is_installed() {
            let reason = "this machine has no redis-server";
            println!("not run: {reason}");
            // `cargo xtask test` says so in its summary.
            let peers = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers");
            fs::create_dir_all(&peers).unwrap();
            fs::write(peers.join("redis.missing"), reason).unwrap();
            return None;
        }
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("redis-{}-{count}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let child = spawn(port, &folder, options);
        let mut server = Self { child, port, folder };
        server.wait();
        Some(server)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Runs one command with Redis's own client.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(words)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Waits until the server answers.
    pub(crate) fn wait(&mut self) {
        loop {
            assert!(self.child.try_wait().unwrap().is_none(), "the server has ended");
            let answer = self.command(&["PING"]);
            // One that wants a password answers, too.
            if answer == "PONG" || answer.starts_with("NOAUTH") {
                return;
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Starts the program itself.
pub(crate) fn spawn(port: u16, folder: &Path, options: &[&str]) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .arg("--dir")
        .arg(folder)
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn is_installed() -> bool {
    let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
    match found {
        Ok(status) => status.success(),
        Err(error) => {
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
            false
        }
    }
}

/// Returns a port that is free now, for servers that cannot tell which one they got.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
