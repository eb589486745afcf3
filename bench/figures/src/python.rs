//! Pythons with the packages of a peer, in environments that are made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A virtual environment: which Python, and which packages.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// What it is for, and its folder is called.
    pub name: &'static str,
    /// Versions of Python that will do, the best first.
    pub versions: &'static [&'static str],
    pub packages: &'static [&'static str],
}

impl Environment {
    /// Returns its interpreter; it is made if it is not there.
    ///
    /// # Errors
    ///
    /// Says why there is none.
    pub fn interpreter(&self) -> Result<PathBuf, String> {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        let (folder, packages) = (target.join(self.name), self.packages.join(" "));
        let (python, ready) = (folder.join("bin/python"), folder.join("ready"));
        if fs::read_to_string(&ready).is_ok_and(|installed| installed == packages) {
            return Ok(python);
        }
        let base = self.versions.iter().find_map(|version| installed(version));
        let named = self.versions.join(" or ");
        let base = base.ok_or_else(|| format!("this machine has no Python {named}"))?;
        eprintln!("installing {} for {}", self.name, base.display());
        // What another run left unfinished goes away.
        let _ = fs::remove_dir_all(&folder);
        run(Command::new(base).args(["-m", "venv"]).arg(&folder))?;
        let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install"];
        run(Command::new(&python).args(pip).args(self.packages))?;
        fs::write(ready, packages).map_err(|error| error.to_string())?;
        Ok(python)
    }
}

/// Returns a Python of that version: on the path, or one of pyenv's.
fn installed(version: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv"));
    let versions = root.or_else(home).map(|root| root.join("versions"));
    let folders = versions.and_then(|versions| fs::read_dir(versions).ok()).into_iter().flatten();
    let prefix = format!("{version}.");
    let named = folders
        .flatten()
        .filter(|folder| folder.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)));
    let managed = named.map(|folder| folder.path().join("bin/python3"));
    let mut all = std::iter::once(PathBuf::from(format!("python{version}"))).chain(managed);
    all.find(|python| is_right(python, version))
}

fn is_right(python: &Path, version: &str) -> bool {
    let check = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new(python).args(["-c", check]).stdin(Stdio::null()).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == version)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot run {command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?} failed: {said}")) }
}
