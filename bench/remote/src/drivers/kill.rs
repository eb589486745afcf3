//! Calls whose peer is killed.

use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinSet;

use crate::contract::Hang;
use crate::sizes::Sizes;

/// Kills the server while calls wait for it, and returns after how many milliseconds the last of
/// them has ended.
pub async fn kill<R: Hang>(client: R::Client, server: u32, sizes: Sizes) -> Vec<f64> {
    let mut calls = JoinSet::new();
    for _ in 0..sizes.waiting {
        let client = client.clone();
        calls.spawn(async move { R::hang(&client).await });
    }
    // All of them have left once a later call is answered.
    tokio::time::sleep(sizes.warm_up).await;
    R::add(&client, 1).await;

    let server = i32::try_from(server).ok().and_then(Pid::from_raw).expect("it is a process");
    let start = Instant::now();
    kill_process(server, Signal::KILL).expect("the server can be killed");
    calls.join_all().await;
    vec![start.elapsed().as_secs_f64() * 1e3]
}
