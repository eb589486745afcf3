//! A token that goes round.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;

use super::nanoseconds_each;
use crate::case::Place;
use crate::framework::{Framework, run};

/// Returns nanoseconds for each hop of one token.
pub fn token<F: Framework>(place: Place, nodes: u64, rounds: u64) -> f64 {
    run::<F, _, _>(place, move |host| async move {
        let done = Arc::new(Notify::new());
        let mut ring = Vec::new();
        for _ in 0..nodes {
            ring.push(F::node(&host, done.clone()).await);
        }
        for (node, next) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            F::link(node, next.clone()).await;
        }
        // One round that is not timed: every node has then started.
        F::pass(&ring[0], nodes).await;
        done.notified().await;

        let hops = nodes * rounds;
        let start = Instant::now();
        F::pass(&ring[0], hops).await;
        done.notified().await;
        nanoseconds_each(start.elapsed(), hops)
    })
}
