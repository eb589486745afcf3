//! stakker: one thread, no async, a queue of closures. A reference line.
//!
//! Its handles stay on their thread, so it is the one target with loops of its own instead of a
//! [`Framework`](crate::framework::Framework). An ask is a call and a run of the queue.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use stakker::{Actor, ActorOwn, CX, Ret, Stakker, StopCause, actor, call, ret, ret_nop};
use stakker::{ret_some_do, ret_some_to, stop};

use crate::case::{Case, Measured, NotRun, Place};
use crate::drivers::nanoseconds_each;
use crate::machine;
use crate::sizes::Sizes;

/// Runs a case once.
pub fn measure(case: Case, place: Place, sizes: &Sizes) -> Measured {
    if place != Place::CurrentThread {
        return Err(NotRun::OneThread);
    }
    let figure = match case {
        Case::AskIdle => asks(1, sizes.asks),
        Case::Ask100 => asks(sizes.askers, sizes.asks_each),
        Case::Suspend => relayed(sizes.asks),
        Case::Ring => token(sizes.ring_nodes, sizes.ring_rounds),
        Case::Tell1 => round_robin(1, sizes.tells),
        Case::Tell100 => round_robin(100, sizes.tells),
        Case::Launch => launch_time(sizes.launches),
        Case::Memory => memory(sizes.launches),
        Case::Million => return Ok(million(sizes.million)),
        _ => return Err(NotRun::NoCounterpart),
    };
    Ok(vec![figure])
}

struct Counter {
    value: u64,
}

impl Counter {
    fn init(_: CX![]) -> Option<Self> {
        Some(Self { value: 0 })
    }

    fn add(&mut self, _: CX![], n: u64, reply: Ret<u64>) {
        self.value += n;
        ret!([reply], self.value);
    }

    fn tell(&mut self, _: CX![], n: u64) {
        self.value += n;
    }

    fn end(&mut self, cx: CX![]) {
        stop!(cx);
    }
}

struct Relay {
    counter: Actor<Counter>,
    value: u64,
}

impl Relay {
    fn init(_: CX![], counter: Actor<Counter>) -> Option<Self> {
        Some(Self { counter, value: 0 })
    }

    fn add(&mut self, cx: CX![], n: u64, reply: Ret<u64>) {
        let answer = ret_some_to!([cx], answered(reply) as (u64));
        call!([self.counter], add(n, answer));
    }

    fn answered(&mut self, _: CX![], reply: Ret<u64>, answer: u64) {
        self.value += answer;
        ret!([reply], self.value);
    }
}

struct Node {
    next: Option<Actor<Node>>,
    done: Rc<Cell<bool>>,
}

impl Node {
    fn init(_: CX![], done: Rc<Cell<bool>>) -> Option<Self> {
        Some(Self { next: None, done })
    }

    fn link(&mut self, _: CX![], next: Actor<Node>) {
        self.next = Some(next);
    }

    fn pass(&mut self, _: CX![], hops: u64) {
        if hops == 0 {
            self.done.set(true);
            return;
        }
        let next = self.next.as_ref().expect("the ring is closed");
        call!([next], pass(hops - 1));
    }
}

/// The queue, and the moment that it is told is now: no clock is read for each run.
struct Thread {
    stakker: Stakker,
    now: Instant,
}

impl Thread {
    fn new() -> Self {
        let now = Instant::now();
        Self { stakker: Stakker::new(now), now }
    }

    fn run(&mut self) {
        self.stakker.run(self.now, false);
    }

    fn counter(&mut self) -> ActorOwn<Counter> {
        actor!(self.stakker, Counter::init(), ret_nop!())
    }

    fn counters(&mut self, count: u64) -> Vec<ActorOwn<Counter>> {
        let mut counters = Vec::with_capacity(count as usize);
        for _ in 0..count {
            counters.push(self.counter());
        }
        self.run();
        counters
    }

    fn sum(&mut self, counters: &[ActorOwn<Counter>]) -> u64 {
        let total = Rc::new(Cell::new(0));
        for counter in counters {
            let total = total.clone();
            let reply = ret_some_do!(move |value: u64| total.set(total.get() + value));
            call!([counter], add(0, reply));
        }
        self.run();
        total.get()
    }
}

