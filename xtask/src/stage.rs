//! The stages of `cargo xtask test`, in the order in which they run.

use std::time::Duration;

use clap::ValueEnum;

use crate::asan;
use crate::count::Count;
use crate::program::{Program, Run};
use crate::requirement;
use crate::tidy;

/// Time for a stage that compiles nothing.
const SHORT: Duration = Duration::from_secs(2 * 60);

/// Time for a stage that compiles the workspace once.
const MEDIUM: Duration = Duration::from_secs(20 * 60);

/// For how many seconds each fuzz target is driven.
const FUZZ_SECONDS: u32 = 4;

/// Time for a stage that compiles the workspace and runs long tests.
const LONG: Duration = Duration::from_secs(40 * 60);

/// One stage of the project's checks.
///
/// Examples have no stage: each is a test in the `tests` stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Installs what the tests need and this machine lacks
    Install,
    /// Checks that `cargo fmt` would change nothing
    Format,
    /// Runs clippy on everything; a warning is an error
    Lints,
    /// Checks the rules of the house
    Tidy,
    /// Runs unit tests, integration tests, examples and the macros' compile-fail cases
    Tests,
    /// Runs the examples in the documentation
    DocTests,
    /// Builds the documentation; a warning, such as a broken link, is an error
    DocBuild,
    /// Runs the models of the core's cell and queues under loom
    Loom,
    /// Runs the core's tests under the address sanitizer, where a nightly toolchain has it
    Asan,
    /// Drives each fuzz target, and a campaign against the decoders, for a few seconds
    Fuzz,
    /// Builds the benchmarks and runs each case once
    BenchSmoke,
}

/// What came out of a stage.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It ran. A note says what the count alone does not.
    Ran {
        /// How many of its tests passed and failed.
        count: Count,
        /// Why it failed, where no single test did.
        note: Option<String>,
    },
    /// It could not run on this machine.
    NotRun {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    fn check(passed: bool) -> Self {
        Self::Ran { count: Count::check(passed), note: None }
    }

    fn failure(note: String) -> Self {
        Self::Ran { count: Count::check(false), note: Some(note) }
    }
}

impl Stage {
    /// Returns the name, as `--only` takes it.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value().expect("no stage is hidden");
        value.get_name().to_owned()
    }

    /// Returns what the stage does, in one line.
    pub(crate) fn about(self) -> String {
        let value = self.to_possible_value().expect("no stage is hidden");
        value.get_help().map(ToString::to_string).unwrap_or_default()
    }

    /// Runs the stage to its end.
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Install => match requirement::install_missing().as_slice() {
                [] => Outcome::check(true),
                missing => Outcome::failure(format!("could not install {}", missing.join(", "))),
            },
            Self::Tidy => Outcome::check(tidy::passes()),
            Self::Asan => match asan::obstacle() {
                None => asan().run(),
                Some(reason) => Outcome::NotRun { reason },
            },
            Self::Format => check(format(), SHORT).run(),
            Self::Lints => check(lints(), MEDIUM).run(),
            Self::DocBuild => check(doc_build(), MEDIUM).run(),
            Self::Tests => tests().run(),
            Self::DocTests => doc_tests().run(),
            Self::Loom => loom().run(),
            Self::Fuzz => fuzz().run(),
            Self::BenchSmoke => bench_smoke().run(),
        }
    }
}

/// A stage that is one external program.
struct Plan {
    program: Program,
    limit: Duration,
    counting: Counting,
}

/// How the tests of a program are counted.
#[derive(Clone, Copy)]
enum Counting {
    /// The program is one check: its exit code counts.
    Check,
    Nextest,
    Libtest,
}

impl Plan {
    fn run(self) -> Outcome {
        eprintln!("{}", self.program.line());
        let minutes = self.limit.as_secs() / 60;
        match self.program.run(self.limit) {
            Err(error) => Outcome::failure(format!("could not run the program: {error}")),
            Ok(run) => judge(&run, self.counting, minutes),
        }
    }
}

/// Turns what a program did into an outcome.
///
/// A program that fails without a failed test (it did not compile, say) counts as one failure, and
/// so does one that ran no test at all.
fn judge(run: &Run, counting: Counting, minutes: u64) -> Outcome {
    let count = match counting {
        Counting::Check => Some(Count::check(run.succeeded())),
        Counting::Nextest => Count::of_nextest(&run.output),
        Counting::Libtest => Count::of_libtest(&run.output),
    };
    let mut count = count.unwrap_or_default();
    let note = match run.status {
        None => Some(format!("stopped after {minutes} minutes")),
        Some(status) if !status.success() && count.failed == 0 => Some(format!("{status}")),
        Some(_) if count == Count::default() => Some("no test ran".to_owned()),
        Some(_) => None,
    };
    if note.is_some() && count.failed == 0 {
        count.failed = 1;
    }
    Outcome::Ran { count, note }
}

