//! Universes on threads of their own.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use lyceum::universe::Universes;
use lyceum_bench_figures::child::Said;

use super::{SEED, millions, schelling};
use crate::sizes::Sizes;

/// How many times as many steps as of one city: a thread more is noticed late.
const LONGER: u64 = 4;

/// Returns how many millions of turns so many universes make in a second together.
pub fn measure(universes: usize, sizes: &Sizes) -> Said {
    let (plan, steps) = (sizes.city, sizes.city_steps * LONGER);
    // All begin together, and the slowest one counts.
    let ready = Arc::new(Barrier::new(universes));
    let seeds = (SEED..).take(universes);
    let took = Universes::threads(universes).run(seeds, move |seed, _| {
        let mut universe = schelling::settle(&plan, seed);
        ready.wait();
        schelling::run(&mut universe, steps, 0).0
    });
    let slowest = took.into_iter().map(|took| took.expect("nobody is watched"));
    let slowest = slowest.max().unwrap_or(Duration::MAX);
    let turns = universes as u64 * u64::from(plan.residents) * steps;
    Said::figures([millions(turns, slowest)])
}
