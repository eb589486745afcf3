//! What a program leaves running when it ends.

use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper, wait,
};

use crate::process::Processes;

/// How often the children of a bare keeper are killed: each time those that they started come up.
const ROUNDS: u32 = 1_000;

/// Lets processes that lose their parent become children of this one.
pub(super) fn adopt() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// Kills every process in the sandbox but its first one, which is this.
///
/// The system signals all of them in one step, so that none can fork away from it.
pub(super) fn end_all() -> Processes {
    assert_eq!(getpid(), Pid::INIT, "outside of a sandbox this would end the whole machine");
    let mut left = 0_u32;
    // There may be none.
    let _none = kill_process_group(Pid::INIT, Signal::KILL);
    while reap() {
        left = left.saturating_add(1);
    }
    Processes { left, escaped: false }
}

/// Kills the children of this process, and theirs, until none is left.
pub(super) fn end_children() -> Processes {
    let mut left = 0_u32;
    for _ in 0..ROUNDS {
        let children = children();
        if children.is_empty() {
            return Processes { left, escaped: false };
        }
        for child in &children {
            // One that has ended needs no signal.
            let _ended = kill_process(*child, Signal::KILL);
        }
        for _ in children.iter().filter(|_| reap()) {
            left = left.saturating_add(1);
        }
    }
    Processes { left, escaped: true }
}

/// Waits for one child; returns whether there was one.
fn reap() -> bool {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(_) => return true,
            Err(Errno::INTR) => {}
            Err(_none) => return false,
        }
    }
}

/// Returns the children of this process, which has a single thread.
fn children() -> Vec<Pid> {
    let path = format!("/proc/self/task/{}/children", getpid().as_raw_nonzero());
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|one| Pid::from_raw(one.parse().ok()?)).collect()
}
