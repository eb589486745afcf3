//! Calls by name: deadlines, calls sent ahead, one-way messages, streams.

use futures_util::future::join_all;
use futures_util::{Stream, StreamExt, stream};
use lyceum::prelude::*;
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Clerk {
    done: u64,
}

#[agent]
impl Clerk {
    #[action]
    async fn work(&mut self, seconds: u64, cx: &Context<Self>) -> u64 {
        cx.sleep(SECOND * seconds as u32).await;
        self.done += 1;
        self.done
    }

    #[action]
    fn done(&self) -> u64 {
        self.done
    }

    #[action]
    fn count(&self, to: u64) -> impl Stream<Item = u64> + Send + 'static {
        stream::iter(1..=to)
    }
}

async fn clerk(node: &Node) -> AnyHandle {
    node.launch(Clerk::default()).mailbox(1).await.unwrap().any()
}

#[lyceum::test]
async fn call_waits_as_long_as_it_says() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let work = |seconds: u64| clerk.call("work", json!([seconds]));

    let error = work(2).timeout(SECOND).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(node.now().since_start(), SECOND);

    let error = work(9).deadline(node.now() + 2 * SECOND).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(node.now().since_start(), 3 * SECOND);

    assert_eq!(work(100).no_timeout().await.unwrap(), json!(3), "no answer yet, but they ran");
}

#[lyceum::test]
async fn call_sent_ahead_is_under_way_before_anybody_waits() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let pending = clerk.call("work", json!([5])).send();
    assert!(!pending.has_started());
    node.run_until_idle();
    assert!(pending.has_started());
    node.advance(10 * SECOND);
    assert_eq!(pending.await.unwrap(), json!(1));
    assert_eq!(node.now().since_start(), 10 * SECOND);
}

#[lyceum::test]
async fn call_sent_ahead_that_is_queued_is_taken_back_when_it_is_cancelled() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let first = clerk.call("work", json!([1])).send();
    node.run_until_idle();
    let second = clerk.call("work", json!([1])).send();
    node.run_until_idle();
    assert!(first.has_started() && !second.has_started());
    second.cancel();
    assert_eq!(clerk.stats().await.unwrap().queued, 0);
    first.await.unwrap();
    assert_eq!(clerk.call("done", json!([])).await.unwrap(), json!(1));
}

#[lyceum::test]
async fn call_sent_ahead_that_is_refused_says_so_when_it_is_awaited() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let refused = clerk.call("wrok", json!([1])).send();
    assert!(!refused.has_started());
    assert!(matches!(refused.await, Err(CallError::UnknownAction(_))));
    let refused = clerk.call("work", json!(["one"])).send();
    assert!(matches!(refused.await, Err(CallError::BadArguments(_))));
}

#[lyceum::test]
async fn calls_by_name_are_joined() {
    let node = Node::simulated(1);
    let clerks = [clerk(&node).await, clerk(&node).await];
    let calls = clerks.iter().map(|clerk| clerk.call("work", json!([3])));
    for answer in join_all(calls).await {
        assert_eq!(answer.unwrap(), json!(1));
    }
    assert_eq!(node.now().since_start(), 3 * SECOND, "side by side");
}

#[lyceum::test]
async fn message_that_is_sent_now_or_not_at_all_comes_back_from_a_full_mailbox() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let tell = || clerk.tell("work", json!([1]));
    tell().now().unwrap();
    let error = tell().now().unwrap_err();
    assert!(matches!(error, CallError::Overloaded(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    clerk.call("work", json!([1])).tell().await.unwrap();
    assert_eq!(node.now().since_start(), Duration::ZERO, "it waited for room alone");
    let error = clerk.call("work", json!(["one"])).tell().now().unwrap_err();
    assert!(matches!(error, CallError::BadArguments(_)), "{error}");
}

#[lyceum::test]
async fn one_way_message_waits_for_room_until_its_deadline() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    clerk.tell("work", json!([9])).await.unwrap();
    node.run_until_idle();
    clerk.tell("work", json!([9])).await.unwrap();
    let error = clerk.call("work", json!([9])).timeout(SECOND).tell().await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(node.now().since_start(), SECOND);
}

#[lyceum::test]
async fn stream_by_name_is_no_single_value_and_the_other_way_round() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let results = clerk.call("count", json!([3])).timeout(SECOND).stream().await.unwrap();
    assert_eq!(results.collect::<Vec<Value>>().await, [json!(1), json!(2), json!(3)]);
    let error = clerk.call("count", json!([3])).await.unwrap_err();
    assert!(error.to_string().contains("a stream of results, which `stream` receives"), "{error}");
    let error = clerk.call("done", json!([])).stream().await.unwrap_err();
    assert!(error.to_string().contains("one value, which `call` receives"), "{error}");
}
