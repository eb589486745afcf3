//! The cases, written once for every [`Framework`].

mod ask;
mod compute;
mod launch;
mod million;
mod ring;
mod suspend;
mod tell;
mod timers;

use std::time::Duration;

use crate::case::{Case, Measured, NotRun, Place};
use crate::framework::Framework;
use crate::sizes::Sizes;

/// Runs a case once on a framework.
pub fn measure<F: Framework>(case: Case, place: Place, sizes: &Sizes) -> Measured {
    if place != Place::CurrentThread && !F::MULTI_THREAD {
        return Err(NotRun::OneThread);
    }
    let figure = match case {
        Case::AskIdle => ask::idle::<F>(place, sizes.asks),
        Case::AskMain => ask::idle::<F>(place, sizes.asks_from_main),
        Case::Ask100 => ask::crowd::<F>(place, sizes.askers, sizes.asks_each),
        Case::TwoThreads => ask::two_threads::<F>(sizes.asks_per_worker),
        Case::Suspend => suspend::relayed::<F>(place, sizes.asks),
        Case::SuspendMain => suspend::relayed::<F>(place, sizes.asks_from_main),
        Case::Ring => ring::token::<F>(place, sizes.ring_nodes, sizes.ring_rounds),
        Case::Tell1 => tell::round_robin::<F>(place, 1, sizes.tells),
        Case::Tell100 => tell::round_robin::<F>(place, 100, sizes.tells),
        Case::ComputePair => return Ok(compute::pair::<F>(place, sizes.next_pairs)),
        Case::Launch => launch::time::<F>(place, sizes.launches),
        Case::Memory => launch::memory::<F>(place, sizes.launches),
        Case::Million => return million::steps::<F>(place, sizes),
        Case::Timers => timers::fired::<F>(sizes.timers, sizes.due_times)?,
    };
    Ok(vec![figure])
}

/// Returns nanoseconds for each of `operations`.
pub fn nanoseconds_each(elapsed: Duration, operations: u64) -> f64 {
    elapsed.as_nanos() as f64 / operations as f64
}
