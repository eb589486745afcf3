//! Topics: published once, heard by whoever's pattern matches.

use lyceum::PublishError;
use lyceum::prelude::*;

#[derive(Default)]
struct Worker {
    heard: Vec<u64>,
}

#[agent]
impl Worker {
    #[subscribe("jobs.*", group = "workers")]
    fn job(&mut self, n: u64) {
        self.heard.push(n);
    }

    #[subscribe("all.#")]
    fn all(&mut self, n: u64) {
        self.heard.push(n);
    }

    #[action]
    async fn rest(&mut self, cx: &Context<Self>) {
        cx.sleep(Duration::from_secs(10)).await;
    }

    #[action]
    fn heard(&self) -> Vec<u64> {
        self.heard.clone()
    }
}

#[lyceum::test]
async fn subscriber_hears_in_the_order_of_publication_and_nothing_else() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let worker = node.launch(Worker::default()).await.unwrap();
        for n in 0..100u64 {
            node.topics().publish(if n % 2 == 0 { "all.even" } else { "all" }, &n).unwrap();
            node.topics().publish("nothing.of.it", &n).unwrap();
        }
        assert_eq!(worker.heard().await.unwrap(), (0..100).collect::<Vec<_>>());
    }
}

#[lyceum::test]
async fn message_for_a_group_is_heard_by_one_member() {
    let node = Node::simulated(1);
    let workers = node.launch_many((0..3).map(|_| Worker::default())).await.unwrap();
    for n in 0..30u64 {
        assert_eq!(node.topics().publish("jobs.new", &n).unwrap(), 1);
    }
    let mut all = Vec::new();
    for worker in &workers {
        let heard = worker.heard().await.unwrap();
        assert_eq!(heard.len(), 10, "they take turns");
        all.extend(heard);
    }
    all.sort_unstable();
    assert_eq!(all, (0..30).collect::<Vec<_>>());
}

/// A member that is switched off was chosen, and the message was lost.
#[lyceum::test]
async fn message_for_a_group_goes_to_a_member_that_is_active() {
    let node = Node::simulated(1);
    let workers = node.launch_many((0..2).map(|_| Worker::default())).await.unwrap();
    workers[0].deactivate().await.unwrap();
    for n in 0..10u64 {
        node.topics().publish("jobs.new", &n).unwrap();
    }
    assert_eq!(workers[1].heard().await.unwrap(), (0..10).collect::<Vec<_>>());
}

/// A message for a group counted as lost when its first member was full and the next one took it.
#[lyceum::test]
async fn message_for_a_group_is_lost_only_if_no_member_takes_it() {
    let node = Node::simulated(1);
    let mut full = Vec::new();
    for _ in 0..2 {
        let worker = node.launch(Worker::default()).mailbox(1).await.unwrap();
        worker.rest().tell().now().unwrap();
        node.run_until_idle();
        // A call, which no publication pushes out.
        full.push(worker.heard().send());
        node.run_until_idle();
    }
    assert_eq!(node.topics().publish("jobs.new", &1u64).unwrap(), 0);
    assert_eq!(node.topics().lost(), 1, "one message, however many had no room");

    let free = node.launch(Worker::default()).await.unwrap();
    for n in 2..5u64 {
        assert_eq!(node.topics().publish("jobs.new", &n).unwrap(), 1);
    }

    assert_eq!(node.topics().lost(), 1);
    assert_eq!(free.heard().await.unwrap(), [2, 3, 4]);
}

#[lyceum::test]
async fn inactive_agent_does_not_count_as_one_that_got_the_message() {
    let node = Node::simulated(1);
    let worker = node.launch(Worker::default()).await.unwrap();
    worker.deactivate().await.unwrap();
    assert_eq!(node.topics().publish("all", &1u64).unwrap(), 0);
}

#[lyceum::test]
async fn bad_pattern_and_bad_topic_are_refused_with_a_reason() {
    let node = Node::simulated(1);
    for pattern in ["", "a..b", "a b", "a.b*", ".a", &"x".repeat(300)] {
        let error = node.topics().listen(pattern).unwrap_err();
        assert!(!error.to_string().is_empty(), "{error}");
    }
    let error = node.topics().publish("alarm.*", &1u64).unwrap_err();
    assert!(matches!(error, PublishError::Topic(_)), "{error}");
    assert_eq!(node.topics().subscriptions(), 0);
}

#[lyceum::test]
async fn payload_of_another_type_is_no_failure_of_the_subscriber() {
    let node = Node::simulated(1);
    let worker = node.launch(Worker::default()).await.unwrap();
    node.topics().publish("all", "no number").unwrap();
    node.topics().publish("all", &1u64).unwrap();
    assert_eq!(worker.heard().await.unwrap(), [1]);
}

#[lyceum::test]
async fn slow_listener_keeps_the_newest_and_counts_the_lost() {
    let node = Node::simulated(1);
    let mut listener = node.topics().listen("#").unwrap();
    for n in 0..2_000u64 {
        node.topics().publish("a", &n).unwrap();
    }
    assert_eq!((listener.lost(), node.topics().lost()), (976, 976));
    assert_eq!(listener.receive().await.unwrap().decode::<u64>().unwrap(), 976);
}

#[lyceum::test]
async fn subscriptions_end_with_their_agent() {
    let node = Node::simulated(1);
    let worker = node.launch(Worker::default()).await.unwrap();
    assert_eq!(node.topics().subscriptions(), 2);
    worker.kill().await;
    assert_eq!(node.topics().subscriptions(), 0);
}
