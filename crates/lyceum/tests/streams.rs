//! Actions that answer with a stream of results.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use futures_util::{Stream, StreamExt, stream};
use lyceum::Mode;
use lyceum::prelude::*;
use serde_json::json;

#[derive(Default)]
struct Source {
    made: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
}

struct OnDrop(Arc<AtomicU64>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[agent]
impl Source {
    #[action]
    fn count(&self, to: u64) -> impl Stream<Item = u64> + Send + 'static {
        let made = self.made.clone();
        stream::iter(1..=to).inspect(move |_| {
            made.fetch_add(1, SeqCst);
        })
    }

    /// One item, then nothing for ever.
    #[action]
    fn stall(&self) -> impl Stream<Item = u64> + Send + 'static {
        let guard = OnDrop(self.dropped.clone());
        stream::iter([1]).chain(stream::pending()).inspect(move |_| {
            let _held = &guard;
        })
    }

    #[action]
    fn crash(&self) -> impl Stream<Item = u64> + Send + 'static {
        stream::iter(0..3).inspect(|n| assert!(*n < 1, "as asked"))
    }
}

#[lyceum::test]
async fn results_come_in_order_and_end() {
    let node = Node::simulated(1);
    let source = node.launch(Source::default()).await.unwrap();
    let results: Vec<_> = source.count(1_000).await.unwrap().collect().await;
    assert_eq!(results, (1..=1_000).collect::<Vec<_>>());
}

#[lyceum::test]
async fn source_waits_for_a_slow_receiver() {
    let node = Node::simulated(1);
    let source = Source::default();
    let made = source.made.clone();
    let source = node.launch(source).await.unwrap();
    let mut results = source.count(1_000_000).await.unwrap();
    results.next().await.unwrap();
    node.run_until_idle();
    assert!(made.load(SeqCst) < 100, "{} were made ahead", made.load(SeqCst));
}

/// The job found out only when it had the next item.
#[lyceum::test]
async fn dropped_results_drop_a_stream_that_stalls() {
    let node = Node::simulated(1);
    let source = Source::default();
    let dropped = source.dropped.clone();
    let source = node.launch(source).await.unwrap();
    let mut results = source.stall().await.unwrap();
    assert_eq!(results.next().await, Some(1));
    assert_eq!(dropped.load(SeqCst), 0);
    drop(results);
    node.run_until_idle();
    assert_eq!(dropped.load(SeqCst), 1);
}

#[lyceum::test]
async fn stream_of_an_agent_that_stops_ends() {
    let node = Node::simulated(1);
    let source = node.launch(Source::default()).await.unwrap();
    let mut results = source.stall().await.unwrap();
    assert_eq!(results.next().await, Some(1));
    source.stop().await;
    assert_eq!(results.next().await, None);
    let failure = results.failure().unwrap();
    assert!(matches!(failure, CallError::Down(_)), "{failure}");
    assert!(failure.to_string().contains("it was stopped"), "{failure}");
    assert_eq!(results.next().await, None, "for ever");
}

/// A stream that was cut off looked like one that had come to its end, as if nothing had failed.
#[lyceum::test]
async fn stream_that_is_cut_off_says_why() {
    let node = Node::simulated(1);
    let source = node.launch(Source::default()).await.unwrap();

    let mut whole = source.count(100).await.unwrap();
    let mut crashed = source.crash().await.unwrap();
    let mut by_name = source.any().stream("crash", json!([])).await.unwrap();
    while whole.next().await.is_some() {}
    while crashed.next().await.is_some() {}
    while by_name.next().await.is_some() {}

    assert!(whole.failure().is_none());
    for failure in [crashed.failure().unwrap(), by_name.failure().unwrap()] {
        assert!(matches!(failure, CallError::Panicked(_)), "{failure}");
        let text = failure.to_string();
        assert!(text.contains("crash") && text.contains("as asked"), "{text}");
        assert_eq!(failure.started(), Some(true));
    }
    assert_eq!(source.stats().await.unwrap().failed, 2);
}

#[lyceum::test]
async fn stream_of_an_agent_that_restarts_says_so() {
    let node = Node::simulated(1);
    let launch = node.launch_with(|| Ok::<_, BoxError>(Source::default()));
    let source = launch.restart(Restart::default()).await.unwrap();
    let mut stalled = source.stall().await.unwrap();
    assert_eq!(stalled.next().await, Some(1));

    let crashed: Vec<_> = source.crash().await.unwrap().collect().await;

    assert_eq!((crashed, stalled.next().await), (vec![0], None));
    let failure = stalled.failure().unwrap();
    assert!(matches!(failure, CallError::Down(_)), "{failure}");
    assert!(failure.to_string().contains("it restarted"), "{failure}");
}

/// A panic beside the turns ended the agent, whatever its policy.
#[lyceum::test]
async fn stream_that_panics_ends_and_the_agent_goes_on() {
    let node = Node::simulated(1);
    let source = node.launch(Source::default()).await.unwrap();
    let results: Vec<_> = source.crash().await.unwrap().collect().await;
    node.run_until_idle();
    assert_eq!(results, [0]);
    assert_eq!(source.status().await.unwrap().mode, Mode::Active);
}

#[lyceum::test]
async fn results_are_received_as_json_without_the_type() {
    let node = Node::simulated(1);
    let source = node.launch(Source::default()).await.unwrap().any();
    let results: Vec<_> = source.stream("count", json!([3])).await.unwrap().collect().await;
    assert_eq!(results, [json!(1), json!(2), json!(3)]);
    let error = source.call("count", json!([3])).await.unwrap_err();
    assert!(error.to_string().contains("`stream`"), "{error}");
}
