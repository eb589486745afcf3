//! A Python with Academy, in an environment that is made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Versions that will do, the best first.
const VERSIONS: [&str; 3] = ["3.12", "3.13", "3.11"];
const PACKAGES: [&str; 1] = ["academy-py==1.0.0"];

/// Returns how the script for Academy is run.
///
/// # Errors
///
/// Says why it cannot be.
pub fn script(arguments: &[&str]) -> Result<Command, String> {
    let mut command = Command::new(interpreter()?);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/academy_bench.py")).args(arguments);
    Ok(command)
}

fn interpreter() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/academy");
    let (python, ready) = (folder.join("bin/python"), folder.join("ready"));
    if fs::read_to_string(&ready).is_ok_and(|packages| packages == PACKAGES.join(" ")) {
        return Ok(python);
    }
    let base = VERSIONS.iter().find_map(|version| installed(version));
    let base = base.ok_or_else(|| format!("this machine has no Python {}", VERSIONS.join(" or ")))?;
    eprintln!("installing Academy");
    // What another run left unfinished goes away.
    let _ = fs::remove_dir_all(&folder);
    run(Command::new(base).args(["-m", "venv"]).arg(&folder))?;
    let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install"];
    run(Command::new(&python).args(pip).args(PACKAGES))?;
    fs::write(ready, PACKAGES.join(" ")).map_err(|error| error.to_string())?;
    Ok(python)
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
