//! What an actor costs to launch and to keep.

use std::time::Instant;

use super::nanoseconds_each;
use crate::case::Place;
use crate::framework::{Framework, run};
use crate::machine;

/// Returns nanoseconds for each launch.
pub fn time<F: Framework>(place: Place, launches: u64) -> f64 {
    run::<F, _, _>(place, move |host| async move {
        let mut counters = Vec::with_capacity(launches as usize);
        let start = Instant::now();
        launch::<F>(&host, launches, &mut counters).await;
        nanoseconds_each(start.elapsed(), launches)
    })
}

/// Returns bytes of resident memory for each idle counter, its handle included.
pub fn memory<F: Framework>(place: Place, launches: u64) -> f64 {
    run::<F, _, _>(place, move |host| async move {
        // Whatever the framework sets up once is there before the first look.
        let first = F::counter(&host).await;
        F::add(&first, 0).await;
        let mut counters = Vec::with_capacity(launches as usize);

        let before = machine::resident_bytes();
        launch::<F>(&host, launches, &mut counters).await;
        let after = machine::resident_bytes();
        after.saturating_sub(before) as f64 / launches as f64
    })
}

/// Launches counters and returns when they have started: a framework that spawns a task may
/// leave its first poll for later, but the last one answers only after the others had theirs.
pub async fn launch<F: Framework>(host: &F::Host, launches: u64, counters: &mut Vec<F::Counter>) {
    for _ in 0..launches {
        counters.push(F::counter(host).await);
    }
    if let Some(last) = counters.last() {
        F::add(last, 0).await;
    }
}
