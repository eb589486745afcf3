//! What a child does.

mod campaign;
mod idle;
#[cfg(feature = "peers")]
mod krabmaga;
mod messages;
mod schelling;
mod side_by_side;

use std::time::Duration;

use lyceum_bench_figures::child::Said;

use crate::case::Case;
use crate::sizes::Sizes;

/// The seed of everything; who is measured does not depend on it.
const SEED: u64 = 1971;

/// Measures a case once in this process.
pub fn measure(case: Case, target: &str, sizes: &Sizes) -> Said {
    match (case, target) {
        (Case::OwnEvent, _) => messages::own_event(sizes.steps),
        (Case::FanOut, _) => messages::fan_out(sizes.fan_out_steps),
        (Case::Idle, _) => Said::figures([idle::lives(sizes), idle::listens(sizes)]),
        (Case::Schelling, "krabmaga") => krabmaga(sizes),
        (Case::Schelling, _) => schelling::measure(sizes),
        (Case::SideBySide, "one_universe") => side_by_side::measure(1, sizes),
        (Case::SideBySide, _) => side_by_side::measure(2, sizes),
        (Case::Campaign, "plain") => campaign::plain(sizes.sessions),
        (Case::Campaign, _) => campaign::sessions(sizes.sessions),
    }
}

#[cfg(feature = "peers")]
fn krabmaga(sizes: &Sizes) -> Said {
    krabmaga::measure(sizes)
}

#[cfg(not(feature = "peers"))]
fn krabmaga(_: &Sizes) -> Said {
    let why = "it was built without `--features peers`";
    Said::not_run(why)
}

/// Returns how many millions there were in a second.
fn millions(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64() / 1e6
}

/// What a run of a city comes to.
struct City {
    /// How many moved in each step, those of the warm-up first: whether all did the same.
    moved: Vec<u64>,
    /// How long the steps took that count.
    took: Duration,
    /// How much memory came with the agents.
    bytes: u64,
}

impl City {
    fn said(self, sizes: &Sizes) -> Said {
        let residents = u64::from(sizes.city.residents);
        let step = self.took.as_secs_f64() * 1e3 / sizes.city_steps as f64;
        let turns = millions(residents * sizes.city_steps, self.took);
        let memory = self.bytes as f64 / residents as f64;
        Said { counts: self.moved, ..Said::figures([step, turns, memory]) }
    }
}