fn check(program: Program, limit: Duration) -> Plan {
    Plan { program, limit, counting: Counting::Check }
}

fn format() -> Program {
    Program::cargo("fmt --all --check")
}

fn lints() -> Program {
    Program::cargo("clippy --workspace --all-targets --all-features -- -D warnings")
}

/// Leaves out the loom models, which need an optimised build and have a stage of their own, and
/// runs the simulation under all of its seeds, which takes half a minute.
fn tests() -> Plan {
    let program =
        Program::cargo("nextest run --workspace --all-features --no-fail-fast -E !binary(loom)")
            .env("LYCEUM_ALL_SEEDS", "1");
    Plan { program, limit: LONG, counting: Counting::Nextest }
}

fn doc_tests() -> Plan {
    let program = Program::cargo("test --doc --workspace --all-features --no-fail-fast");
    Plan { program, limit: MEDIUM, counting: Counting::Libtest }
}

fn doc_build() -> Program {
    let program = Program::cargo("doc --workspace --no-deps --all-features");
    program.env("RUSTDOCFLAGS", "-D warnings")
}

/// Needs no `--cfg loom`, which tokio would react to: the models include the sources by path.
fn loom() -> Plan {
    let program = Program::cargo("test --release -p lyceum-core --test loom");
    Plan { program, limit: LONG, counting: Counting::Libtest }
}

/// Has a target folder of its own, since its flags would rebuild everything twice a run. Without
/// its pool the core gives back memory that is no longer used, so that the sanitizer sees to it.
fn asan() -> Plan {
    let arguments = format!(
        "+nightly test --target {} -p lyceum-core -p lyceum --lib {} --no-fail-fast \
         --target-dir target/asan",
        asan::TARGET,
        asan::TESTS.map(|name| format!("--test {name}")).join(" ")
    );
    let flags = "-Zsanitizer=address --cfg lyceum_no_pool";
    let program = Program::cargo(&arguments).env("RUSTFLAGS", flags);
    Plan { program, limit: LONG, counting: Counting::Libtest }
}

fn fuzz() -> Plan {
    let arguments = format!("run --manifest-path fuzz/Cargo.toml -- --seconds {FUZZ_SECONDS}");
    Plan { program: Program::cargo(&arguments), limit: MEDIUM, counting: Counting::Libtest }
}

fn bench_smoke() -> Plan {
    let program =
        Program::cargo("test --workspace --manifest-path bench/Cargo.toml --no-fail-fast");
    Plan { program, limit: MEDIUM, counting: Counting::Libtest }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn ran(code: i32, output: &str) -> Run {
        Run { status: Some(ExitStatus::from_raw(code << 8)), output: output.to_owned() }
    }

    fn count_of(outcome: Outcome) -> Count {
        match outcome {
            Outcome::Ran { count, .. } => count,
            Outcome::NotRun { reason } => panic!("not run: {reason}"),
        }
    }

    #[test]
    fn tests_are_counted_one_by_one() {
        let run = ran(101, "test result: FAILED. 3 passed; 2 failed; 0 ignored");

        let count = count_of(judge(&run, Counting::Libtest, 1));

        assert_eq!(count, Count { passed: 3, failed: 2 });
    }

    #[test]
    fn program_that_does_not_compile_counts_as_one_failure() {
        let count = count_of(judge(&ran(101, "error"), Counting::Nextest, 1));

        assert_eq!(count, Count { passed: 0, failed: 1 });
    }

    #[test]
    fn stage_without_any_test_is_a_failure() {
        let run = ran(0, "test result: ok. 0 passed; 0 failed; 0 ignored");

        let count = count_of(judge(&run, Counting::Libtest, 1));

        assert_eq!(count, Count { passed: 0, failed: 1 });
    }

    #[test]
    fn stage_out_of_time_keeps_what_it_counted_and_fails() {
        let output = "test result: ok. 4 passed; 0 failed; 0 ignored".to_owned();

        let count = count_of(judge(&Run { status: None, output }, Counting::Libtest, 1));

        assert_eq!(count, Count { passed: 4, failed: 1 });
    }
}
