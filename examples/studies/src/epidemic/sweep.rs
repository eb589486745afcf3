//! The sweep: a town for each combination of parameters, side by side on all cores.

use std::path::Path;

use lyceum::BoxError;
use lyceum::universe::Universes;

use super::{Plan, draw, epidemics};

/// Which towns there are.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// How many people live in each.
    pub people: u32,
    /// How many of them are ill on the first day.
    pub ill: u32,
    /// Which parts of the people are vaccinated.
    pub vaccinated: Vec<f64>,
    /// How many the first one makes ill, where nobody is immune.
    pub reproduction: Vec<f64>,
    /// How many epidemics each town has.
    pub epidemics: u64,
    /// From which seed on the towns are counted.
    pub seed: u64,
}

/// What came out for one combination.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Which part of the people was vaccinated.
    pub vaccinated: f64,
    /// The town and its illness.
    pub plan: Plan,
    /// Which part of the people each epidemic made ill.
    pub fell_ill: Vec<f64>,
}

impl Sweep {
    /// Returns a sweep over 32 towns of 10,000 people.
    pub fn large() -> Self {
        Self {
            people: 10_000,
            ill: 20,
            vaccinated: vec![0.0, 0.25, 0.5, 0.75],
            reproduction: (1..=8).map(|half| f64::from(half) / 2.0).collect(),
            epidemics: 5,
            seed: 1927,
        }
    }

    /// Runs all towns; the points come in the order of the parameters, whichever was done first.
    ///
    /// # Errors
    ///
    /// Returns why one of them could not be run.
    pub fn points(&self) -> Result<Vec<Point>, BoxError> {
        let reproductions = || self.reproduction.iter();
        let pairs =
            self.vaccinated.iter().flat_map(|part| reproductions().map(move |r| (*part, *r)));
        let towns: Vec<_> = pairs
            .zip(self.seed..)
            .map(|((vaccinated, r), seed)| {
                (vaccinated, Plan::new(self.people, self.ill, vaccinated, r), seed)
            })
            .collect();
        let count = self.epidemics;
        let results = Universes::per_core().run(towns, move |(vaccinated, plan, seed), _| {
            let fell_ill = epidemics(plan, count, seed)?;
            Ok::<_, BoxError>(Point { vaccinated, plan, fell_ill })
        });
        results.into_iter().map(|result| result?).collect()
    }
}

impl Point {
    /// Returns which part of the people the epidemics made ill on average.
    pub fn mean(&self) -> f64 {
        self.fell_ill.iter().sum::<f64>() / self.fell_ill.len() as f64
    }
}

/// Runs a sweep, writes its plot into a folder if there is one, and returns its table.
///
/// # Errors
///
/// Returns why it could not run or the plot could not be written.
pub fn run(sweep: &Sweep, folder: Option<&Path>) -> Result<Vec<String>, BoxError> {
    let points = sweep.points()?;
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
        draw(&points, &folder.join("epidemic.svg"))?;
    }
    let mut lines = vec![format!(
        "{} people, {} ill at first, {} epidemics each",
        sweep.people, sweep.ill, sweep.epidemics
    )];
    lines.push("vaccinated  reproduction  fell ill   least    most  expected".into());
    for point in &points {
        let least = point.fell_ill.iter().copied().fold(f64::INFINITY, f64::min);
        let most = point.fell_ill.iter().copied().fold(0.0, f64::max);
        let shares = [point.mean(), least, most, point.plan.expected()].map(|part| 100.0 * part);
        let [mean, least, most, expected] = shares;
        lines.push(format!(
            "{:>8.0} %  {:>12.1}  {mean:>6.1} %  {least:>5.1} %  {most:>5.1} %  {expected:>6.1} %",
            100.0 * point.vaccinated,
            point.plan.reproduction
        ));
    }
    Ok(lines)
}
