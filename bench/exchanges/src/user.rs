//! The user, who measures.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use lyceum::prelude::*;

use crate::disk::Disk;
use crate::parts::{Echo, MAILBOX, Process};

/// Calls that are in flight at a time.
const IN_FLIGHT: usize = 64;

/// Where one figure stands.
struct Figure {
    name: &'static str,
    found: f64,
    goal: f64,
    unit: &'static str,
    more_is_better: bool,
}

pub(crate) fn measure(data: &Path, time: Duration) {
    let disk = Disk::measure(data, time.min(Duration::from_secs(3)));
    let syncs = disk.undisturbed;
    let store = data.join("store");
    // What another run left.
    let _ = std::fs::remove_dir_all(&store);
    std::fs::create_dir_all(&store).expect("the folder can be made");
    let server = Process::start(&["server", "--data", &store.display().to_string()]);
    let url = format!("exchange://{}", server.said);
    let agent = Process::start(&["agent", &url]);
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    let node = Node::builder().runtime(runtime.handle().clone()).build();
    let node = node.expect("the runtime has timers");
    let figures = runtime.block_on(async {
        let at = format!("{url}/{MAILBOX}");
        let echo = node.connect::<Echo>(&at).patience(time).await.expect("the agent is there");
        // On a thread of the runtime, as programs do it.
        let measured = tokio::task::JoinSet::from_iter([figures(echo, time, syncs, server.id())]);
        let figures = measured.join_all().await;
        node.shutdown().await;
        figures.into_iter().flatten().collect::<Vec<_>>()
    });
    drop((agent, server));
    let Disk { as_it_was, undisturbed } = disk;
    println!(
        "the disk alone: {undisturbed:.0} synced records per second, {as_it_was:.0} as it was"
    );
    if as_it_was * 2.0 < undisturbed {
        println!("the machine is busy: what is durable is not comparable");
    }
    for Figure { name, found, goal, unit, more_is_better } in figures {
        let is_met = (found >= goal) == more_is_better;
        let verdict = if is_met { "met" } else { "missed" };
        println!("{name:<44} {found:>10.1} {unit:<8} goal {goal:>8.0}  {verdict}");
    }
}

async fn figures(echo: Handle<Echo>, time: Duration, syncs: f64, server: u32) -> Vec<Figure> {
    let sequential = sequential(&echo, time).await;
    let before = cpu(server);
    let calls = in_flight(&echo, time, IN_FLIGHT, false).await;
    let per_call = (cpu(server) - before) * 1e6 / (calls * time.as_secs_f64());
    let one = in_flight(&echo, time, 1, true).await;
    let many = in_flight(&echo, time, IN_FLIGHT, true).await;
    let figure = |name, found, goal, unit, more_is_better| Figure {
        name,
        found,
        goal,
        unit,
        more_is_better,
    };
    vec![
        figure("sequential call, p50", sequential, 150.0, "us", false),
        figure("calls, 64 in flight", calls, 30_000.0, "/s", true),
        figure("the server's CPU time for one of them", per_call, 20.0, "us", false),
        // A call puts twice: the request and its answer.
        figure("durable puts, one call at a time", one * 2.0, syncs * 0.4, "/s", true),
        figure("durable puts, 64 calls in flight", many * 2.0, 50_000.0, "/s", true),
    ]
}

/// Returns the median of sequential calls, in microseconds.
async fn sequential(echo: &Handle<Echo>, time: Duration) -> f64 {
    let (begin, mut took) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let start = Instant::now();
        assert_eq!(echo.echo(7).await.expect("it answers"), 7);
        took.push(start.elapsed());
    }
    took.sort_unstable();
    took[took.len() / 2].as_secs_f64() * 1e6
}

/// Returns how many calls are answered in a second while so many are in flight.
async fn in_flight(echo: &Handle<Echo>, time: Duration, width: usize, durable: bool) -> f64 {
    let (begin, mut count) = (Instant::now(), 0);
    let mut calls: FuturesUnordered<_> =
        (0..width as u64).map(|n| call(echo, n, durable)).collect();
    while calls.next().await.is_some() {
        count += 1;
        if begin.elapsed() < time {
            calls.push(call(echo, count, durable));
        }
    }
    count as f64 / begin.elapsed().as_secs_f64()
}

async fn call(echo: &Handle<Echo>, n: u64, durable: bool) {
    let call = echo.echo(n);
    let answer = if durable { call.durable().await } else { call.await };
    assert_eq!(answer.expect("it answers"), n);
}

/// Returns how many seconds of CPU time a process has used.
fn cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |index| after.split_whitespace().nth(index)?.parse::<f64>().ok();
    let used: f64 = [11, 12].into_iter().filter_map(ticks).sum();
    used / 100.0
}
