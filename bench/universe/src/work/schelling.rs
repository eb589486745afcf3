//! Schelling's city, as the study of the examples has it.

use std::time::{Duration, Instant};

use lyceum::prelude::*;
use lyceum::universe::{Step, Universe};
use lyceum_bench_figures::child::Said;
use lyceum_bench_figures::machine;
use studies::schelling::{City, Plan, project};

use super::SEED;
use crate::sizes::{Sizes, WARM_UP};

/// Counts who moved, behind all residents.
struct Census;

/// How many moved, step by step.
#[derive(Clone, Default)]
struct Moved(Vec<u64>);

#[agent]
impl Census {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        let city: &mut City = cx.project().get().expect("the project has a city");
        let moved = city.take_moved();
        cx.application().get::<Moved>().expect("it was put there").0.push(moved);
    }
}

/// Measures the city's steps, and its memory.
pub fn measure(sizes: &Sizes) -> Said {
    let before = machine::resident_bytes();
    let mut universe = settle(&sizes.city, SEED);
    let (took, bytes) = run(&mut universe, sizes.city_steps, before);
    let Moved(moved) = universe.get::<Moved>().cloned().unwrap_or_default();
    super::City { moved, took, bytes }.said(sizes)
}

/// Returns a universe whose city is settled.
pub fn settle(plan: &Plan, seed: u64) -> Universe {
    let mut universe = Universe::new(seed);
    universe.put(Moved::default());
    let project = project(plan, seed).agent("census", Census);
    universe.begin(project).expect("it has room for them");
    universe
}

/// Makes the steps of the warm-up and those that count; returns how long these took, and what has
/// come to the memory that there was before.
pub fn run(universe: &mut Universe, steps: u64, before: u64) -> (Duration, u64) {
    (0..WARM_UP).for_each(|_| assert!(universe.step()));
    let start = Instant::now();
    (0..steps).for_each(|_| assert!(universe.step()));
    (start.elapsed(), machine::resident_bytes().saturating_sub(before))
}
