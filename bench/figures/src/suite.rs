//! A suite: its cases, who takes part in them, and a run of it from the first line to the last.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::{
    Goal, Limit, Measured, Metric, Role, Series, alternate, machine, report, summary, table,
};

/// One measurement of a suite, the same for every target that takes part in it; its type says all
/// that belongs to the suite.
pub trait Case: ValueEnum + Copy + PartialEq + Send + Sync + 'static {
    /// How a target of this suite is run.
    type Way: 'static;

    /// Everybody, in the order of the tables.
    const TARGETS: &'static [Target<Self>];
    /// All goals, in the order of the cases.
    const GOALS: &'static [Goal];
    /// The target that others are held against.
    const BASELINE: &'static str;
    /// What the code of the targets runs on.
    const RUNTIME: &'static str;
    /// Rounds, unless another number is asked for.
    const ROUNDS: u32;

    /// Returns the figures that one run of this case yields, in this order.
    fn metrics(self) -> &'static [Metric];
}

/// Returns the name under which a case is asked for, or anything else that has values with names.
pub fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().expect("no value is skipped").get_name().to_owned()
}

/// Who takes part, and in what.
#[derive(Clone, Copy, Debug)]
pub struct Target<C: Case> {
    pub name: &'static str,
    pub role: Role,
    pub way: C::Way,
    pub cases: &'static [C],
}

/// What a suite is asked to do.
#[derive(Args)]
pub struct Options<C: Case> {
    /// Runs only this case (may be repeated)
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<C>,
    /// Runs only this target (may be repeated)
    #[arg(long = "target", value_name = "NAME", value_parser = target_name::<C>)]
    targets: Vec<&'static str>,
    /// Rounds
    #[arg(long, default_value_t = C::ROUNDS, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Writes all figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Uses tiny counts: shows that everything runs, measures nothing
    #[arg(long)]
    pub quick: bool,
}

/// A suite that runs.
pub struct Suite<'a, C: Case> {
    options: &'a Options<C>,
    all: Vec<Series>,
}

impl<'a, C: Case> Suite<'a, C> {
    /// Begins a run, and says on which machine.
    pub fn new(options: &'a Options<C>) -> Self {
        println!("{}", machine::summary());
        if options.quick {
            println!("quick: the counts are tiny, the figures mean nothing");
        }
        Self { options, all: Vec::new() }
    }

    /// Returns the cases that are asked for.
    pub fn cases(&self) -> &'a [C] {
        match &*self.options.cases {
            [] => C::value_variants(),
            cases => cases,
        }
    }

    /// Measures a case on all that take part in it and are asked for, and shows the figures.
    pub fn measure(&mut self, case: C, mut measure: impl FnMut(&'static Target<C>) -> Measured) {
        let asked = &self.options.targets;
        let is_asked = |target: &&Target<C>| asked.is_empty() || asked.contains(&target.name);
        let here = C::TARGETS.iter().filter(|target| target.cases.contains(&case));
        let here: Vec<&'static Target<C>> = here.filter(is_asked).collect();
        let named: Vec<_> = here.iter().map(|target| (target.name, target.role)).collect();
        let metrics = case.metrics();
        let results = alternate(&named, metrics, self.options.rounds, |place| measure(here[place]));
        if !results.series.is_empty() || !results.gaps.is_empty() {
            print!("\n{}", table::render(metrics, &results, C::GOALS, C::BASELINE));
        }
        self.all.extend(results.series);
    }

    /// Says which goals are met, and writes the figures to the file that is asked for.
    pub fn finish(self) -> ExitCode {
        println!("\n{}", summary(C::GOALS, &self.all));
        if let Some(path) = &self.options.json
            && let Err(error) = report::write_all(path, &self.all, C::RUNTIME)
        {
            eprintln!("cannot write {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
        ExitCode::SUCCESS
    }
}

/// Checks the name of a target.
fn target_name<C: Case>(name: &str) -> Result<&'static str, String> {
    let found = C::TARGETS.iter().find(|target| target.name == name);
    found.map(|target| target.name).ok_or_else(|| {
        let mut names: Vec<&str> = C::TARGETS.iter().map(|target| target.name).collect();
        // Some take part in several ways.
        names.sort_unstable();
        names.dedup();
        format!("the targets are {}", names.join(", "))
    })
}

/// Returns the goals of a suite that name what it does not measure: for its tests.
pub fn unmeasured<C: Case>() -> Vec<&'static Goal> {
    let is_measured = |metric: &str, name: &str| {
        let named = C::TARGETS.iter().filter(|target| target.name == name);
        let mut metrics = named.flat_map(|target| target.cases).flat_map(|case| case.metrics());
        metrics.any(|one| one.0 == metric)
    };
    let is_whole = |goal: &&Goal| {
        let line = match goal.limit {
            Limit::Times(line, _) => line,
            Limit::AtMost(_) | Limit::AtLeast(_) => goal.subject,
        };
        is_measured(goal.metric, goal.subject) && is_measured(goal.metric, line)
    };
    C::GOALS.iter().filter(|goal| !is_whole(goal)).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::Unit;

    #[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
    enum Race {
        Sprint,
        Marathon,
    }

    impl Case for Race {
        type Way = ();
        const TARGETS: &'static [Target<Self>] = &[
            Target { name: "ours", role: Role::Subject, way: (), cases: &[Race::Sprint] },
            Target { name: "theirs", role: Role::Peer, way: (), cases: &[Race::Marathon] },
        ];
        const GOALS: &'static [Goal] = &[
            Goal::new("sprint", "ours", Limit::AtMost(10.0)),
            Goal::new("marathon", "ours", Limit::AtMost(10.0)),
            Goal::new("sprint", "ours", Limit::Times("theirs", 1.0)),
        ];
        const BASELINE: &'static str = "ours";
        const RUNTIME: &'static str = "two legs";
        const ROUNDS: u32 = 2;

        fn metrics(self) -> &'static [Metric] {
            match self {
                Self::Sprint => &[Metric("sprint", Unit::Seconds)],
                Self::Marathon => &[Metric("marathon", Unit::Seconds)],
            }
        }
    }

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options<Race>,
    }

    fn options(arguments: &[&str]) -> Result<Options<Race>, clap::Error> {
        let all = ["races"].iter().chain(arguments);
        Cli::try_parse_from(all).map(|cli| cli.options)
    }

    #[test]
    fn each_case_is_measured_on_whom_it_concerns_as_often_as_is_asked() {
        let options = options(&["--target", "theirs"]).unwrap();
        let mut suite = Suite::new(&options);
        let mut ran = Vec::new();
        for &case in suite.cases() {
            suite.measure(case, |target| {
                ran.push((case, target.name));
                Ok(vec![7.0])
            });
        }
        assert_eq!(ran, [(Race::Marathon, "theirs"); 2]);
        assert_eq!(suite.all.len(), 1);
    }

    #[test]
    fn target_that_does_not_exist_is_told_with_those_that_do() {
        let error = options(&["--target", "mine"]).err().unwrap().to_string();
        assert!(error.contains("the targets are ours, theirs"), "{error}");
    }

    #[test]
    fn goals_without_a_measurement_are_found() {
        let found: Vec<_> = unmeasured::<Race>().iter().map(|goal| goal.metric).collect();
        assert_eq!(found, ["marathon", "sprint"]);
    }
}
