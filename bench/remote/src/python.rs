//! Python 3.8 with aiomas, in an environment that is made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The version that all of aiomas runs on.
const VERSION: &str = "3.8";
const PACKAGES: [&str; 4] = ["aiomas==2.0.1", "arrow<0.14", "msgpack<1", "blosc==1.11.1"];

/// Returns the script that is both ends of aiomas.
pub fn script() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/python/aiomas_bench.py")
}

/// Returns an interpreter that has aiomas.
///
/// # Errors
///
/// Says why there is none.
pub fn interpreter() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/aiomas");
    let (python, ready) = (folder.join("bin/python"), folder.join("ready"));
    if fs::read_to_string(&ready).is_ok_and(|packages| packages == PACKAGES.join(" ")) {
        return Ok(python);
    }
    let base = candidates().into_iter().find(|python| is_right(python));
    let base = base.ok_or_else(|| format!("this machine has no Python {VERSION}"))?;
    eprintln!("installing aiomas for Python {VERSION}");
    // What another run left unfinished goes away.
    let _ = fs::remove_dir_all(&folder);
    run(Command::new(base).args(["-m", "venv"]).arg(&folder))?;
    let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check", "install"];
    run(Command::new(&python).args(pip).args(PACKAGES))?;
    fs::write(ready, PACKAGES.join(" ")).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Returns Pythons that may be of that version: on the path, and those of pyenv.
fn candidates() -> Vec<PathBuf> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv"));
    let versions = root.or_else(home).map(|root| root.join("versions"));
    let folders = versions.and_then(|versions| fs::read_dir(versions).ok()).into_iter().flatten();
    let prefix = format!("{VERSION}.");
    let named = folders
        .flatten()
        .filter(|folder| folder.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)));
    let installed = named.map(|folder| folder.path().join("bin/python3"));
    std::iter::once(PathBuf::from(format!("python{VERSION}"))).chain(installed).collect()
}

fn is_right(python: &Path) -> bool {
    let check = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new(python).args(["-c", check]).stdin(Stdio::null()).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == VERSION)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot run {command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?} failed: {said}")) }
}
