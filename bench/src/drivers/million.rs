//! A million actors at once.

use std::time::Instant;

use super::launch::launch;
use super::tell::drain;
use crate::case::{Measured, NotRun, Place};
use crate::framework::{Framework, run};
use crate::machine;
use crate::sizes::Sizes;

/// Returns the seconds to launch all, to tell each once and see it handled, and to stop all;
/// then the gigabytes held by the process when all were idle, and the most that it ever held.
pub fn steps<F: Framework>(place: Place, sizes: &Sizes) -> Measured {
    if let Some(gigabytes) = F::MILLION_GIGABYTES
        && !sizes.large
        && !sizes.quick
    {
        return Err(NotRun::NeedsMemory { gigabytes });
    }
    let count = sizes.million;
    Ok(run::<F, _, _>(place, move |host| async move {
        let mut counters = Vec::with_capacity(count as usize);
        let start = Instant::now();
        launch::<F>(&host, count, &mut counters).await;
        let launched = start.elapsed();
        let idle = machine::resident_bytes();

        let start = Instant::now();
        for counter in &counters {
            F::tell(counter, 1).await;
        }
        drain::<F>(&counters, 1).await;
        let told = start.elapsed();

        let start = Instant::now();
        F::stop(counters).await;
        let stopped = start.elapsed();
        let peak = machine::peak_bytes();

        vec![
            launched.as_secs_f64(),
            told.as_secs_f64(),
            stopped.as_secs_f64(),
            idle as f64 / 1e9,
            peak as f64 / 1e9,
        ]
    }))
}
