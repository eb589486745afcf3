//! Handles: compared, stored, sent, revived.

use lyceum::prelude::*;
use lyceum::{Mode, OnFailure};
use serde_json::json;

#[derive(Default)]
struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action]
    async fn add_at(&self, other: Handle<Counter>, n: u64) -> u64 {
        other.add(n).await.unwrap_or(0)
    }

    /// Calls another every second, beside everything.
    #[action]
    async fn nag(cx: Context<Self>, other: Handle<Counter>) -> String {
        loop {
            cx.sleep(Duration::from_secs(1)).await;
            if let Err(error) = other.add(1).no_timeout().await {
                return error.to_string();
            }
        }
    }

    #[action]
    fn start_a_job_that_panics(&self, cx: &Context<Self>) {
        cx.job(async { panic!("as asked") }, |_, ()| {});
    }
}

struct Sleeper;

#[agent]
impl Sleeper {
    #[action]
    async fn sleep(&self, seconds: u64, cx: &Context<Self>) {
        cx.sleep(Duration::from_secs(seconds)).await;
    }
}

#[lyceum::test]
async fn handle_is_eight_bytes_and_shows_type_and_address() {
    let node = Node::simulated(1);
    let counter = node.launch(Counter::default()).await.unwrap();
    assert_eq!(size_of::<Handle<Counter>>(), 8);
    assert_eq!(counter.to_string(), format!("Counter('{}')", counter.address()));
}

/// Their ids were drawn from the seed alone, and the younger took the place of the elder.
#[lyceum::test]
async fn handle_revives_at_its_own_node_although_another_has_the_same_seed() {
    let (one, two) = (Node::simulated(7), Node::simulated(7));
    let (first, second) = (
        one.launch(Counter::default()).await.unwrap(),
        two.launch(Counter::default()).await.unwrap(),
    );
    let text = serde_json::to_string(&first).unwrap();
    let revived: Handle<Counter> = serde_json::from_str(&text).unwrap();
    assert!(revived == first && revived != second);
    drop((two, second));
    assert!(serde_json::from_str::<Handle<Counter>>(&text).is_ok(), "its node lives");
}

#[lyceum::test]
async fn handle_of_an_agent_that_is_gone_is_not_revived() {
    let node = Node::simulated(2);
    let counter = node.launch(Counter::default()).await.unwrap();
    let text = serde_json::to_string(&counter).unwrap();
    counter.stop().await;
    let error = serde_json::from_str::<Handle<Counter>>(&text).unwrap_err();
    assert!(error.to_string().contains("no agent goes by that address"), "{error}");
}

#[lyceum::test]
async fn handle_in_a_message_works_where_it_arrives() {
    let node = Node::simulated(3);
    let (one, two) = (
        node.launch(Counter::default()).await.unwrap(),
        node.launch(Counter::default()).await.unwrap(),
    );
    let answer = one.any().call("add_at", json!([two, 5])).await.unwrap();
    assert_eq!(answer, json!(5));
    assert_eq!(two.add(0).await.unwrap(), 5);
}

#[lyceum::test]
async fn inactive_agent_receives_nothing_until_it_is_activated() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let counter = node.launch(Counter::default()).await.unwrap();
        assert!(counter.deactivate().await.unwrap());
        let error = counter.add(1).await.unwrap_err();
        assert!(matches!(error, CallError::Inactive(_)), "{error}");
        assert!(error.into_undelivered().is_some());
        assert!(matches!(counter.add(1).tell().await, Err(TellError::Inactive(_))));
        assert_eq!(counter.status().await.unwrap().mode, Mode::Inactive);
        assert!(counter.activate().await.unwrap());
        assert_eq!(counter.add(1).await.unwrap(), 1);
    }
}

/// A call that ran at once in its caller was not refused.
#[lyceum::test]
async fn inactive_agent_sends_nothing() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let (nagging, other) = (
            node.launch(Counter::default()).await.unwrap(),
            node.launch(Counter::default()).await.unwrap(),
        );
        let nag = nagging.nag(other.clone()).no_timeout().send();
        node.advance(Duration::from_millis(1_500));
        nagging.deactivate().await.unwrap();
        node.advance(Duration::from_millis(1_500));
        assert_eq!(other.add(0).await.unwrap(), 1, "seed {seed}");
        let text = nag.await.unwrap();
        assert!(text.contains("an inactive agent sends nothing"), "{text}");
    }
}

#[lyceum::test]
async fn agent_goes_on_after_a_panic_in_a_job_if_its_policy_says_so() {
    let node = Node::simulated(1);
    let counter = node.launch(Counter::default()).on_panic(OnFailure::GoOn).await.unwrap();
    counter.start_a_job_that_panics().await.unwrap();
    node.run_until_idle();
    assert_eq!(counter.status().await.unwrap().mode, Mode::Active);
}

#[lyceum::test]
async fn unknown_name_leads_to_nobody() {
    let node = Node::simulated(1);
    node.launch(Counter::default()).named("counter").await.unwrap();
    assert!(node.find().name::<Counter>("nobody").is_none());
    assert!(node.find().name::<Counter>("not a name!").is_none());
    assert!(node.find().name::<Counter>("counter").is_some());
}

#[lyceum::test]
async fn a_handle_has_a_default_deadline_of_its_own() {
    let node = Node::simulated(1);
    let sleeper = node.launch(Sleeper).await.unwrap();
    let hasty = sleeper.with_timeout(Duration::from_secs(1));
    let start = node.now();

    let error = hasty.sleep(5).await.unwrap_err();

    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(node.now() - start, Duration::from_secs(1));
    assert!(hasty.sleep(5).timeout(Duration::from_secs(10)).await.is_ok(), "a call's own is first");
    assert!(sleeper.sleep(5).await.is_ok(), "the other handle is as before");
    let error = hasty.any().call("sleep", serde_json::json!([5])).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(hasty, sleeper);
}