fn asks(askers: u64, asks_each: u64) -> f64 {
    let mut thread = Thread::new();
    let counter = &thread.counters(1)[0];
    let answered = Rc::new(Cell::new(0));

    let start = Instant::now();
    for _ in 0..asks_each {
        for _ in 0..askers {
            let answered = answered.clone();
            let reply = ret_some_do!(move |value: u64| answered.set(value));
            call!([counter], add(1, reply));
        }
        thread.run();
    }
    let elapsed = start.elapsed();

    assert_eq!(answered.get(), askers * asks_each);
    nanoseconds_each(elapsed, askers * asks_each)
}

fn relayed(asks: u64) -> f64 {
    let mut thread = Thread::new();
    let counter = thread.counter();
    let relay = actor!(thread.stakker, Relay::init(counter.clone()), ret_nop!());
    thread.run();
    let answered = Rc::new(Cell::new(0));

    let start = Instant::now();
    for _ in 0..asks {
        let answered = answered.clone();
        let reply = ret_some_do!(move |value: u64| answered.set(value));
        call!([relay], add(1, reply));
        thread.run();
    }
    let elapsed = start.elapsed();

    assert_eq!(answered.get(), asks * (asks + 1) / 2);
    nanoseconds_each(elapsed, asks)
}

fn token(nodes: u64, rounds: u64) -> f64 {
    let mut thread = Thread::new();
    let done = Rc::new(Cell::new(false));
    let mut ring = Vec::new();
    for _ in 0..nodes {
        ring.push(actor!(thread.stakker, Node::init(done.clone()), ret_nop!()));
    }
    for (node, next) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let next = Actor::clone(next);
        call!([node], link(next));
    }
    thread.run();

    let hops = nodes * rounds;
    let start = Instant::now();
    call!([ring[0]], pass(hops));
    thread.run();
    let elapsed = start.elapsed();

    assert!(done.get());
    nanoseconds_each(elapsed, hops)
}

fn round_robin(counters: u64, tells: u64) -> f64 {
    let mut thread = Thread::new();
    let counters = thread.counters(counters);
    let rounds = tells / counters.len() as u64;

    let start = Instant::now();
    for _ in 0..rounds {
        for counter in &counters {
            call!([counter], tell(1));
        }
    }
    let total = thread.sum(&counters);
    let elapsed = start.elapsed();

    assert_eq!(total, rounds * counters.len() as u64);
    nanoseconds_each(elapsed, total)
}

fn launch_time(launches: u64) -> f64 {
    let mut thread = Thread::new();
    let start = Instant::now();
    let counters = thread.counters(launches);
    let elapsed = start.elapsed();
    nanoseconds_each(elapsed, counters.len() as u64)
}

fn memory(launches: u64) -> f64 {
    let mut thread = Thread::new();
    let first = thread.counters(1);
    thread.sum(&first);

    let before = machine::resident_bytes();
    let counters = thread.counters(launches);
    let after = machine::resident_bytes();
    after.saturating_sub(before) as f64 / counters.len() as f64
}

fn million(count: u64) -> Vec<f64> {
    let mut thread = Thread::new();
    let ended = Rc::new(Cell::new(0_u64));
    let start = Instant::now();
    let mut counters = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let ended = ended.clone();
        let notify = ret_some_do!(move |_: StopCause| ended.set(ended.get() + 1));
        counters.push(actor!(thread.stakker, Counter::init(), notify));
    }
    thread.run();
    let launched = start.elapsed();
    let idle = machine::resident_bytes();

    let start = Instant::now();
    for counter in &counters {
        call!([counter], tell(1));
    }
    assert_eq!(thread.sum(&counters), count);
    let told = start.elapsed();

    let start = Instant::now();
    for counter in &counters {
        call!([counter], end());
    }
    thread.run();
    let stopped = start.elapsed();
    assert_eq!(ended.get(), count);

    vec![
        launched.as_secs_f64(),
        told.as_secs_f64(),
        stopped.as_secs_f64(),
        idle as f64 / 1e9,
        machine::peak_bytes() as f64 / 1e9,
    ]
}
