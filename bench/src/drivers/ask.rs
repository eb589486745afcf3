//! Asks to one counter: from one task, from many, from two workers at once.

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Instant;

use super::nanoseconds_each;
use crate::case::Place;
use crate::framework::{Framework, run};

/// Returns nanoseconds for each of `asks` in a row.
pub fn idle<F: Framework>(place: Place, asks: u64) -> f64 {
    run::<F, _, _>(place, move |host| async move {
        let counter = F::counter(&host).await;
        F::add(&counter, 0).await;

        let start = Instant::now();
        let mut value = 0;
        for _ in 0..asks {
            value = F::add(&counter, 1).await;
        }
        let elapsed = start.elapsed();

        assert_eq!(value, asks);
        nanoseconds_each(elapsed, asks)
    })
}

/// Returns nanoseconds for each ask while `askers` tasks ask at once.
pub fn crowd<F: Framework>(place: Place, askers: u64, asks_each: u64) -> f64 {
    run::<F, _, _>(place, move |host| async move {
        let counter = F::counter(&host).await;
        F::add(&counter, 0).await;

        let start = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..askers {
            let counter = counter.clone();
            tasks.push(F::spawn(ask_in_a_row::<F>(counter, asks_each)));
        }
        for task in tasks {
            task.await.expect("asker ends without panic");
        }
        let elapsed = start.elapsed();

        assert_eq!(F::add(&counter, 0).await, askers * asks_each);
        nanoseconds_each(elapsed, askers * asks_each)
    })
}

/// Returns nanoseconds for each ask while two workers ask one counter.
pub fn two_threads<F: Framework>(asks_per_worker: u64) -> f64 {
    // From the `block_on` thread, so that both workers are free for the two tasks.
    run::<F, _, _>(Place::Main, move |host| async move {
        let counter = F::counter(&host).await;
        F::add(&counter, 0).await;

        let start = Arc::new(Mutex::new(Start::default()));
        let worker = |number| {
            let (start, counter) = (start.clone(), counter.clone());
            F::spawn(async move {
                Start::apart(&start, number).await;
                let started = Instant::now();
                ask_in_a_row::<F>(counter, asks_per_worker).await;
                (started, Instant::now())
            })
        };
        let (one, other) = (worker(0), worker(1));
        let (one, other) = (one.await.expect("no panic"), other.await.expect("no panic"));

        assert_eq!(F::add(&counter, 0).await, 2 * asks_per_worker);
        nanoseconds_each(one.1.max(other.1) - one.0.min(other.0), 2 * asks_per_worker)
    })
}

async fn ask_in_a_row<F: Framework>(counter: F::Counter, asks: u64) {
    for _ in 0..asks {
        F::add(&counter, 1).await;
    }
}

/// Where two tasks wait until each has a worker of its own.
#[derive(Default)]
struct Start {
    threads: [Option<ThreadId>; 2],
    met: bool,
}

impl Start {
    async fn apart(start: &Mutex<Self>, number: usize) {
        // It yields, for a blocked worker could hold the other task in its queue for good.
        while !start.lock().expect("no panic").meet(number) {
            tokio::task::yield_now().await;
        }
    }

    fn meet(&mut self, number: usize) -> bool {
        self.threads[number] = Some(thread::current().id());
        let [one, other] = self.threads;
        self.met |= one.is_some() && other.is_some() && one != other;
        self.met
    }
}
