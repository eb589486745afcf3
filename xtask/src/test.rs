//! `cargo xtask test`: runs the stages and sums them up.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::count::Count;
use crate::peers;
use crate::program::Program;
use crate::stage::{Outcome, Stage};

/// How long a repair of `--fix` may take.
const FIX_LIMIT: Duration = Duration::from_secs(20 * 60);

/// What `cargo xtask test` was asked to do.
#[derive(Args)]
pub(crate) struct Options {
    /// Runs this stage alone; may be given several times
    #[arg(long, value_name = "STAGE", value_enum)]
    only: Vec<Stage>,
    /// Prints the stages and runs none
    #[arg(long)]
    list: bool,
    /// Formats the code and applies clippy's suggestions before the stages run
    #[arg(long)]
    fix: bool,
}

/// Runs the stages in their order, prints the summary and fails if anything failed.
pub(crate) fn run(options: &Options) -> ExitCode {
    if options.list {
        for stage in Stage::value_variants() {
            println!("{:<12} {}", stage.name(), stage.about());
        }
        return ExitCode::SUCCESS;
    }
    if options.fix && !fix() {
        return ExitCode::FAILURE;
    }
    let chosen = |stage: &&Stage| options.only.is_empty() || options.only.contains(stage);
    let rows = Stage::value_variants().iter().filter(chosen).map(|stage| Row::of(*stage));
    let summary = Summary { rows: rows.collect() };
    println!("\n{summary}");
    if summary.total().failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Repairs what can be repaired by a program; returns whether all of them ran well.
fn fix() -> bool {
    let repairs = [
        "clippy --fix --allow-dirty --allow-staged --workspace --all-targets --all-features",
        "fmt --all",
    ];
    repairs.iter().all(|repair| {
        let program = Program::cargo(repair);
        eprintln!("== fix: {}", program.line());
        match program.run(FIX_LIMIT) {
            Ok(run) => run.succeeded(),
            Err(error) => {
                eprintln!("could not run cargo: {error}");
                false
            }
        }
    })
}

/// A stage that has been run.
struct Row {
    stage: Stage,
    outcome: Outcome,
    time: Duration,
    /// Which of its tests were passed over, and why.
    missing: Vec<(String, String)>,
}

impl Row {
    fn of(stage: Stage) -> Self {
        eprintln!("\n== {}: {}", stage.name(), stage.about());
        peers::forget_missing();
        let start = Instant::now();
        let outcome = stage.run();
        Self { stage, outcome, time: start.elapsed(), missing: peers::missing() }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.stage.name();
        match &self.outcome {
            Outcome::NotRun { reason } => write!(f, "not run: {name} because {reason}"),
            Outcome::Ran { count, note } => {
                let Count { passed, failed } = count;
                let seconds = self.time.as_secs_f64();
                write!(f, "{name:<12} {passed:>8} {failed:>8} {seconds:>8.1}s")?;
                note.as_ref().map_or(Ok(()), |note| write!(f, "  {note}"))
            }
        }?;
        let mut missing = self.missing.iter();
        missing
            .try_for_each(|(which, reason)| write!(f, "\nnot run: tests {which} because {reason}"))
    }
}

/// The table at the end. Its last line is the total, in the form that CI reads.
struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    fn total(&self) -> Count {
        let mut total = Count::default();
        for row in &self.rows {
            if let Outcome::Ran { count, .. } = row.outcome {
                total += count;
            }
        }
        total
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<12} {:>8} {:>8} {:>9}", "stage", "passed", "failed", "time")?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        let Count { passed, failed } = self.total();
        write!(f, "{passed} passed, {failed} failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stage: Stage, outcome: Outcome) -> Row {
        Row { stage, outcome, time: Duration::from_millis(1540), missing: Vec::new() }
    }

    #[test]
    fn last_line_is_the_total_and_what_was_left_out_says_why() {
        let count = Count { passed: 40, failed: 2 };
        let mut rows = vec![
            row(Stage::Format, Outcome::Ran { count: Count::check(true), note: None }),
            row(Stage::Tests, Outcome::Ran { count, note: Some("stopped".to_owned()) }),
            row(Stage::Asan, Outcome::NotRun { reason: "there is no nightly".to_owned() }),
        ];
        let missing = &mut rows[1].missing;
        missing.push(("against aiomas".to_owned(), "there is no Python 3.8".to_owned()));
        missing.push(("of the sandbox".to_owned(), "it is refused".to_owned()));

        let text = Summary { rows }.to_string();

        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "format              1        0      1.5s");
        assert_eq!(lines[2], "tests              40        2      1.5s  stopped");
        assert_eq!(lines[3], "not run: tests against aiomas because there is no Python 3.8");
        assert_eq!(lines[4], "not run: tests of the sandbox because it is refused");
        assert_eq!(lines[5], "not run: asan because there is no nightly");
        assert_eq!(lines[6..], ["41 passed, 2 failed"]);
    }
}
