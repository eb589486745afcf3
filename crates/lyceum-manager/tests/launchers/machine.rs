//! What this machine has: folders, ports and programs for tests.

use std::fs;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A folder that goes away with what is in it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lyceum-{name}-{}", std::process::id()));
        // What another run left, whose process had that number.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("there is room");
        Self(path)
    }

    /// Writes a file, and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("there is room");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program in the background, which is ended with this.
pub(crate) struct Daemon(Child);

impl Daemon {
    pub(crate) fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::null()).spawn();
        Self(started.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}")))
    }

    /// Starts one whose output is read.
    pub(crate) fn reading(command: &mut Command) -> (Self, BufReader<ChildStdout>) {
        let mut daemon = Self::start(command.stdout(Stdio::piped()));
        let printed = daemon.0.stdout.take().expect("it is piped");
        (daemon, BufReader::new(printed))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a port that nobody has now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are ports");
    listener.local_addr().expect("it is bound").port()
}

/// Returns a program, also one for administrators.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.exists())
}

/// Says that tests against a peer are not run, for `cargo xtask test` to repeat.
pub(crate) fn not_run(peer: &str, reason: &str) {
    println!("not run: tests against {peer} because {reason}");
    let peers = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers");
    fs::create_dir_all(&peers).expect("there is room");
    fs::write(peers.join(format!("{peer}.missing")), reason).expect("there is room");
}

/// Runs a program that must succeed, and returns what it printed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
    String::from_utf8(output.stdout).expect("it prints text")
}
