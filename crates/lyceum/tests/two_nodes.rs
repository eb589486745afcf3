//! Nodes of one process whose agents call each other, each node on threads of its own.

use futures_util::future::join_all;
use lyceum::Call;
use lyceum::prelude::*;
use tokio::runtime::{Builder, Runtime};

/// How often the callers go around.
const ROUNDS: usize = 10;
/// How many orders a caller takes back for each that it makes.
const SECOND_THOUGHTS: usize = 100;

/// Makes the blocks of calls come and go.
struct Large([u8; 9_000]);

struct Worker;

#[agent]
impl Worker {
    #[action(local, queued)]
    async fn work(&mut self, large: Large) -> usize {
        tokio::task::yield_now().await;
        large.0.len()
    }
}

/// Has its workers work whenever it has nothing else to do.
struct Foreman {
    workers: Vec<Handle<Worker>>,
}

impl Foreman {
    async fn share_out(&self) -> usize {
        let calls = self.workers.iter().map(|worker| worker.work(Large([1; 9_000])));
        join_all(calls).await.into_iter().filter(Result::is_ok).count()
    }
}

#[agent]
impl Foreman {
    #[action]
    async fn produce(&mut self) -> usize {
        self.share_out().await
    }

    #[behaviour(cyclic)]
    async fn churn(&mut self) {
        self.share_out().await;
    }
}

/// Lives on the other node.
struct Customer {
    foremen: Vec<Handle<Foreman>>,
}

#[agent]
impl Customer {
    #[action(queued)]
    async fn order(&mut self) -> usize {
        let mut produced = 0;
        for foreman in &self.foremen {
            for _ in 0..SECOND_THOUGHTS {
                drop(foreman.produce().send());
            }
            produced += foreman.produce().await.unwrap_or(0);
        }
        produced
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn node_on(runtime: &Runtime) -> Node {
    Node::builder().runtime(runtime.handle().clone()).build().unwrap()
}

/// The graph of waits was followed across nodes under the lock of one of them: calls of the other
/// one were freed meanwhile.
#[test]
fn call_to_another_node_waits_for_a_turn_whose_own_calls_come_and_go() {
    let (here, there) = (runtime(), runtime());
    let (customers_node, foremen_node) = (node_on(&here), node_on(&there));
    let foremen = there.block_on(async {
        let mut foremen = Vec::new();
        for _ in 0..4 {
            let workers = foremen_node.launch_many((0..30).map(|_| Worker)).await.unwrap();
            foremen.push(foremen_node.launch(Foreman { workers }).await.unwrap());
        }
        foremen
    });

    here.block_on(async {
        let customers = (0..8).map(|_| Customer { foremen: foremen.clone() });
        let customers = customers_node.launch_many(customers).await.unwrap();
        for _ in 0..ROUNDS {
            for produced in join_all(customers.iter().map(|customer| customer.order())).await {
                assert_eq!(produced.unwrap(), 4 * 30);
            }
        }
    });
}

struct Peer;

#[agent]
impl Peer {
    /// Calls the other one, if there is one.
    #[action]
    async fn pass(&mut self, other: Option<Handle<Peer>>) -> String {
        match other {
            None => "done".into(),
            Some(other) => match other.pass(None).await {
                Ok(end) => end,
                Err(CallError::Reentrant(_)) => "reentrant".into(),
                Err(error) => error.to_string(),
            },
        }
    }
}

#[test]
fn calls_that_cross_between_nodes_always_end_with_an_answer_or_a_refusal() {
    let (here, there) = (runtime(), runtime());
    let (one, other) = (node_on(&here), node_on(&there));
    here.block_on(async {
        let (one, other) = (one.launch(Peer).await.unwrap(), other.launch(Peer).await.unwrap());
        let mut refused = 0;
        for _ in 0..1_000 {
            let calls = [one.pass(Some(other.clone())), other.pass(Some(one.clone()))];
            let ends = join_all(calls.map(Call::send)).await;
            let ends: Vec<_> = ends.into_iter().map(Result::unwrap).collect();
            assert!(ends.iter().any(|end| end == "done"), "{ends:?}");
            assert!(ends.iter().all(|end| end == "done" || end == "reentrant"), "{ends:?}");
            refused += ends.iter().filter(|end| *end == "reentrant").count();
        }
        assert!(refused > 0, "some of them crossed");
    });
}

struct Clerk {
    other: Option<Handle<Clerk>>,
}

#[agent]
impl Clerk {
    /// Returns until when the caller waits, in seconds of the node's time.
    #[action(queued)]
    async fn deadline(&self, cx: &Context<Self>) -> Result<u64, BoxError> {
        match &self.other {
            Some(other) => Ok(other.deadline().await?),
            None => Ok(cx.deadline().map_or(0, |time| time.since_start().as_secs())),
        }
    }
}

/// The deadline of a turn was taken for a time of the target's node, where it was long past.
#[tokio::test]
async fn call_to_an_older_node_inherits_the_time_that_is_left() {
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let node = || Node::builder().external_clock(start).build().unwrap();
    let (older, younger) = (node(), node());
    older.clock_driver().unwrap().advance(Duration::from_secs(100)).await;
    let older = older.launch(Clerk { other: None }).await.unwrap();
    let younger = younger.launch(Clerk { other: Some(older) }).await.unwrap();

    let deadline = younger.deadline().timeout(Duration::from_secs(5)).await.unwrap();

    assert_eq!(deadline, 105);
}
