//! How fast agents are launched: on the manager's node, in a pool, and each in a process.
//!
//! `cargo run --release -p lyceum-manager --example launches -- run`

use lyceum::manager::{Manager, OnNode, Pool, Registry};
use lyceum::prelude::*;

/// Counts.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    /// Adds `n` and returns the new value.
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }
}

/// How often each is measured; the median counts.
const ROUNDS: usize = 5;

/// Launches a batch and waits until all are ready; returns agents per second.
async fn launched(manager: &Manager, launcher: &str, agents: usize) -> lyceum::Result<f64> {
    let began = manager.node().now();
    let mut batch = manager.batch();
    batch.on(launcher);
    for number in 0..agents {
        let _: Handle<Counter> = batch.reserve(&format!("{launcher}-{number}"))?;
    }
    batch.start().await?;
    let took = manager.node().now() - began;
    let last: Handle<Counter> =
        manager.find(&format!("{launcher}-{}", agents - 1)).expect("it was launched");
    assert_eq!(last.add(2).await?, 2);
    for number in 0..agents {
        manager.kill(&format!("{launcher}-{number}")).await;
    }
    Ok(agents as f64 / took.as_secs_f64())
}

/// Launches agents one by one, all at once; returns agents per second.
async fn one_by_one(manager: &Manager, agents: usize) -> lyceum::Result<f64> {
    let began = manager.node().now();
    let launches = (0..agents).map(|number| {
        manager.launch::<Counter>(&()).on("node").named(format!("own-{number}")).into_future()
    });
    for launched in futures_util::future::join_all(launches).await {
        launched?;
    }
    let took = manager.node().now() - began;
    for number in 0..agents {
        manager.kill(&format!("own-{number}")).await;
    }
    Ok(agents as f64 / took.as_secs_f64())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

async fn measure(manager: Manager) -> lyceum::Result<()> {
    let registry = Registry::default().with::<Counter>();
    let builder = Manager::builder(manager.node()).named("measured").on_output(|_| {});
    let builder = builder.launcher("node", OnNode::new(registry)).launcher("pool", Pool::new(2)?);
    let measured = builder.start(lyceum::manager::ChildProcess::new()?).await?;
    for (launcher, agents) in [("node", 1000), ("pool", 1000), ("default", 50)] {
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            rates.push(launched(&measured, launcher, agents).await?);
        }
        println!("{launcher}: {agents} agents at {:.0}/s", median(rates));
    }
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push(one_by_one(&measured, 1000).await?);
    }
    println!("node, each by itself: 1000 agents at {:.0}/s", median(rates));
    measured.shutdown().await;
    Ok(())
}

lyceum::main!(Counter; run = measure);
