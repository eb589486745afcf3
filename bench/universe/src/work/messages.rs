//! Events: from one agent to itself, and from one to a hundred.

use std::time::Instant;

use lyceum::prelude::*;
use lyceum::universe::{Event, Project, Step, Universe};
use lyceum_bench_figures::child::Said;
use serde::{Deserialize, Serialize};

use super::{SEED, millions};

/// How many hear an event at most.
const LISTENERS: u64 = 100;

/// An event without arguments, as Fusil's agents send them most.
#[derive(Serialize, Deserialize, Event)]
struct Tick {}

/// Sends itself an event when it gets one.
struct Echo;

#[agent]
impl Echo {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        send(cx);
    }

    #[event]
    fn tick(&mut self, _tick: &Tick, cx: &mut Step<'_>) {
        send(cx);
    }
}

/// Sends an event in each step.
struct Caller;

#[agent]
impl Caller {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        send(cx);
    }
}

/// Hears events.
#[derive(Default)]
struct Listener {
    heard: u64,
}

#[agent]
impl Listener {
    #[event]
    fn tick(&mut self, _tick: &Tick) {
        self.heard += 1;
    }
}

fn send(cx: &mut Step<'_>) {
    cx.send(Tick {}).expect("an active agent sends");
}

/// Measures steps in which one agent gets an event of its own, and sends the next.
pub fn own_event(steps: u64) -> Said {
    run(Project::new("own event").agent("echo", Echo), steps, 1)
}

/// Measures deliveries of one event in each step to a hundred agents.
pub fn fan_out(steps: u64) -> Said {
    let listeners = (0..LISTENERS).map(|_| Listener::default());
    run(Project::new("fan out").agent("caller", Caller).agents(listeners), steps, LISTENERS)
}

/// Returns how many millions of deliveries there are in a second.
fn run(project: Project, steps: u64, deliveries: u64) -> Said {
    let mut universe = Universe::new(SEED);
    universe.begin(project).expect("it has room for them");
    // The session begins, and the first event is sent.
    (0..3).for_each(|_| assert!(universe.step()));
    let start = Instant::now();
    (0..steps).for_each(|_| assert!(universe.step()));
    let took = start.elapsed();
    let report = universe.finish().expect("nothing is recorded");
    let delivered = report.counts.delivered;
    assert!(delivered >= steps * deliveries, "{delivered} events came in {steps} steps");
    Said::figures([millions(steps * deliveries, took)])
}
