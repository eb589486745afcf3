//! Mailboxes are bounded: what happens when one is full.
#![expect(clippy::disallowed_methods, reason = "what a test starts ends with it")]

use futures_util::FutureExt;
use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum::{Arguments, CallOptions, LostReason, Overflow};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

/// Sleeps when told, and notes what it hears meanwhile.
#[derive(Default)]
struct Sleeper {
    heard: Vec<u64>,
}

#[agent]
impl Sleeper {
    #[action]
    async fn nap(&mut self, cx: &Context<Self>) {
        cx.sleep(10 * SECOND).await;
    }

    #[action]
    async fn doze(&self, cx: &Context<Self>) {
        cx.sleep(10 * SECOND).await;
    }

    #[action]
    fn hear(&mut self, n: u64) {
        self.heard.push(n);
    }

    #[action]
    fn hear_text(&mut self, text: String) {
        self.heard.push(text.len() as u64);
    }

    #[action]
    fn heard(&self) -> Vec<u64> {
        self.heard.clone()
    }

    /// Tells itself so much that its mailbox is full.
    #[action]
    async fn fill_itself(&mut self, cx: &Context<Self>) -> String {
        loop {
            if let Err(error) = cx.handle().hear(0).tell().await {
                return error.to_string();
            }
        }
    }

    #[subscribe("news")]
    fn news(&mut self, n: u64) {
        self.heard.push(n);
    }
}

/// A sleeper with a mailbox of two, that naps.
async fn napping(node: &Node, overflow: Overflow) -> Handle<Sleeper> {
    let launch = node.launch(Sleeper::default()).mailbox(2).overflow(overflow);
    let sleeper = launch.await.unwrap();
    sleeper.nap().tell().now().unwrap();
    node.run_until_idle();
    sleeper
}

#[lyceum::test]
async fn tell_to_a_full_mailbox_waits_for_room() {
    let node = Node::simulated(1);
    let sleeper = napping(&node, Overflow::Wait).await;
    for n in 1..=3 {
        sleeper.hear(n).tell().await.unwrap();
    }
    assert_eq!(node.now().since_start(), 10 * SECOND, "the third waited");
    assert_eq!(sleeper.heard().await.unwrap(), [1, 2, 3]);
}

#[lyceum::test]
async fn tell_that_finds_no_room_before_its_deadline_comes_back() {
    let node = Node::simulated(1);
    let sleeper = napping(&node, Overflow::Wait).await;
    sleeper.hear(1).tell().await.unwrap();
    sleeper.hear(2).tell().await.unwrap();

    let error = sleeper.hear(3).timeout(SECOND).tell().await.unwrap_err();

    assert!(matches!(error, TellError::Timeout(_)), "{error}");
    assert_eq!(error.into_undelivered().unwrap().action(), "hear");
    assert_eq!(node.now().since_start(), SECOND);
    assert_eq!(sleeper.heard().await.unwrap(), [1, 2]);
}

#[lyceum::test]
async fn full_mailbox_that_fails_gives_messages_back() {
    let node = Node::simulated(1);
    let sleeper = napping(&node, Overflow::Fail).await;
    sleeper.hear(1).tell().await.unwrap();
    sleeper.hear(2).tell().await.unwrap();

    let (told, called) = (sleeper.hear(3).tell().await, sleeper.hear(4).await);

    assert!(matches!(told.unwrap_err(), TellError::Overloaded(_)));
    let error = called.unwrap_err();
    assert!(matches!(error, CallError::Overloaded(_)), "{error}");
    assert_eq!(error.started(), Some(false));
    assert!(error.into_undelivered().is_some());
    node.advance(10 * SECOND);
    assert_eq!(sleeper.heard().await.unwrap(), [1, 2]);
}

