//! Many callers on real threads: every call ends, every state is dropped once.
#![expect(clippy::disallowed_methods, reason = "what a test starts ends with it")]

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Barrier};

use futures_util::FutureExt;
use futures_util::future::join_all;
use lyceum::prelude::*;

const SWITCHES: u32 = 2_000;

#[derive(Default)]
struct Tally {
    born: AtomicU64,
    dropped: AtomicU64,
    arguments: AtomicU64,
}

struct Worker(Arc<Tally>);

impl Worker {
    fn new(tally: &Arc<Tally>) -> Self {
        tally.born.fetch_add(1, SeqCst);
        Self(tally.clone())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, SeqCst);
    }
}

/// Counts how many of it there are.
struct Token(Arc<Tally>);

impl Token {
    fn new(tally: &Arc<Tally>) -> Self {
        tally.arguments.fetch_add(1, SeqCst);
        Self(tally.clone())
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.arguments.fetch_sub(1, SeqCst);
    }
}

#[agent]
impl Worker {
    #[action(local)]
    fn quick(&mut self, token: Token) -> Token {
        token
    }

    #[action(local)]
    async fn yielding(&mut self, token: Token) -> Token {
        tokio::task::yield_now().await;
        token
    }

    #[action(local)]
    async fn shared(&self, token: Token, cx: &Context<Self>) -> Token {
        cx.sleep(Duration::from_micros(20)).await;
        token
    }

    #[action(local, cancel = "drop")]
    async fn fleeting(&self, token: Token, cx: &Context<Self>) -> Token {
        cx.sleep(Duration::from_millis(1)).await;
        token
    }

    #[action(local)]
    async fn beside(cx: Context<Self>, token: Token) -> Token {
        let _ = cx.with(|_| ()).await;
        token
    }

    #[action(local)]
    fn crash(&mut self, _token: Token) {
        panic!("as asked");
    }
}

/// One caller: all kinds of calls, some of them given up.
async fn call(worker: Handle<Worker>, tally: Arc<Tally>, rounds: u64) {
    let short = Duration::from_micros(50);
    for n in 0..rounds {
        let token = || Token::new(&tally);
        match n % 9 {
            0 => ended_in_time(worker.quick(token()).await),
            1 => ended_in_time(worker.yielding(token()).await),
            2 => ended_in_time(worker.shared(token()).await),
            3 => drop(worker.quick(token()).send()),
            4 => drop(worker.yielding(token()).timeout(short).await),
            5 => drop(worker.shared(token()).timeout(short).await),
            6 => drop(tokio::time::timeout(short, async { worker.fleeting(token()).await }).await),
            7 => ended_in_time(worker.beside(token()).await),
            _ => drop(worker.quick(token()).tell().await),
        }
    }
}

/// Nothing here takes as long as the default deadline: who hears of it was forgotten.
fn ended_in_time(result: Result<Token, CallError>) {
    if let Err(error @ CallError::Timeout(_)) = result {
        panic!("a call was forgotten: {error}, started: {:?}", error.started());
    }
}

fn quietly() {
    std::panic::set_hook(Box::new(|info| {
        if info.payload_as_str() != Some("as asked") {
            eprintln!("{info}");
        }
    }));
}

async fn storm(rounds: u64, harm: impl AsyncFn(&Handle<Worker>, &Arc<Tally>)) {
    quietly();
    let tally = Arc::new(Tally::default());
    let node = Node::builder().timeout(Duration::from_secs(10)).build().unwrap();
    for _ in 0..rounds {
        let state = tally.clone();
        let constructor = move || Ok::<_, String>(Worker::new(&state));
        let policy = Restart::default().limit(1_000_000, Duration::from_secs(1));
        let worker = node.launch_with(constructor).mailbox(16).restart(policy).await.unwrap();
        let callers: Vec<_> =
            (0..8).map(|_| tokio::spawn(call(worker.clone(), tally.clone(), 200))).collect();
        harm(&worker, &tally).await;
        for caller in join_all(callers).await {
            caller.unwrap();
        }
        drop(worker.stop().await);
    }
    node.shutdown().await;
    assert_eq!(tally.born.load(SeqCst), tally.dropped.load(SeqCst), "each state is dropped once");
    assert_eq!(tally.arguments.load(SeqCst), 0, "each argument and result is dropped once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_while_nothing_else_happens() {
    storm(10, async |_, _| ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_where_the_agent_is_killed_in_the_middle() {
    storm(30, async |worker, _| {
        tokio::task::yield_now().await;
        drop(worker.kill().await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_where_the_agent_is_stopped_in_the_middle() {
    storm(30, async |worker, _| {
        tokio::task::yield_now().await;
        drop(worker.stop().await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_where_the_agent_restarts_all_the_time() {
    storm(10, async |worker, tally| {
        for _ in 0..20 {
            drop(worker.crash(Token::new(tally)).await);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_where_the_agent_is_switched_off_and_on() {
    storm(10, async |worker, _| {
        for _ in 0..100 {
            worker.deactivate().await.unwrap();
            tokio::task::yield_now().await;
            worker.activate().await.unwrap();
        }
    })
    .await;
}

/// The mode was changed first and the mailbox's gate after it, so that a switch off and one on at
/// the same moment left an active agent that took no messages, for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agent_that_is_active_takes_messages_whoever_switched_it() {
    let tally = Arc::new(Tally::default());
    let node = Node::local();
    let worker = node.launch(Worker::new(&tally)).await.unwrap();
    for round in 0..SWITCHES {
        let gate = Arc::new(Barrier::new(2));
        let off = tokio::task::spawn_blocking({
            let (worker, gate) = (worker.clone(), gate.clone());
            move || {
                gate.wait();
                worker.deactivate().now_or_never()
            }
        });
        let on = tokio::task::spawn_blocking({
            let worker = worker.clone();
            move || {
                gate.wait();
                (0..1_000).any(|_| matches!(worker.activate().now_or_never(), Some(Ok(true))))
            }
        });
        let (_, on) = (off.await.unwrap(), on.await.unwrap());
        if on {
            let error = worker.quick(Token::new(&tally)).await.err();
            assert!(error.is_none(), "round {round}: {error:?}");
        }
        worker.activate().await.unwrap();
    }
}
