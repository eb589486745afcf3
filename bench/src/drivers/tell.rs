//! Tells, and the wait until they are handled.

use std::time::Instant;

use super::nanoseconds_each;
use crate::case::Place;
use crate::framework::{Framework, run};

/// Returns nanoseconds for each tell, round-robin over `counters`, until the last is handled.
pub fn round_robin<F: Framework>(place: Place, counters: u64, tells: u64) -> f64 {
    run::<F, _, _>(place, move |host| async move {
        let mut handles = Vec::new();
        for _ in 0..counters {
            let counter = F::counter(&host).await;
            F::add(&counter, 0).await;
            handles.push(counter);
        }

        let rounds = tells / counters;
        let start = Instant::now();
        for _ in 0..rounds {
            for counter in &handles {
                F::tell(counter, 1).await;
            }
        }
        drain::<F>(&handles, rounds).await;
        let elapsed = start.elapsed();

        nanoseconds_each(elapsed, rounds * counters)
    })
}

/// Waits until every counter has handled all that it was told, which makes its value `told`.
pub async fn drain<F: Framework>(counters: &[F::Counter], told: u64) {
    for counter in counters {
        // One ask is enough where a sender's messages are handled in order. xtra keeps them in
        // a heap, and an ask may overtake tells.
        while F::add(counter, 0).await != told {
            tokio::task::yield_now().await;
        }
    }
}
