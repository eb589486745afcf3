//! Python environments with the real peers, made on demand and shared by all tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A virtual environment: which Python, and which packages.
pub(crate) struct Environment {
    pub(crate) name: &'static str,
    /// Versions of Python that will do, the best first.
    pub(crate) versions: &'static [&'static str],
    pub(crate) packages: &'static [&'static str],
}

impl Environment {
    /// Returns the environment's interpreter; `None`, with the reason printed, if this machine has
    /// no such Python.
    ///
    /// # Panics
    ///
    /// If the packages cannot be installed.
    pub(crate) fn python(&self) -> Option<PathBuf> {
        let peers = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers");
        fs::create_dir_all(&peers).unwrap();
        // One test makes the environment, and the others wait for it.
        let lock = File::create(peers.join(format!("{}.lock", self.name))).unwrap();
        lock.lock().unwrap();
        let folder = peers.join(self.name);
        let python = folder.join("bin/python");
        let (ready, packages) = (folder.join("ready"), self.packages.join(" "));
        if fs::read_to_string(&ready).is_ok_and(|installed| installed == packages) {
            return Some(python);
        }
        let Some(base) = self.versions.iter().find_map(|version| interpreter(version)) else {
            let reason = format!("this machine has no Python {}", self.versions.join(" or "));
            println!("skipped: {reason}, which {} needs", self.name);
            // `cargo xtask test` says so in its summary.
            fs::write(peers.join(format!("{}.missing", self.name)), reason).unwrap();
            return None;
        };
        // What another run left unfinished goes away.
        let _ = fs::remove_dir_all(&folder);
        run(Command::new(base).args(["-m", "venv"]).arg(&folder));
        let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install"];
        run(Command::new(&python).args(pip).args(self.packages));
        fs::write(ready, packages).unwrap();
        Some(python)
    }
}

/// Runs a program that must succeed.
fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
}

/// Returns a Python of that version.
fn interpreter(version: &str) -> Option<PathBuf> {
    let on_path = PathBuf::from(format!("python{version}"));
    let installed = pyenv(version);
    std::iter::once(on_path).chain(installed).find(|python| is_version(python, version))
}

/// Returns Pythons that pyenv installed.
fn pyenv(version: &str) -> Vec<PathBuf> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv"));
    let Some(root) = root.or_else(home) else { return Vec::new() };
    let Ok(folders) = fs::read_dir(root.join("versions")) else { return Vec::new() };
    let folders = folders.filter_map(|folder| Some(folder.ok()?.path()));
    let prefix = format!("{version}.");
    let named = folders.filter(|folder| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix))
    });
    named.map(|folder| folder.join("bin/python3")).collect()
}

/// Returns whether this runs, is of that version, and can make environments.
fn is_version(python: &Path, version: &str) -> bool {
    let check = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new(python).args(["-c", check]).stdin(Stdio::null()).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == version)
}
