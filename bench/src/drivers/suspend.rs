//! Asks whose handler waits for another actor.

use std::time::Instant;

use super::nanoseconds_each;
use crate::case::Place;
use crate::framework::{Framework, run};

/// Returns nanoseconds for each of `asks` to a relay in front of a counter.
pub fn relayed<F: Framework>(place: Place, asks: u64) -> f64 {
    run::<F, _, _>(place, move |host| async move {
        let counter = F::counter(&host).await;
        let relay = F::relay(&host, counter).await;
        F::add_through(&relay, 0).await;

        let start = Instant::now();
        let mut value = 0;
        for _ in 0..asks {
            value = F::add_through(&relay, 1).await;
        }
        let elapsed = start.elapsed();

        // The counter answers 1, 2, 3..., and the relay sums that up.
        assert_eq!(value, asks * (asks + 1) / 2);
        nanoseconds_each(elapsed, asks)
    })
}
