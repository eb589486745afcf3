//! Agents that do nothing.

use std::time::Instant;

use lyceum::prelude::*;
use lyceum::universe::{Event, Project, Universe};
use serde::{Deserialize, Serialize};

use super::SEED;
use crate::sizes::Sizes;

/// Has a life that it spends with nothing.
struct Idle;

#[agent]
impl Idle {
    #[live]
    fn live(&mut self) {}
}

/// Never sent.
#[derive(Serialize, Deserialize, Event)]
struct Never {}

/// Has no life, and waits for what does not come.
struct Listener;

#[agent]
impl Listener {
    #[event]
    fn never(&mut self, _never: &Never) {}
}

/// Returns the nanoseconds of an agent in a step that lives.
pub fn lives(sizes: &Sizes) -> f64 {
    run(Project::new("idle").agents((0..sizes.idle).map(|_| Idle)), sizes)
}

/// Returns the nanoseconds of an agent in a step that only listens, its part of the step included.
pub fn listens(sizes: &Sizes) -> f64 {
    run(Project::new("listeners").agents((0..sizes.idle).map(|_| Listener)), sizes)
}

fn run(project: Project, sizes: &Sizes) -> f64 {
    let mut universe = Universe::new(SEED);
    universe.begin(project).expect("it has room for them");
    (0..3).for_each(|_| assert!(universe.step()));
    let start = Instant::now();
    for _ in 0..sizes.idle_steps {
        // It says so when nothing can happen any more, and makes the step nevertheless.
        universe.step();
    }
    let took = start.elapsed();
    let report = universe.finish().expect("nothing is recorded");
    assert_eq!(report.steps, sizes.idle_steps + 3);
    took.as_nanos() as f64 / sizes.idle_steps as f64 / f64::from(sizes.idle)
}
