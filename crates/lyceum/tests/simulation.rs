//! Simulated nodes: same seed, same trace; every call has one outcome, in every order.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum::prelude::*;
use proptest::prelude::{
    Just, ProptestConfig, TestCaseError, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::strategy::Strategy as _;

const AGENTS: usize = 20;
const MESSAGES: u64 = 1_000;
const RESTARTS: u64 = 5;

/// Passes messages on at random, and fails when asked.
#[derive(Clone, Default)]
struct Peer {
    others: Vec<Handle<Peer>>,
    /// The last number that was heard from each sender.
    last: Vec<u64>,
    drops: Arc<AtomicU64>,
    lives: Arc<AtomicU64>,
    disorder: Arc<AtomicU64>,
    /// The numbers of the messages that ran.
    ran: Arc<Mutex<HashSet<u64>>>,
    failures: Arc<AtomicU64>,
    alive: bool,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.drops.fetch_add(u64::from(self.alive), SeqCst);
    }
}

#[agent]
impl Peer {
    #[on_start]
    fn start(&mut self) {
        self.alive = true;
        self.lives.fetch_add(1, SeqCst);
    }

    #[action]
    fn meet(&mut self, others: Vec<Handle<Peer>>) {
        self.others = others;
    }

    /// Goes through so many agents, sleeping and waiting on the way.
    #[action]
    async fn hop(&mut self, left: u64, cx: &Context<Self>) -> u64 {
        if cx.random_range(0..3) == 0 {
            cx.sleep(Duration::from_millis(cx.random_range(0..5))).await;
        }
        if left == 0 || self.others.is_empty() {
            return 0;
        }
        let next = &self.others[cx.random_range(0..self.others.len() as u64) as usize];
        if cx.random_range(0..2) == 0 {
            // Full mailboxes and agents that are gone are as good an end as any.
            let _ = next.hop(left - 1).tell().await;
            return 1;
        }
        next.hop(left - 1).timeout(Duration::from_millis(20)).await.unwrap_or(0) + 1
    }

    /// Notes a number of a sender; they come in order.
    #[action]
    async fn note(&mut self, sender: usize, n: u64, nap: u64, cx: &Context<Self>) -> u64 {
        if self.last.len() <= sender {
            self.last.resize(sender + 1, 0);
        }
        if n <= self.last[sender] {
            self.disorder.fetch_add(1, SeqCst);
        }
        self.last[sender] = n;
        assert!(self.ran.lock().unwrap().insert(n), "{n} ran twice");
        if nap > 0 {
            cx.sleep(Duration::from_millis(nap)).await;
        }
        n
    }

    #[action]
    fn fail(&mut self) {
        self.failures.fetch_add(1, SeqCst);
        panic!("as asked");
    }
}

/// Runs the fixed system once; returns the hash of what it did.
fn run(seed: u64) -> (u64, u64) {
    lyceum::block_on(async {
        let node = Node::simulated(seed);
        let mut peers = Vec::new();
        for _ in 0..AGENTS {
            let policy = Restart::default().limit(100, Duration::from_secs(1));
            peers.push(node.launch(Peer::default()).restart(policy).await.unwrap());
        }
        for peer in &peers {
            peer.meet(peers.clone()).await.unwrap();
        }
        let mut pending = Vec::new();
        for n in 0..MESSAGES / 4 {
            let peer = &peers[n as usize % AGENTS];
            pending.push(peer.hop(3).send());
            if n % (MESSAGES / 4 / RESTARTS) == 0 {
                let _ = peer.fail().tell().now();
            }
        }
        for call in pending {
            // However it ends, it ends.
            let _ = call.await;
        }
        node.shutdown().await;
        let trace = node.trace().unwrap();
        (trace.count, trace.hash)
    })
}

fn quietly() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload_as_str().unwrap_or("");
        if text != "as asked" {
            eprintln!("{info}");
        }
    }));
}

#[test]
fn same_seed_gives_the_same_trace_over_many_seeds() {
    quietly();
    let full = !cfg!(debug_assertions) || std::env::var_os("LYCEUM_ALL_SEEDS").is_some();
    let seeds = if full { 10_000 } else { 300 };
    let mut hashes = HashSet::new();
    for seed in 0..seeds {
        let first = run(seed);
        assert!(first.0 > MESSAGES / 2, "seed {seed} did little: {}", first.0);
        hashes.insert(first.1);
        if seed % 10 == 0 {
            assert_eq!(run(seed), first, "seed {seed} was not repeatable");
        }
    }
    assert!(hashes.len() as u64 > seeds * 9 / 10, "seeds make a difference");
}

/// What a program does to an agent.
#[derive(Clone, Debug)]
enum Step {
    Call { sender: usize, nap: u64 },
    Timed { sender: usize, nap: u64, timeout: u64 },
    Tell { sender: usize, nap: u64 },
    DropOldest,
    PollOldest,
    Advance(u64),
    Idle,
    Fail,
    Deactivate,
    Activate,
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    let (sender, nap) = (0..3usize, 0..4u64);
    prop_oneof![
        6 => (sender.clone(), nap.clone()).prop_map(|(sender, nap)| Step::Call { sender, nap }),
        4 => (sender.clone(), nap.clone(), 0..=LONGEST)
            .prop_map(|(sender, nap, timeout)| Step::Timed { sender, nap, timeout }),
        6 => (sender, nap).prop_map(|(sender, nap)| Step::Tell { sender, nap }),
        3 => Just(Step::DropOldest),
        3 => Just(Step::PollOldest),
        2 => (0..5u64).prop_map(Step::Advance),
        2 => Just(Step::Idle),
        1 => Just(Step::Fail),
        1 => Just(Step::Deactivate),
        1 => Just(Step::Activate),
    ]
}

