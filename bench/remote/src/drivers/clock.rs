//! Sleepers of an external clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lyceum::Node;

use crate::sizes::Sizes;

/// Returns thousands of sleepers that wake up in a second, while a simulator steps the clock
/// through their due times.
pub async fn clock(sizes: Sizes) -> Vec<f64> {
    let start = "2030-01-01T00:00:00Z".parse().expect("it is a date");
    let node = Node::builder().external_clock(start).build().expect("there is a runtime");
    let driver = node.clock_driver().expect("the clock is external");
    let woken = Arc::new(AtomicU64::new(0));
    for index in 0..sizes.sleepers {
        let (sleeper, woken) = (node.clone(), woken.clone());
        let due = Duration::from_secs(1 + index % sizes.steps);
        let sleeping = async move {
            sleeper.sleep(due).await;
            woken.fetch_add(1, Ordering::Relaxed);
        };
        node.spawn(sleeping).detach();
    }
    driver.idle().await;

    let begun = Instant::now();
    for step in 1..=sizes.steps {
        driver.advance(Duration::from_secs(1)).await;
        let expected = sizes.sleepers * step / sizes.steps;
        assert!(woken.load(Ordering::Relaxed) >= expected, "the sleepers of a step are awake");
    }
    let elapsed = begun.elapsed();
    assert_eq!(woken.load(Ordering::Relaxed), sizes.sleepers);
    vec![sizes.sleepers as f64 / elapsed.as_secs_f64() / 1e3]
}
