//! Durable calls: kept until they are answered, whoever dies.

use lyceum::prelude::*;
use lyceum_exchange::academy::AcademyExt;
use serde_json::json;

use crate::agents::{Clerk, Doomed, MAILBOX, Watch, address, url};
use crate::house::{House, Plan};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_call_waits_for_an_agent_that_starts_later() {
    let house = House::open().await;
    Doomed::serving(&house, &Watch::default()).await.node.shutdown().await;
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();

    let waiting = clerk.add(2).durable().send();
    let server = Doomed::serving(&house, &Watch::default()).await;

    assert_eq!(waiting.await.unwrap(), 2);
    client.shutdown().await;
    server.node.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_a_durable_action_waits_though_its_caller_says_nothing() {
    let house = House::open().await;
    Doomed::serving(&house, &Watch::default()).await.node.shutdown().await;
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();

    clerk.book(1).tell().await.unwrap();
    drop(clerk.book(2).send());
    let waiting = clerk.book(4).send();
    let server = Doomed::serving(&house, &Watch::default()).await;

    assert_eq!(waiting.await.unwrap(), 7, "and what is dropped is not taken back");
    client.shutdown().await;
    server.node.shutdown().await;
    house.close().await.unwrap();
}

/// Who called by name had a deadline of 30 s, and what he sent was lost with the program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_by_name_of_a_durable_action_waits_as_a_typed_one_does() {
    let house = House::open().await;
    Doomed::serving(&house, &Watch::default()).await.node.shutdown().await;
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap().any();

    clerk.call("book", json!([1])).tell().await.unwrap();
    drop(clerk.call("book", json!([2])).send());
    let waiting = clerk.call("book", json!([4])).send();
    let short = clerk.call("add", json!([8])).timeout(Duration::from_millis(20)).await;
    assert!(matches!(short, Err(CallError::Timeout(_))), "{short:?}");
    let server = Doomed::serving(&house, &Watch::default()).await;

    assert_eq!(waiting.await.unwrap(), json!(7), "and what is dropped is not taken back");
    client.shutdown().await;
    server.node.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_next_program_says_of_an_action_counts() {
    let house = House::open().await;
    Doomed::serving(&house, &Watch::default()).await.node.shutdown().await;
    let short = Duration::from_millis(20);
    let client = Node::builder().timeout(short).build().unwrap();
    let server = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap().any();
    let teller = server.launch(Teller).await.unwrap();
    let register = server.register_mailbox(&url(&house), &teller.any()).id(MAILBOX);
    register.keep().await.unwrap().stop().await;

    let error = clerk.call("book", json!([1])).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    for node in [client, server] {
        node.shutdown().await;
    }
    house.close().await.unwrap();
}

/// Has an action of the same name that is not durable.
struct Teller;

#[agent]
impl Teller {
    #[action]
    fn book(&self, n: u64) -> u64 {
        n
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_agent_did_not_answer_is_delivered_again_and_says_so() {
    let house = House::open().await;
    let watch = Watch::default();
    let first = Doomed::serving(&house, &watch).await;
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();
    let waiting = clerk.wait().durable().send();
    watch.begun.notified().await;

    first.kill();
    let second = Doomed::serving(&house, &watch).await;
    watch.begun.notified().await;
    watch.gate.notify_one();

    assert_eq!(waiting.await.unwrap(), 2);
    assert_eq!(*watch.attempts.lock().unwrap(), [1, 2]);
    client.shutdown().await;
    second.node.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tracked_call_of_a_killed_agent_fails_and_does_not_run_again() {
    let house = House::open().await;
    let watch = Watch::default();
    let first = Doomed::serving(&house, &watch).await;
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();
    let waiting = clerk.wait().no_timeout().send();
    watch.begun.notified().await;

    first.kill();
    let second = Doomed::serving(&house, &watch).await;

    let error = waiting.await.unwrap_err();
    assert!(matches!(error, CallError::Down(_)), "{error}");
    assert_eq!(clerk.add(1).await.unwrap(), 1);
    assert_eq!(*watch.attempts.lock().unwrap(), [1]);
    client.shutdown().await;
    second.node.shutdown().await;
    house.close().await.unwrap();
}

/// Waits until the server has noticed that a link is gone, and no program came back.
async fn left(house: &House) {
    house.pass(Duration::from_secs(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_callers_of_an_agent_that_does_not_come_back_are_told() {
    let house = House::open().await;
    let watch = Watch::default();
    let first = Doomed::serving(&house, &watch).await;
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();
    let waiting = clerk.wait().no_timeout().send();
    watch.begun.notified().await;

    first.kill();
    let told = async {
        let mut waiting = waiting;
        loop {
            left(&house).await;
            tokio::select! {
                outcome = &mut waiting => return outcome,
                () = tokio::task::yield_now() => {}
            }
        }
    };

    let error = told.await.unwrap_err();
    assert!(matches!(error, CallError::Down(_)), "{error}");
    client.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_so_many_deliveries_it_is_a_dead_letter_and_the_caller_is_told() {
    let mut plan = Plan::default();
    plan.settings.limits.deliveries = 2;
    let house = House::build(plan).await;
    let watch = Watch::default();
    let client = Node::local();
    let mut server = Doomed::serving(&house, &watch).await;
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();
    let waiting = clerk.wait().durable().send();
    for _ in 0..2 {
        watch.begun.notified().await;
        server.kill();
        server = Doomed::serving(&house, &watch).await;
    }

    let error = waiting.await.unwrap_err();

    assert!(matches!(error, CallError::Down(_)), "{error}");
    assert!(format!("{error:?}").contains("dead letter"), "{error:?}");
    assert_eq!(*watch.attempts.lock().unwrap(), [1, 2]);
    client.shutdown().await;
    server.node.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_is_set_ends_a_durable_call_too() {
    let house = House::open().await;
    let watch = Watch::default();
    let server = Doomed::serving(&house, &watch).await;
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();

    let error = clerk.wait().durable().timeout(Duration::from_millis(20)).await.unwrap_err();

    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    client.shutdown().await;
    server.kill();
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_keeps_nothing_refuses_and_gives_the_message_back() {
    let house = House::open().await;
    let server = Doomed::serving(&house, &Watch::default()).await;
    let client = Node::local();
    let http = format!("academy+http://{}/{MAILBOX}", house.address);
    let clerk = client.connect::<Clerk>(&http).await.unwrap();

    let error = clerk.add(1).durable().await.unwrap_err();

    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    assert!(error.fault().unwrap().message.is_some());
    assert_eq!(clerk.add(1).await.unwrap(), 1, "the refused one did not run");
    client.shutdown().await;
    server.node.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_call_to_an_agent_of_the_same_node_is_a_call() {
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    assert_eq!(clerk.add(3).durable().await.unwrap(), 3);
    node.shutdown().await;
}
