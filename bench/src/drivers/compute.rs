//! Two actors that compute at once.

use std::time::{Duration, Instant};

use crate::case::Place;
use crate::framework::{Framework, run};
use crate::spin;

/// Returns the milliseconds that two joined asks of 1 ms each take: for the very first, which
/// finds a framework that knows nothing of the two actors yet, and the mean of the next ones.
pub fn pair<F: Framework>(place: Place, next_pairs: u64) -> Vec<f64> {
    let iterations = spin::iterations_for(Duration::from_millis(1));
    run::<F, _, _>(place, move |host| async move {
        let one = F::heavy(&host, iterations).await;
        let other = F::heavy(&host, iterations).await;

        let start = Instant::now();
        tokio::join!(F::compute(&one), F::compute(&other));
        let first = start.elapsed();

        let start = Instant::now();
        for _ in 0..next_pairs {
            tokio::join!(F::compute(&one), F::compute(&other));
        }
        let next = start.elapsed().as_secs_f64() / next_pairs as f64;
        vec![first.as_secs_f64() * 1e3, next * 1e3]
    })
}