#[lyceum::test]
async fn full_mailbox_that_drops_the_oldest_takes_the_newest() {
    let node = Node::simulated(1);
    let sleeper = napping(&node, Overflow::DropOldest).await;
    let evicted = sleeper.hear(1).send();
    for n in 2..=4 {
        sleeper.hear(n).tell().await.unwrap();
    }
    let error = evicted.await.unwrap_err();
    assert!(matches!(error, CallError::Overloaded(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    let letters = node.dead_letters();
    assert_eq!((letters.len(), letters[0].reason), (1, LostReason::Overflow), "2 was a tell");
    node.advance(10 * SECOND);
    assert_eq!(sleeper.heard().await.unwrap(), [3, 4]);
}

/// Nobody looked at what stood behind the evicted message before a turn ended.
#[lyceum::test]
async fn message_that_an_evicted_one_kept_from_starting_starts() {
    let node = Node::simulated(1);
    let launch = node.launch(Sleeper::default()).mailbox(2).overflow(Overflow::DropOldest);
    let sleeper = launch.await.unwrap();
    sleeper.doze().tell().now().unwrap();
    node.run_until_idle();
    let exclusive = sleeper.hear(1).send();
    let behind = sleeper.heard().send();
    node.run_until_idle();

    let newest = sleeper.heard().send();

    assert!(matches!(exclusive.await, Err(CallError::Overloaded(_))));
    assert!(behind.await.unwrap().is_empty() && newest.await.unwrap().is_empty());
    assert_eq!(node.now().since_start(), Duration::ZERO, "nobody waited for the turn that runs");
}

#[lyceum::test]
async fn full_mailbox_that_drops_the_newest_counts_lost_tells() {
    let node = Node::simulated(1);
    let sleeper = napping(&node, Overflow::DropNewest).await;
    for n in 1..=3 {
        sleeper.hear(n).tell().await.unwrap();
    }
    let error = sleeper.hear(4).await.unwrap_err();
    assert!(matches!(error, CallError::Overloaded(_)), "{error}");
    assert_eq!(node.dead_letter_count(), 1);
    node.advance(10 * SECOND);
    assert_eq!(sleeper.heard().await.unwrap(), [1, 2]);
}

#[lyceum::test]
async fn answers_and_pings_get_past_a_full_mailbox() {
    let node = Node::simulated(1);
    let sleeper = napping(&node, Overflow::Fail).await;
    sleeper.hear(1).tell().await.unwrap();
    sleeper.hear(2).tell().await.unwrap();
    assert_eq!(sleeper.ping().await.unwrap(), Duration::ZERO);
}

#[lyceum::test]
async fn exclusive_turn_that_would_wait_for_its_own_mailbox_is_overloaded() {
    let node = Node::simulated(1);
    let sleeper = node.launch(Sleeper::default()).mailbox(2).await.unwrap();
    let text = sleeper.fill_itself().await.unwrap();
    assert!(text.contains("the mailbox is full"), "{text}");
    assert_eq!(node.now().since_start(), Duration::ZERO);
}

/// Room was given to those who wait only when the agent took its next message.
#[lyceum::test]
async fn room_that_a_dropped_call_leaves_goes_to_the_tell_that_waits() {
    let node = Node::simulated(1);
    let sleeper = napping(&node, Overflow::Wait).await;
    let dropped = sleeper.hear(1).send();
    sleeper.hear(2).tell().await.unwrap();
    let mut waiting = Box::pin(sleeper.hear(3).timeout(SECOND).tell());
    // Once is enough to be sent: time stands still.
    let _ = (&mut waiting).now_or_never();
    node.run_until_idle();
    drop(dropped);
    assert!(waiting.await.is_ok(), "there is room");
    assert!(node.now().since_start() < SECOND);
}

#[lyceum::test]
async fn encoded_bytes_bound_a_mailbox_too() {
    let node = Node::simulated(1);
    let launch = node.launch(Sleeper::default()).mailbox_bytes(100).overflow(Overflow::Fail);
    let sleeper = launch.await.unwrap();
    sleeper.nap().tell().now().unwrap();
    node.run_until_idle();
    let any = sleeper.any();
    let hear = |bytes| {
        let arguments = Arguments::from(json!(["some text"]));
        let options = CallOptions::within(20 * SECOND).encoded_bytes(bytes);
        any.call_with("hear_text", arguments, options)
    };
    let calls = join_all([hear(60), hear(60), hear(40)]).await;
    let fits: Vec<_> = calls.iter().map(Result::is_ok).collect();
    assert_eq!(fits, [true, false, true]);
    assert!(hear(1_000).await.is_ok(), "a large one is admitted alone");
}

/// Nothing told the mailbox how large calls by name are, so that 16 MiB were no bound: five
/// messages of a megabyte waited in a mailbox of 100 bytes.
#[lyceum::test]
async fn arguments_of_calls_by_name_count_as_bytes_of_a_mailbox() {
    let node = Node::simulated(1);
    let launch = node.launch(Sleeper::default()).mailbox_bytes(100).overflow(Overflow::Fail);
    let sleeper = launch.await.unwrap();
    sleeper.nap().tell().now().unwrap();
    node.run_until_idle();
    let any = sleeper.any();
    let hear = |bytes| any.call("hear_text", json!({ "text": "x".repeat(bytes) }));

    hear(1_000_000).tell().await.unwrap();
    let told = [hear(40).tell().await, hear(40).tell().now()];
    let called = [hear(40).await, hear(40).send().await];

    for error in told.map(Result::unwrap_err).into_iter().chain(called.map(Result::unwrap_err)) {
        assert!(matches!(error, CallError::Overloaded(_)), "{error}");
    }
    assert_eq!(sleeper.stats().await.unwrap().queued, 1, "a large one is admitted alone");
    node.advance(10 * SECOND);
    assert_eq!(sleeper.heard().await.unwrap(), [1_000_000]);
}

/// Publications counted as messages alone; one that replaced the oldest could be of any size.
#[lyceum::test]
async fn publication_makes_as_many_older_ones_give_way_as_it_has_bytes() {
    let node = Node::simulated(1);
    let sleeper = node.launch(Sleeper::default()).mailbox_bytes(10).await.unwrap();
    sleeper.nap().tell().now().unwrap();
    node.run_until_idle();
    for n in [11, 22, 33, 44, 55] {
        node.topics().publish("news", &n).unwrap();
    }
    assert_eq!(node.topics().lost(), 0, "five times two bytes fit");

    node.topics().publish("news", &66_666).unwrap();

    assert_eq!(node.topics().lost(), 3);
    node.advance(10 * SECOND);
    assert_eq!(sleeper.heard().await.unwrap(), [44, 55, 66_666]);
}

#[lyceum::test]
async fn publishing_never_waits_and_a_full_subscriber_loses_its_oldest_publication() {
    let node = Node::simulated(1);
    let sleeper = napping(&node, Overflow::Wait).await;
    for n in 1..=5u64 {
        assert_eq!(node.topics().publish("news", &n).unwrap(), 1);
    }
    assert_eq!(node.now().since_start(), Duration::ZERO);
    assert_eq!(node.topics().lost(), 3, "the loss is counted");
    node.advance(10 * SECOND);
    assert_eq!(sleeper.heard().await.unwrap(), [4, 5]);
}

#[lyceum::test]
async fn flooding_sender_does_not_starve_a_quiet_one() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let sleeper = node.launch(Sleeper::default()).mailbox(64).await.unwrap();
        let flood = sleeper.clone();
        let flooding = tokio::spawn(async move {
            for n in 0..10_000 {
                flood.hear(n).tell().await.unwrap();
            }
        });
        tokio::task::yield_now().await;
        let before = sleeper.stats().await.unwrap().received;
        let call = sleeper.heard().send();
        let ahead = call.await.unwrap().len() as u64;
        assert!(ahead <= before + 64, "seed {seed}: {ahead} of {before} messages went ahead");
        flooding.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flooding_sender_does_not_starve_a_quiet_one_on_threads() {
    let node = Node::local();
    let sleeper = node.launch(Sleeper::default()).mailbox(64).await.unwrap();
    let flood = sleeper.clone();
    let flooding = tokio::spawn(async move {
        loop {
            flood.hear(0).tell().await.unwrap();
        }
    });
    for _ in 0..100 {
        sleeper.hear(1).await.unwrap();
    }
    flooding.abort();
}