/// How the agent ends after the steps.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It is stopped at once.
    Stop,
    Kill,
    /// It is stopped when all that was asked of it is over.
    Settled,
}

/// The longest deadline of a timed call, in milliseconds.
const LONGEST: u64 = 5;

/// A call under way.
struct Underway {
    n: u64,
    /// Whether it has a deadline of its own.
    timed: bool,
    outcome: BoxFuture<'static, Result<u64, CallError>>,
}

/// What became of the messages.
#[derive(Default)]
struct Seen {
    /// Calls that were answered.
    answered: HashSet<u64>,
    /// What came back since it never ran.
    returned: HashSet<u64>,
    /// One-way messages that were accepted.
    told: HashSet<u64>,
    /// How many of those that fail were accepted.
    fails: u64,
}

impl Seen {
    fn told(&mut self, n: u64, told: &Result<(), TellError>) {
        let numbers = if told.is_ok() { &mut self.told } else { &mut self.returned };
        numbers.insert(n);
    }

    fn ended(&mut self, n: u64, outcome: Result<u64, CallError>) -> Result<(), TestCaseError> {
        match outcome {
            Ok(answer) => {
                prop_assert_eq!(answer, n, "each call gets its own answer");
                self.answered.insert(n);
            }
            Err(error) if error.started() == Some(false) => {
                prop_assert!(error.into_undelivered().is_some(), "what never started comes back");
                self.returned.insert(n);
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Checks it against what ran, how often the agent failed, and how many one-way messages were
    /// lost.
    fn agree(&self, ran: &HashSet<u64>, failed: u64, lost: u64) -> Result<(), TestCaseError> {
        prop_assert!(self.answered.is_subset(ran), "what was answered ran");
        prop_assert!(self.returned.is_disjoint(ran), "what came back never ran");
        let told = self.told.intersection(ran).count() as u64;
        let accepted = self.told.len() as u64 + self.fails;
        prop_assert_eq!(told + failed + lost, accepted, "what was accepted ran, or is listed");
        Ok(())
    }
}

/// Plays the steps; returns the trace's hash.
async fn play(seed: u64, steps: &[Step], end: End) -> Result<u64, TestCaseError> {
    let node = Node::simulated(seed);
    let state = Peer::default();
    let (lives, drops) = (state.lives.clone(), state.drops.clone());
    let (ran, disorder, failures) =
        (state.ran.clone(), state.disorder.clone(), state.failures.clone());
    let policy = Restart::default().limit(1_000, Duration::from_secs(1));
    let peer = node.launch(state).mailbox(4).restart(policy).await.unwrap();
    let (mut pending, mut seen) = (VecDeque::new(), Seen::default());
    for (n, step) in (1..).zip(steps) {
        match step.clone() {
            Step::Call { sender, nap } => {
                let outcome = peer.note(sender, n, nap).send().boxed();
                pending.push_back(Underway { n, timed: false, outcome });
            }
            Step::Timed { sender, nap, timeout } => {
                let call = peer.note(sender, n, nap).timeout(Duration::from_millis(timeout));
                pending.push_back(Underway { n, timed: true, outcome: call.send().boxed() });
            }
            Step::Tell { sender, nap } => seen.told(n, &peer.note(sender, n, nap).tell().now()),
            Step::DropOldest => drop(pending.pop_front()),
            Step::PollOldest => {
                if let Some(mut call) = pending.pop_front() {
                    match (&mut call.outcome).now_or_never() {
                        Some(outcome) => seen.ended(call.n, outcome)?,
                        None => pending.push_front(call),
                    }
                }
            }
            Step::Advance(millis) => node.advance(Duration::from_millis(millis)),
            Step::Idle => drop(node.run_until_idle()),
            Step::Fail => seen.fails += u64::from(peer.fail().tell().now().is_ok()),
            Step::Deactivate => drop(peer.deactivate().await.unwrap()),
            Step::Activate => drop(peer.activate().await.unwrap()),
        }
    }
    if let End::Settled = end {
        node.advance(Duration::from_millis(LONGEST));
    }
    peer.activate().await.unwrap();
    match end {
        End::Stop => drop(peer.stop()),
        End::Kill => drop(peer.kill()),
        End::Settled => {}
    }
    for mut call in pending {
        let outcome = if matches!(end, End::Settled) && call.timed {
            let outcome = (&mut call.outcome).now_or_never();
            outcome.ok_or_else(|| TestCaseError::fail("a deadline passed, and the call waits"))?
        } else {
            call.outcome.await
        };
        seen.ended(call.n, outcome)?;
    }
    peer.stop().await;
    prop_assert_eq!(lives.load(SeqCst), drops.load(SeqCst), "states are dropped exactly once");
    prop_assert_eq!(disorder.load(SeqCst), 0, "messages of one sender come in order");
    let lost = node.dead_letter_count();
    seen.agree(&ran.lock().unwrap(), failures.load(SeqCst), lost)?;
    Ok(node.trace().unwrap().hash)
}

/// How many random histories are tried.
const CASES: u32 = if cfg!(debug_assertions) { 300 } else { 3_000 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn every_call_ends_once_and_in_order_whatever_happens(
        seed in any::<u64>(),
        steps in proptest::collection::vec(step(), 0..80),
        end in prop_oneof![Just(End::Stop), Just(End::Kill), Just(End::Settled)],
    ) {
        quietly();
        let first = lyceum::block_on(play(seed, &steps, end))?;
        let second = lyceum::block_on(play(seed, &steps, end))?;
        prop_assert_eq!(first, second, "same seed, same trace");
    }
}
