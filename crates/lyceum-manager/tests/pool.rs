//! Agents in a few processes, of which each hosts many.

#[path = "../examples/farm/agents.rs"]
mod agents;
#[path = "processes/farm.rs"]
mod farm;

use std::collections::BTreeSet;

use agents::Counter;
use farm::{farm, pid, until, wait_for_end, watch};
use lyceum::manager::{Manager, Pool, State};
use lyceum::prelude::*;
use rustix::process::{Signal, kill_process};
use serde_json::json;

async fn manager(processes: usize) -> Manager {
    let pool = Pool::of(farm(), processes).expect("there are threads");
    Manager::builder(&Node::local()).start(pool).await.expect("it starts")
}

async fn counters(manager: &Manager, count: usize, policy: Restart) -> Vec<Handle<Counter>> {
    let mut batch = manager.batch();
    batch.restart(Some(policy));
    let reserve = |number| batch.reserve(&format!("counter-{number}")).unwrap();
    let counters = (0..count).map(reserve).collect();
    batch.start().await.unwrap();
    counters
}

#[tokio::test]
async fn agents_are_placed_evenly() {
    let manager = manager(2).await;

    let counters = counters(&manager, 6, Restart::default()).await;

    let mut processes = Vec::new();
    for counter in &counters {
        processes.push(counter.process().await.unwrap());
    }
    let different: BTreeSet<_> = processes.iter().copied().collect();
    assert_eq!(different.len(), 2);
    for process in different {
        assert_eq!(processes.iter().filter(|other| **other == process).count(), 3);
    }
    let known: Vec<_> = manager.list().into_iter().filter_map(|health| health.process).collect();
    assert_eq!(known.len(), 6);
    manager.shutdown().await;
}

#[tokio::test]
async fn process_that_dies_takes_only_its_agents_along() {
    let manager = manager(2).await;
    let counters = counters(&manager, 4, Restart::default()).await;
    let victim = counters[0].process().await.unwrap();
    for counter in &counters {
        counter.add(1).await.unwrap();
    }
    let health = manager.list();
    let (dead, alive): (Vec<_>, Vec<_>) =
        health.iter().zip(&counters).partition(|(health, _)| health.process == Some(victim));

    kill_process(pid(victim), Signal::KILL).unwrap();

    for (health, counter) in dead {
        let health = until(&manager, &health.name, |health| {
            health.restarts == 1 && health.state == State::Up
        });
        let why = health.await.last_failure.unwrap();
        assert!(why.contains("was killed by signal 9"), "{why}");
        assert_eq!(counter.add(1).await.unwrap(), 1, "it began anew");
    }
    for (_, counter) in alive {
        assert_eq!(counter.add(1).await.unwrap(), 2, "it lived on");
    }
    manager.shutdown().await;
}

#[tokio::test]
async fn one_agent_fails_stops_and_is_killed_without_the_others() {
    let manager = manager(1).await;
    let counters = counters(&manager, 4, Restart::default()).await;
    let process = counters[0].process().await.unwrap();

    counters[0].stumble().await.unwrap_err();
    until(&manager, "counter-0", |health| health.restarts == 1 && health.state == State::Up).await;
    assert!(manager.stop("counter-1").await);
    assert!(manager.kill("counter-2").await);

    assert_eq!(counters[0].process().await.unwrap(), process, "it started again in its place");
    assert!(matches!(counters[1].add(1).await.unwrap_err(), CallError::Terminated(_)));
    assert!(matches!(counters[2].add(1).await.unwrap_err(), CallError::Terminated(_)));
    assert_eq!(counters[3].add(1).await.unwrap(), 1);
    assert!(manager.list().iter().all(|health| !health.failed));
    manager.shutdown().await;
}

#[tokio::test]
async fn pool_that_is_gone_takes_its_processes_along() {
    let manager = manager(2).await;
    let counters = counters(&manager, 2, Restart::default()).await;
    let mut processes = Vec::new();
    for counter in &counters {
        processes.push(watch(counter.process().await.unwrap()));
    }

    drop(manager);

    let ended = tokio::task::spawn_blocking(move || processes.iter().for_each(wait_for_end));
    ended.await.unwrap();
}

#[tokio::test]
async fn agent_that_cannot_be_made_says_why() {
    let manager = manager(1).await;

    let error = manager.launch::<Counter>(&json!({ "valeu": 3 })).await.unwrap_err().to_string();
    assert!(error.contains("unknown field `valeu`, expected `value`"), "{error}");
    let error = manager.launch_any("Mole", json!({})).await.unwrap_err().to_string();
    assert!(error.contains("no such type, it has Counter"), "{error}");
    let counter: Handle<Counter> = manager.launch(&json!({})).await.unwrap();
    assert_eq!(counter.add(1).await.unwrap(), 1);
    manager.shutdown().await;
}
