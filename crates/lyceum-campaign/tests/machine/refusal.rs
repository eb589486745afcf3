//! What this machine refuses to its tests: they pass over it, and `cargo xtask test` says so.

use std::fs;
use std::io;
use std::path::Path;

use rustix::io::Errno;

use crate::sandbox::{Keeper, KeeperError, Sandbox, Step};

/// How a system refuses what needs privileges, or is limited.
const REFUSALS: [Errno; 4] = [Errno::PERM, Errno::ACCESS, Errno::NOSPC, Errno::USERS];

/// How a system refuses namespaces that it was not built with.
const UNKNOWN: [Errno; 3] = [Errno::NOSYS, Errno::INVAL, Errno::NOENT];

/// Returns whether this machine has sandboxes, by a program that becomes a keeper.
///
/// Where it has none, that is noted. A sandbox that fails in any other way fails the test.
pub(crate) fn has_sandboxes(keeper: &str) -> bool {
    match Keeper::of_program(keeper, Sandbox::On) {
        Ok(_keeper) => true,
        Err(KeeperError::Missing { step, source }) if is_refusal(step, &source) => {
            pass_over("sandbox", &format!("this machine refuses {step}: {source}"));
            false
        }
        Err(error) => panic!("{error}"),
    }
}

/// Notes that tests are not run, for `cargo xtask test` to repeat.
pub(crate) fn pass_over(what: &str, reason: &str) {
    eprintln!("not run: tests of the {what} because {reason}");
    let notes = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers");
    // Another user may not write there; then it is printed alone.
    let _unwritten = fs::create_dir_all(&notes)
        .and_then(|()| fs::write(notes.join(format!("{what}.refused")), reason));
}

fn is_refusal(step: Step, error: &io::Error) -> bool {
    let is_one_of = |errors: &[Errno]| {
        errors.iter().any(|errno| Some(errno.raw_os_error()) == error.raw_os_error())
    };
    let is_first = matches!(step, Step::UserNamespace | Step::Identity | Step::Namespaces);
    is_one_of(&REFUSALS) || (is_first && is_one_of(&UNKNOWN))
}
