//! Drives fuzz targets on any toolchain, for a short time each.
//!
//! It does not see which code an input reaches. An input whose digest is new is mutated further.

#[expect(clippy::disallowed_methods, reason = "a hunt has real time, and no node")]
mod hunt;
mod mutation;

use std::alloc::System;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;
use hunt::Hunt;
use lyceum_fuzz::{TARGETS, Target};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Drives fuzz targets
#[derive(Parser)]
struct Options {
    /// Targets; all unless named
    targets: Vec<String>,
    /// For how many seconds each of them is driven
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs these inputs alone
    #[arg(long, value_name = "FILE")]
    input: Vec<PathBuf>,
    /// Writes the seeds to `corpus/`, for libFuzzer to begin with
    #[arg(long)]
    write_seeds: bool,
    /// Keeps each input in a file before it is run: the last one is what ended the program
    #[arg(long, hide = true)]
    keep: bool,
    /// Drives one target in this process
    #[arg(long, hide = true)]
    alone: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let is_named = |target: &&Target| {
        options.targets.is_empty() || options.targets.iter().any(|name| name == target.name)
    };
    let targets: Vec<_> = TARGETS.iter().filter(is_named).copied().collect();
    if targets.len() < options.targets.len() {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("error: no such target: expected some of {}", names.join(", "));
        return ExitCode::from(2);
    }
    if options.write_seeds {
        targets.iter().for_each(hunt::write_seeds);
        return ExitCode::SUCCESS;
    }
    if options.alone || !options.input.is_empty() {
        return alone(&options, &targets);
    }
    let failed = targets.iter().filter(|target| !passes(&options, target)).count();
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    // As the test runner says it, so that it is counted alike.
    println!(
        "test result: {verdict}. {} passed; {failed} failed; 0 ignored",
        targets.len() - failed
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn alone(options: &Options, targets: &[Target]) -> ExitCode {
    let found = targets.iter().any(|target| {
        let mut hunt = Hunt::new(target, options.seed, options.keep);
        let found = match options.input.is_empty() {
            true => hunt.run(Duration::from_secs(options.seconds)),
            false => hunt.run_files(&options.input),
        };
        match &found {
            None => println!("{:<16} {hunt}", target.name),
            Some(find) => println!("{:<16} {find}", target.name),
        }
        found.is_some()
    });
    if found { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Drives a target in a process of its own, which may end in any way.
fn passes(options: &Options, target: &Target) -> bool {
    let run = |keep: bool| {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.args(["--alone", target.name]);
        command.arg(format!("--seconds={}", options.seconds));
        command.arg(format!("--seed={}", options.seed));
        if keep {
            command.arg("--keep");
        }
        command.status().expect("this program can be started")
    };
    let status = run(false);
    if status.success() {
        return true;
    }
    if status.code().is_none() {
        println!("{:<16} ended by {status}: the last input is kept", target.name);
        run(true);
    }
    false
}
