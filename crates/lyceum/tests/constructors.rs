//! Constructors that take long: at a launch and at a restart, on real threads.
#![expect(clippy::disallowed_methods, reason = "what a test starts ends with it")]

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::{DownReason, LaunchError, Mode};

/// The limit of starts that hang, which the tests wait for.
const LIMIT: Duration = Duration::from_millis(300);

/// Counts its states.
struct Pump(Arc<AtomicU32>);

impl Pump {
    fn new(alive: &Arc<AtomicU32>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self(alive.clone())
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[agent]
impl Pump {
    #[action]
    fn ok(&self) -> bool {
        true
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }
}

/// Makes pumps, but for some that hang until the works open.
struct Works {
    alive: Arc<AtomicU32>,
    begun: Arc<AtomicU32>,
    gate: Arc<Mutex<Receiver<()>>>,
    open: Sender<()>,
}

impl Works {
    fn new() -> Self {
        let (open, gate) = channel();
        let gate = Arc::new(Mutex::new(gate));
        Self { alive: Arc::default(), begun: Arc::default(), gate, open }
    }

    /// Returns a constructor whose runs hang, but for the first so many.
    fn constructor(&self, good: u32) -> impl Fn() -> Result<Pump, BoxError> + use<> {
        let (alive, begun, gate) = (self.alive.clone(), self.begun.clone(), self.gate.clone());
        move || {
            if begun.fetch_add(1, SeqCst) >= good {
                // Far longer than any limit: a test fails instead of hanging for ever.
                let _ = gate.lock().unwrap().recv_timeout(Duration::from_secs(20));
            }
            Ok(Pump::new(&alive))
        }
    }

    fn begun(&self) -> u32 {
        self.begun.load(SeqCst)
    }

    /// Lets the constructors return, and waits until their states are gone.
    async fn end(self) {
        drop(self.open);
        while self.alive.load(SeqCst) > 0 || Arc::strong_count(&self.alive) > 1 {
            tokio::task::yield_now().await;
        }
    }
}

/// The constructor held the only thread, and who was to notice the limit waited for it, too.
#[tokio::test]
async fn constructor_that_hangs_holds_neither_the_launch_nor_the_only_worker() {
    let (node, works) = (Node::local(), Works::new());
    let other = node.launch(Pump::new(&works.alive)).await.unwrap();

    let error = node.launch_with(works.constructor(0)).start_limit(LIMIT).await.unwrap_err();

    assert!(matches!(error, LaunchError::Timeout { limit: LIMIT, .. }), "{error}");
    assert!(other.ok().await.unwrap());
    other.stop().await;
    drop(other);
    works.end().await;
}

/// The limit was one of simulated time, which stood still for the constructor: both for ever.
#[tokio::test]
async fn constructor_that_hangs_holds_simulated_time_for_its_limit_alone() {
    const HOUR: Duration = Duration::from_secs(3_600);
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let jumping = Node::builder().virtual_clock(start).build().unwrap();
    let driven = Node::builder().external_clock(start).build().unwrap();
    for node in [jumping, driven] {
        let works = Works::new();
        let launch = node.launch_with(works.constructor(0)).start_limit(LIMIT);

        let error = launch.await.unwrap_err();

        assert!(matches!(error, LaunchError::Timeout { limit: LIMIT, .. }), "{error}");
        assert_eq!(node.now().since_start(), Duration::ZERO, "it stands still meanwhile");
        match node.clock_driver() {
            Some(driver) => driver.advance(HOUR).await,
            None => node.sleep(HOUR).await,
        }
        assert_eq!(node.now().since_start(), HOUR, "it goes on, and the constructor hangs");
        works.end().await;
    }
}

/// Only the start hook had a limit there: the agent was starting for ever, and the node had one
/// thread less.
#[tokio::test]
async fn constructor_that_hangs_at_a_restart_is_a_failed_start() {
    let (node, works) = (Node::local(), Works::new());
    let other = node.launch(Pump::new(&works.alive)).await.unwrap();
    let policy = Restart::default().limit(3, Duration::from_secs(600));
    let launch = node.launch_with(works.constructor(1)).restart(policy).start_limit(LIMIT);
    let pump = launch.await.unwrap();
    pump.blow().await.unwrap_err();

    let reason = pump.ended().await;

    let late = |why: &str| why.contains("its constructor took longer than 300ms");
    assert!(matches!(&reason, DownReason::StartFailed(why) if late(why)), "{reason}");
    assert_eq!(works.begun(), 2, "three attempts wait for one constructor, on one thread");
    assert!(other.ok().await.unwrap());
    other.stop().await;
    drop((other, pump));
    works.end().await;
}

#[tokio::test]
async fn constructor_that_returns_late_at_a_restart_serves_the_next_attempt() {
    let (node, works) = (Node::local(), Works::new());
    let policy = Restart::default().limit(1_000_000, Duration::from_secs(600));
    let launch = node.launch_with(works.constructor(1)).restart(policy).start_limit(LIMIT);
    let pump = launch.await.unwrap();
    pump.blow().await.unwrap_err();
    while pump.status().await.unwrap().generation < 3 {
        tokio::task::yield_now().await;
    }

    works.open.send(()).unwrap();

    assert!(pump.ok().await.unwrap());
    assert_eq!((works.begun(), works.alive.load(SeqCst)), (2, 1));
    node.shutdown().await;
    drop(pump);
    works.end().await;
}

/// The new state was put where nobody took it out again: it lived as long as the last handle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_that_is_made_for_an_agent_that_has_ended_is_dropped() {
    for kill in [true, false] {
        let (node, works) = (Node::local(), Works::new());
        let policy = Restart::default();
        let pump = node.launch_with(works.constructor(1)).restart(policy).await.unwrap();
        pump.blow().await.unwrap_err();
        while works.begun() < 2 {
            tokio::task::yield_now().await;
        }

        let reason = if kill { pump.kill().await } else { pump.stop().await };

        let asked = if kill { DownReason::Killed } else { DownReason::Stopped };
        assert_eq!(reason, asked, "nobody waits for the constructor");
        works.end().await;
        assert_eq!(pump.status().await.unwrap().mode, Mode::Ended, "the handle outlives it");
    }
}
