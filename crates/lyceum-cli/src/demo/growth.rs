//! The watch goes on for ever: it keeps what it is to keep, and no more.

use std::alloc::System;
use std::pin::pin;

use jiff::Timestamp;
use lyceum::ClockDriver;
use lyceum::prelude::*;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use super::launch;
use super::monitor::Limits;
use super::reading::{CpuUse, Figures, Reading, SourceName};
use super::summary::Summary;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What the historian keeps fills up within a minute.
const WARM_UP: usize = 65;
const MINUTE: usize = 60;
/// How many readings there are in each second beside those of the sources.
const LOAD: usize = 50;

/// One report each second would be far more in a minute. A machine on which others work has more
/// processes in one minute than in another.
const LITTLE: usize = 64 * 1024;

/// Lets a second pass, with many readings on which alarms come and go, and asks for a report.
async fn second(node: &Node, driver: &ClockDriver, summary: &Handle<Summary>) {
    for n in 0..LOAD {
        let percent = if n % 2 == 0 { 99.0 } else { 1.0 };
        let figures = Figures::Cpu(CpuUse { percent, cores: vec![percent; 8] });
        let reading = Reading::new(SourceName::Cpu, node.utc(), Ok(figures));
        node.topics().publish("reading.cpu", &reading).unwrap();
    }
    driver.advance(Duration::from_secs(1)).await;
    let report = summary.report().await.unwrap();
    assert!(report.agents.iter().all(|agent| agent.queued == 0), "{:?}", report.agents);
}

/// On a clock that the test moves, so that minutes take seconds, and with real sensors.
#[tokio::test]
async fn minutes_under_load_do_not_let_memory_grow() {
    let node = Node::builder().external_clock(Timestamp::UNIX_EPOCH).build().unwrap();
    let driver = node.clock_driver().expect("the clock is external");
    let limits = Limits::from([(SourceName::Cpu, 50.0)]);
    let mut launching = pin!(launch(&node, limits));
    let summary = loop {
        tokio::select! {
            summary = &mut launching => break summary.unwrap(),
            () = driver.advance(Duration::from_secs(1)) => {}
        }
    };
    for _ in 0..WARM_UP {
        second(&node, &driver, &summary).await;
    }
    let subscriptions = node.topics().subscriptions();

    let mut minutes = Vec::new();
    // The allocator counts for other tests, too; a leak shows in each minute.
    while minutes.last().is_none_or(|bytes| *bytes > LITTLE) && minutes.len() < 5 {
        let region = Region::new(ALLOCATOR);
        for _ in 0..MINUTE {
            second(&node, &driver, &summary).await;
        }
        let change = region.change();
        minutes.push(change.bytes_allocated.saturating_sub(change.bytes_deallocated));
    }

    assert!(minutes.iter().any(|bytes| *bytes <= LITTLE), "{minutes:?} bytes");
    assert_eq!(node.topics().subscriptions(), subscriptions);
    assert_eq!((node.agent_count(), node.topics().lost()), (9, 0));
    assert_eq!(node.dead_letter_count(), 0);
    let report = summary.report().await.unwrap();
    assert!(report.is_complete(), "each source has looked");
    assert!(report.log.raised > 1_000, "alarms came and went: {}", report.log.raised);
}
