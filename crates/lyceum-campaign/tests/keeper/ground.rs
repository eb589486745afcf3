//! A directory for one test, and what is run in it.

use std::fs;
use std::path::{Path, PathBuf};

use lyceum_campaign::process::{Exit, Input, Limits, Program};
use lyceum_campaign::sandbox::{Keeper, Sandbox};

use crate::refusal;

/// A program that becomes a keeper.
pub(crate) const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

/// The variable that says where the folders are, if not where all tests have theirs.
pub(crate) const GROUND: &str = "LYCEUM_KEEPER_GROUND";

/// Returns whether this machine has sandboxes.
pub(crate) fn has_sandboxes() -> bool {
    refusal::has_sandboxes(KEEPER)
}

/// Returns both ways to run a program, or the one that this machine has.
pub(crate) fn both() -> Vec<Sandbox> {
    if has_sandboxes() { vec![Sandbox::On, Sandbox::Off] } else { vec![Sandbox::Off] }
}

/// A folder that is removed with the value.
pub(crate) struct Ground {
    pub(crate) folder: PathBuf,
}

impl Ground {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("keeper-{name}-{}", std::process::id());
        let all = std::env::var_os(GROUND).unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
        let folder = Path::new(&all).join(name);
        let _none = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// A script for the system's shell.
    pub(crate) fn shell(&self, script: &str) -> Program {
        let program = Program::new("/bin/sh", &self.folder).argument("-c").argument(script);
        program.environment("PATH", "/usr/bin:/bin")
    }

    /// One of the targets, on some input.
    pub(crate) fn target(&self, path: &str, input: &[u8]) -> Program {
        Program::new(path, &self.folder).input(Input::Bytes(input.to_vec()))
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.join(name)).unwrap()).into_owned()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn keeper(sandbox: Sandbox) -> Keeper {
    Keeper::of_program(KEEPER, sandbox).unwrap()
}

pub(crate) fn run(keeper: &mut Keeper, program: &Program) -> Exit {
    keeper.start(program).unwrap();
    keeper.wait().unwrap()
}

/// Limits that no healthy program of these tests comes near, but for the time.
pub(crate) fn within(milliseconds: u64) -> Limits {
    let wall = std::time::Duration::from_millis(milliseconds);
    Limits { wall, ..Limits::default() }
}

/// Returns whether a program sleeps for so long.
pub(crate) fn is_running(mark: &str) -> bool {
    count_running(mark) > 0
}

/// Returns how many programs sleep for so long.
pub(crate) fn count_running(mark: &str) -> usize {
    let wanted = format!("sleep\0{mark}\0");
    let lines = fs::read_dir("/proc").unwrap().flatten();
    let lines = lines.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| line == wanted.as_bytes()).count()
}
