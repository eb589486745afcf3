//! A farm: a program that launches its agents in child processes.
//!
//! `cargo run -p lyceum-manager --example farm -- run` runs two counters until Ctrl-C.

mod agents;
mod passer;

use agents::{Counter, Dud, Sleeper};
use lyceum::manager::Manager;
use lyceum::prelude::*;
use passer::Passer;

/// Starts two counters, and tells in which processes they are.
async fn farm(manager: Manager) -> lyceum::Result<()> {
    for name in ["one", "two"] {
        let launch = manager.launch::<Counter>(&()).named(name).restart(Restart::default());
        println!("{name} is process {}", launch.await?.process().await?);
    }
    std::future::pending().await
}

lyceum::main!(Counter, Dud, Passer, Sleeper; run = farm);
