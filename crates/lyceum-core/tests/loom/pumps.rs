//! Pumps that serve a run queue of numbers, as `run_queue.rs` and the runtime do.

use std::sync::Arc as StdArc;
use std::task::Waker;

use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::call::Flag;
use crate::check;
use crate::ready::{Popped, PumpState, Ready};

/// A run queue, and what its pumps have run.
struct Pumps {
    ready: Ready<u32>,
    runs: Mutex<Vec<u32>>,
}

/// A pump that found nothing, and runs again when it is woken.
struct Pump {
    state: PumpState<u32>,
    flag: StdArc<Flag>,
}

impl Pumps {
    fn new() -> Self {
        Self { ready: Ready::new(), runs: Mutex::new(Vec::new()) }
    }

    /// Counts a pump in.
    fn add(&self, index: usize, alone: bool) -> Pump {
        Pump { state: self.ready.add_pump(index, alone), flag: Flag::new() }
    }

    /// Runs a new pump until it finds nothing.
    fn start(&self, index: usize, alone: bool) -> Pump {
        self.run(self.add(index, alone))
    }

    /// Runs a pump until it finds nothing.
    fn run(&self, mut pump: Pump) -> Pump {
        let waker = Waker::from(pump.flag.clone());
        loop {
            match self.ready.pop_for(&mut pump.state, &waker) {
                Popped::Run(thing) => self.runs.lock().unwrap().push(thing),
                // The runtime comes back to it.
                Popped::MoveOver => {}
                Popped::Nothing => return pump,
            }
        }
    }

    /// Runs those that were woken, until nobody was.
    fn run_woken<const N: usize>(&self, mut pumps: [Pump; N]) -> [Pump; N] {
        while pumps.iter().any(|pump| pump.flag.is_woken()) {
            pumps = pumps.map(|pump| {
                if pump.flag.is_woken() {
                    self.run(Pump { flag: Flag::new(), ..pump })
                } else {
                    pump
                }
            });
        }
        pumps
    }

    fn push(&self, thing: u32) {
        assert!(self.offer(thing), "nobody closes it");
    }

    /// Pushes something; false if the queue is closed.
    fn offer(&self, thing: u32) -> bool {
        self.ready.push(thing, false).is_ok()
    }

    /// Returns whether all pumps are idle, or wakes the flag when they are.
    fn is_idle(&self, flag: &StdArc<Flag>) -> bool {
        self.ready.poll_idle(&Waker::from(flag.clone())).is_ready()
    }

    /// Closes the queue; returns how many things were left.
    fn close(&self) -> usize {
        self.ready.close().len()
    }

    fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Returns what was run, in order of its numbers.
    fn runs(&self) -> Vec<u32> {
        let mut runs = self.runs.lock().unwrap().clone();
        runs.sort_unstable();
        runs
    }
}

#[test]
fn what_is_pushed_while_pumps_go_idle_is_run() {
    check(3, || {
        let pumps = Arc::new(Pumps::new());
        let pump = {
            let pumps = pumps.clone();
            thread::spawn(move || pumps.start(0, false))
        };
        let other = pumps.start(1, false);
        pumps.push(1);
        pumps.push(2);
        let pump = pump.join().unwrap();
        let idle = pumps.run_woken([pump, other]);
        assert_eq!((pumps.runs(), pumps.ready()), (vec![1, 2], 0), "each is run once");

        pumps.push(3);
        pumps.run_woken(idle);
        assert_eq!((pumps.runs(), pumps.ready()), (vec![1, 2, 3], 0), "and what comes later");
    });
}

#[test]
fn things_pushed_from_two_threads_wake_a_pump_that_is_alone() {
    check(3, || {
        let pumps = Arc::new(Pumps::new());
        let pushers = [1, 2].map(|thing| {
            let pumps = pumps.clone();
            thread::spawn(move || pumps.push(thing))
        });
        let pump = pumps.start(0, true);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        pumps.run_woken([pump]);

        assert_eq!(pumps.runs(), [1, 2], "each is run once");
        assert_eq!(pumps.ready(), 0);
    });
}

#[test]
fn who_waits_until_all_pumps_are_idle_is_woken() {
    check(3, || {
        let pumps = Arc::new(Pumps::new());
        let pump = pumps.start(0, true);
        pumps.push(1);
        let pump = {
            let pumps = pumps.clone();
            thread::spawn(move || pumps.run_woken([pump]))
        };
        let flag = Flag::new();
        let was_idle = pumps.is_idle(&flag);
        let runs = pumps.runs();
        drop(pump.join().unwrap());

        assert!(was_idle || flag.is_woken());
        assert!(!was_idle || runs == [1], "idle means that nothing is left to run");
        assert!(pumps.is_idle(&flag));
    });
}

#[test]
fn what_is_pushed_while_the_queue_closes_comes_back() {
    check(3, || {
        let pumps = Arc::new(Pumps::new());
        let pusher = {
            let pumps = pumps.clone();
            thread::spawn(move || pumps.offer(1))
        };
        let pump = {
            let pumps = pumps.clone();
            thread::spawn(move || pumps.start(0, false))
        };
        let taken_out = pumps.close();
        let accepted = pusher.join().unwrap();
        drop(pump.join().unwrap());

        let seen = pumps.runs().len() + taken_out + usize::from(!accepted);
        assert_eq!((seen, pumps.ready()), (1, 0), "it goes one way");
    });
}
