//! The cases, written once for every [`Remote`].

mod clock;
mod handles;
mod kill;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use clock::clock;
pub use handles::handles;
pub use kill::kill;
use lyceum_bench_figures::Samples;
use tokio::task::JoinSet;

use crate::contract::Remote;
use crate::sizes::Sizes;

/// How many large bodies are under way while small calls are measured.
const LARGE_CALLS: usize = 2;
/// How many calls are in flight on the wire of aiomas.
pub const FLIGHT: u64 = 100;
/// The pause between two small calls meanwhile.
const PING_PAUSE: Duration = Duration::from_millis(1);

/// Returns the median and the 99th percentile of calls in a row, in microseconds.
pub async fn call<R: Remote>(client: R::Client, sizes: Sizes) -> Vec<f64> {
    timed::<R>(&client, sizes.warm_up).await;
    let times = timed::<R>(&client, sizes.measured).await;
    [0.5, 0.99].map(|part| times.percentile(part) / 1e3).to_vec()
}

/// Makes calls in a row, and returns how many nanoseconds each took.
async fn timed<R: Remote>(client: &R::Client, long: Duration) -> Samples {
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.is_empty() || start.elapsed() < long {
        let begun = Instant::now();
        R::add(client, 1).await;
        times.push(begun.elapsed().as_nanos() as f64);
    }
    Samples::new(times)
}

/// Returns thousands of calls a second that many callers make together.
pub async fn rate<R: Remote>(client: R::Client, callers: u64, sizes: Sizes) -> Vec<f64> {
    together::<R>(&client, callers, sizes.warm_up).await;
    vec![together::<R>(&client, callers, sizes.measured).await / 1e3]
}

async fn together<R: Remote>(client: &R::Client, callers: u64, long: Duration) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let before = R::add(client, 0).await;
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (client, over) = (client.clone(), over.clone());
        tasks.spawn(async move {
            let mut calls = 0;
            while !over.load(Ordering::Relaxed) {
                R::add(&client, 1).await;
                calls += 1;
            }
            calls
        });
    }
    tokio::time::sleep(long).await;
    over.store(true, Ordering::Relaxed);
    let calls: u64 = tasks.join_all().await.iter().sum();
    let elapsed = start.elapsed();
    assert_eq!(R::add(client, 0).await - before, calls, "each call ran once");
    calls as f64 / elapsed.as_secs_f64()
}

/// Returns the median of bodies there and back, in milliseconds.
pub async fn echo<R: Remote>(client: R::Client, sizes: Sizes) -> Vec<f64> {
    echoes::<R>(&client, sizes.body, sizes.warm_up).await;
    vec![echoes::<R>(&client, sizes.body, sizes.measured).await.median()]
}

async fn echoes<R: Remote>(client: &R::Client, size: usize, long: Duration) -> Samples {
    let (start, mut times) = (Instant::now(), Vec::new());
    let mut body: Vec<u8> = (0..size).map(|index| index as u8).collect();
    while times.is_empty() || start.elapsed() < long {
        let begun = Instant::now();
        body = R::echo(client, body).await;
        times.push(begun.elapsed().as_nanos() as f64 / 1e6);
    }
    assert!(
        body.len() == size && body.iter().enumerate().all(|(index, byte)| *byte == index as u8)
    );
    Samples::new(times)
}

/// Returns the median and the 99th percentile of small calls while large bodies go there and back,
/// and the median of those, in milliseconds.
pub async fn ping<R: Remote>(client: R::Client, sizes: Sizes) -> Vec<f64> {
    let long = sizes.measured * 3;
    let mut large = JoinSet::new();
    for _ in 0..LARGE_CALLS {
        let client = client.clone();
        large.spawn(async move { echoes::<R>(&client, sizes.large_body, long).await.median() });
    }
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.is_empty() || start.elapsed() < long {
        tokio::time::sleep(PING_PAUSE).await;
        let begun = Instant::now();
        R::add(&client, 1).await;
        times.push(begun.elapsed().as_nanos() as f64 / 1e6);
    }
    let (times, large) = (Samples::new(times), Samples::new(large.join_all().await));
    vec![times.median(), times.percentile(0.99), large.median()]
}
