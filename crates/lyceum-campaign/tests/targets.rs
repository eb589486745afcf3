//! Each target passes its three inputs, and shows its bug on the one that is meant for it.

use std::fs;
use std::path::{Path, PathBuf};

use lyceum_campaign::process::{Ending, Exit, Input, Limit, Limits, Program, TerminalSize};
use lyceum_campaign::sandbox::{self, Keeper, Sandbox};

#[path = "machine/refusal.rs"]
mod refusal;

use refusal::has_sandboxes;

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

/// A target, and how its bug shows.
struct Target {
    name: &'static str,
    path: &'static str,
    shows: fn(&Exit, &Seen) -> bool,
}

/// What is left of a run.
struct Seen {
    output: String,
    error_output: String,
    files: usize,
}

const ABORTED: Ending = Ending::Signal { number: 6 };
const PANICKED: Ending = Ending::Code(101);

macro_rules! target {
    ($name:literal, $program:literal, $shows:expr) => {
        Target {
            name: $name,
            path: env!(concat!("CARGO_BIN_EXE_target-", $program)),
            shows: $shows,
        }
    };
}

const TARGETS: &[Target] = &[
    target!("overflow", "overflow", |exit, _| exit.ending == ABORTED),
    target!("utf8", "utf8", |exit, seen| {
        exit.ending == PANICKED && seen.error_output.contains("panicked at")
    }),
    target!("nesting", "nesting", |exit, seen| {
        exit.ending == ABORTED && seen.error_output.contains("overflowed its stack")
    }),
    target!("endless", "endless", |exit, _| exit.limit == Some(Limit::Wall)),
    target!("memory", "memory", |exit, seen| {
        exit.ending == ABORTED && seen.error_output.contains("memory allocation")
    }),
    target!("division", "division", |exit, seen| {
        exit.ending == PANICKED && seen.error_output.contains("divide by zero")
    }),
    target!("exit_code", "exit-code", |exit, seen| {
        exit.is_success() && seen.error_output.contains("fatal error")
    }),
    target!("detach", "detach", |exit, _| exit.is_success() && exit.processes.left == 1),
    target!("stubborn", "stubborn", |exit, seen| {
        exit.limit == Some(Limit::Wall) && seen.output.contains("protected")
    }),
    target!("flood", "flood", |exit, _| exit.limit == Some(Limit::Output)),
    target!("leak", "leak", |exit, seen| exit.is_success() && seen.files > 1_000),
    target!("segfault", "segfault", |exit, _| exit.ending == Ending::Signal { number: 11 }),
    target!("checksum", "checksum", |exit, _| exit.ending == PANICKED),
    target!("states", "states", |exit, seen| {
        exit.ending == PANICKED && seen.error_output.contains("the bolt hits the frame")
    }),
    target!("disk", "disk", |exit, _| exit.is_success() && exit.directory_full),
    target!("terminal", "terminal", |exit, seen| {
        exit.ending == PANICKED && seen.output.contains("subtract with overflow")
    }),
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("targets").join(name)
}

fn keeper() -> Keeper {
    Keeper::of_program(KEEPER, Sandbox::On).unwrap()
}

fn run(keeper: &mut Keeper, target: &Target, input: Vec<u8>, as_file: bool) -> (Exit, Seen) {
    // The tests of this program may run side by side.
    let test = std::thread::current().name().unwrap_or("main").to_owned();
    let name = format!("target-{}-{test}-{}", target.name, std::process::id());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _none = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let wall = std::time::Duration::from_secs(2);
    let mut program = Program::new(target.path, &directory);
    program = program.limits(Limits { wall, ..Limits::default() });
    if target.name == "terminal" {
        program = program.input(Input::Bytes(input)).terminal(TerminalSize::default());
    } else if as_file {
        fs::write(directory.join("input"), input).unwrap();
        program = program.argument("input");
    } else {
        program = program.input(Input::Bytes(input));
    }
    keeper.start(&program).unwrap();
    let exit = keeper.wait().unwrap();
    let read =
        |name: &str| String::from_utf8_lossy(&fs::read(directory.join(name)).unwrap()).into_owned();
    let files = fs::read_dir(&directory).unwrap().count();
    let seen = Seen { output: read("stdout"), error_output: read("stderr"), files };
    fs::remove_dir_all(&directory).unwrap();
    (exit, seen)
}

#[test]
fn every_target_passes_its_three_inputs() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let mut keeper = keeper();
    for target in TARGETS {
        let mut inputs = 0;
        for entry in fs::read_dir(folder("corpus").join(target.name)).unwrap() {
            let input = fs::read(entry.unwrap().path()).unwrap();
            for as_file in [false, true] {
                let (exit, seen) = run(&mut keeper, target, input.clone(), as_file);
                let text = (&seen.output, &seen.error_output);
                assert!(exit.is_success(), "{}: {exit:?} {text:?}", target.name);
                assert!(!(target.shows)(&exit, &seen), "{}: {exit:?}", target.name);
            }
            inputs += 1;
        }
        assert_eq!(inputs, 3, "{}", target.name);
    }
}

#[test]
fn every_target_shows_its_bug() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let mut keeper = keeper();
    for target in TARGETS {
        let input = fs::read(folder("triggers").join(target.name)).unwrap();

        let (exit, seen) = run(&mut keeper, target, input, false);

        let text = (seen.output.len(), &seen.error_output, seen.files);
        assert!((target.shows)(&exit, &seen), "{}: {exit:?} {text:?}", target.name);
    }
}

#[test]
fn every_target_is_in_the_table() {
    let table = fs::read_to_string(folder("README.md")).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `target-")).collect();
    assert_eq!(rows.len(), TARGETS.len());
    for (row, target) in rows.iter().zip(TARGETS) {
        let name = target.name.replace('_', "-");
        assert!(row.starts_with(&format!("| `target-{name}` |")), "{row}");
    }
}
