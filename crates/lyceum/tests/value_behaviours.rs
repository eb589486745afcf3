//! Behaviours that are values: setup, run, teardown, and messages of their own.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::{BehaviourState, DownReason, Mode, OnFailure};

const SECOND: Duration = Duration::from_secs(1);

type Log = Arc<Mutex<Vec<String>>>;

#[derive(Default)]
struct Host {
    heard: Vec<String>,
}

#[agent]
impl Host {
    #[action(local)]
    fn add(&mut self, name: String, guest: Guest, cx: &Context<Self>) -> Result<bool, String> {
        cx.add_behaviour(&name, guest).map_err(|error| error.to_string())
    }

    #[action]
    async fn remove(&self, name: String, cx: &Context<Self>) -> bool {
        cx.remove_behaviour(&name).await
    }

    #[action]
    async fn stop_one(&self, name: String, cx: &Context<Self>) -> bool {
        cx.stop_behaviour(&name).await
    }

    #[action]
    fn heard(&self) -> Vec<String> {
        self.heard.clone()
    }
}

/// How a guest takes its messages.
#[derive(Clone, Copy, Default)]
enum Manner {
    #[default]
    Waits,
    Looks,
    WaitsUntil(Duration),
    FallsAsleep,
    Fails,
    FailsInSetup,
}

#[derive(Clone, Default)]
struct Guest {
    log: Log,
    manner: Manner,
    patterns: Vec<String>,
}

impl Guest {
    fn note(&self, text: impl Into<String>) {
        self.log.lock().unwrap().push(text.into());
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.note("drop");
    }
}

impl Behaviour<Host> for Guest {
    fn subscriptions(&self) -> Vec<String> {
        self.patterns.clone()
    }

    async fn setup(&mut self, _: &mut BehaviourContext<Host>) -> Result<(), BoxError> {
        self.note("setup");
        if matches!(self.manner, Manner::FailsInSetup) { Err("no".into()) } else { Ok(()) }
    }

    async fn run(&mut self, cx: &mut BehaviourContext<Host>) -> Result<(), BoxError> {
        self.note("run");
        let message = match self.manner {
            Manner::Waits => cx.receive().await,
            Manner::Looks => cx.try_receive(),
            Manner::WaitsUntil(time) => cx.receive_until(cx.now() + time).await,
            Manner::FallsAsleep => {
                cx.sleep(SECOND).await;
                cx.receive().await
            }
            Manner::Fails | Manner::FailsInSetup => return Err("no".into()),
        };
        let mut next = message;
        while let Some(message) = next {
            let line = format!("{} {}", message.topic(), message.decode::<u64>()?);
            cx.with(move |host| host.heard.push(line)).await?;
            next = match self.manner {
                Manner::Looks => cx.try_receive(),
                Manner::WaitsUntil(time) => cx.receive_timeout(time).await,
                _ => cx.receive().await,
            };
        }
        Ok(())
    }

    async fn teardown(&mut self, _: &mut BehaviourContext<Host>) -> Result<(), BoxError> {
        self.note("teardown");
        Ok(())
    }
}

async fn host(manner: Manner, patterns: &[&str]) -> (Node, Handle<Host>, Log) {
    let node = Node::simulated(1);
    let host = node.launch(Host::default()).on_error(OnFailure::GoOn).await.unwrap();
    let log = Log::default();
    let patterns = patterns.iter().map(|pattern| (*pattern).into()).collect();
    let guest = Guest { log: log.clone(), manner, patterns };
    assert!(host.add("guest".into(), guest).await.unwrap());
    (node, host, log)
}

fn lines(log: &Log) -> Vec<String> {
    log.lock().unwrap().clone()
}

#[lyceum::test]
async fn setup_comes_first_and_teardown_last_when_the_agent_stops() {
    let (node, host, log) = host(Manner::Waits, &["a"]).await;
    node.topics().publish("a", &1u64).unwrap();
    node.run_until_idle();
    assert_eq!(lines(&log), ["setup", "run"]);
    host.stop().await;
    assert_eq!(lines(&log), ["setup", "run", "teardown", "drop"]);
    assert_eq!(node.now().since_start(), Duration::ZERO);
}

#[lyceum::test]
async fn behaviour_hears_its_patterns_in_order_and_nothing_else() {
    let (node, host, _log) = host(Manner::Waits, &["a.*"]).await;
    for n in 0..100u64 {
        node.topics().publish("a.b", &n).unwrap();
        node.topics().publish("a", &n).unwrap();
    }
    node.run_until_idle();
    let expected: Vec<_> = (0..100).map(|n| format!("a.b {n}")).collect();
    assert_eq!(host.heard().await.unwrap(), expected);
}

#[lyceum::test]
async fn messages_before_the_first_receive_are_kept() {
    let (node, host, _log) = host(Manner::FallsAsleep, &["a", "b"]).await;
    node.run_until_idle();
    node.topics().publish("a", &1u64).unwrap();
    node.topics().publish("b", &2u64).unwrap();
    assert!(host.heard().await.unwrap().is_empty());
    node.advance(SECOND);
    assert_eq!(host.heard().await.unwrap(), ["a 1", "b 2"]);
}

/// A subscriber hears messages in the order in which they were published.
#[lyceum::test]
async fn messages_of_two_patterns_are_heard_in_the_order_of_publication() {
    let (node, host, _log) = host(Manner::FallsAsleep, &["a", "b"]).await;
    node.run_until_idle();
    for (topic, n) in [("b", 1u64), ("a", 2), ("b", 3), ("a", 4)] {
        node.topics().publish(topic, &n).unwrap();
    }
    node.advance(SECOND);
    assert_eq!(host.heard().await.unwrap(), ["b 1", "a 2", "b 3", "a 4"]);
}

#[lyceum::test]
async fn look_at_an_empty_queue_does_not_wait() {
    let (node, host, log) = host(Manner::Looks, &["a"]).await;
    node.run_until_idle();
    assert_eq!(lines(&log), ["setup", "run", "teardown", "drop"]);
    assert_eq!(host.status().await.unwrap().behaviours[0].state, BehaviourState::Done);
    assert_eq!(node.topics().publish("a", &1u64).unwrap(), 0, "its subscription ended with it");
}

#[lyceum::test]
async fn wait_until_a_deadline_ends_then_and_not_before() {
    let (node, host, log) = host(Manner::WaitsUntil(2 * SECOND), &["a"]).await;
    node.advance(SECOND * 3 / 2);
    node.topics().publish("a", &1u64).unwrap();
    node.advance(SECOND * 3 / 2);
    assert_eq!(lines(&log), ["setup", "run"], "the message started a new wait");
    node.advance(SECOND);
    assert_eq!(lines(&log), ["setup", "run", "teardown", "drop"]);
    assert_eq!(host.heard().await.unwrap(), ["a 1"]);
}

#[lyceum::test]
async fn slow_behaviour_keeps_the_newest_messages_and_the_lost_are_counted() {
    let (node, host, _log) = host(Manner::FallsAsleep, &["a"]).await;
    node.run_until_idle();
    for n in 0..2_000u64 {
        node.topics().publish("a", &n).unwrap();
    }
    assert_eq!(node.topics().lost(), 976);
    node.advance(SECOND);
    let heard = host.heard().await.unwrap();
    assert_eq!((heard.len(), heard[0].as_str(), heard[1_023].as_str()), (1_024, "a 976", "a 1999"));
}

#[lyceum::test]
async fn behaviour_without_subscriptions_waits_for_the_agent_to_stop() {
    let (node, host, log) = host(Manner::Waits, &[]).await;
    node.advance(100 * SECOND);
    assert_eq!(lines(&log), ["setup", "run"]);
    host.stop().await;
    assert_eq!(lines(&log), ["setup", "run", "teardown", "drop"]);
}

#[lyceum::test]
async fn removed_behaviour_is_dropped_without_teardown_and_hears_no_more() {
    let (node, host, log) = host(Manner::Waits, &["a"]).await;
    node.run_until_idle();
    assert!(host.remove("guest".into()).await.unwrap());
    assert_eq!(lines(&log), ["setup", "run", "drop"], "it is gone when the answer comes");
    assert_eq!(node.topics().publish("a", &1u64).unwrap(), 0);
    assert!(host.status().await.unwrap().behaviours.is_empty());
    assert!(!host.remove("guest".into()).await.unwrap());
}

#[lyceum::test]
async fn two_behaviours_of_one_name_do_not_go_together() {
    let (node, host, log) = host(Manner::Waits, &["a"]).await;
    let twin = Guest { log: log.clone(), manner: Manner::Waits, patterns: Vec::new() };
    assert!(!host.add("guest".into(), twin).await.unwrap());
    node.run_until_idle();
    assert_eq!(lines(&log), ["drop", "setup", "run"], "the second never ran");
    assert!(host.remove("guest".into()).await.unwrap());
    assert!(host.add("guest".into(), Guest::default()).await.unwrap(), "the name is free again");
}

#[lyceum::test]
async fn bad_pattern_is_refused_and_leaves_nothing() {
    let (node, host, log) = host(Manner::Waits, &[]).await;
    let patterns = vec!["fine".into(), "a..b".into()];
    let bad = Guest { log: Log::default(), manner: Manner::Waits, patterns };
    let error = host.add("bad".into(), bad).await.unwrap_err();
    assert!(error.to_string().contains("a..b"), "{error}");
    assert_eq!(
        (host.status().await.unwrap().behaviours.len(), node.topics().subscriptions()),
        (1, 0)
    );
    drop(log);
}

#[lyceum::test]
async fn failed_run_is_torn_down_and_then_a_failure_of_the_agent() {
    let node = Node::simulated(1);
    let host = node.launch(Host::default()).await.unwrap();
    let log = Log::default();
    let guest = Guest { log: log.clone(), manner: Manner::Fails, patterns: Vec::new() };
    host.add("guest".into(), guest).await.unwrap();
    let reason = host.ended().await;
    assert!(
        matches!(&reason, DownReason::Failed(text) if text.contains("behaviour `guest`: no")),
        "{reason}"
    );
    assert_eq!(lines(&log), ["setup", "run", "teardown", "drop"]);
}

#[lyceum::test]
async fn behaviour_whose_setup_fails_does_not_run() {
    let (node, host, log) = host(Manner::FailsInSetup, &["a"]).await;
    node.run_until_idle();
    assert_eq!(lines(&log), ["setup", "drop"]);
    assert_eq!(host.status().await.unwrap().behaviours[0].state, BehaviourState::Failed);
    assert_eq!(host.status().await.unwrap().mode, Mode::Active, "its policy says to go on");
}

#[lyceum::test]
async fn payload_of_another_type_is_the_behaviours_own_failure() {
    let (node, host, log) = host(Manner::Waits, &["a"]).await;
    node.run_until_idle();
    node.topics().publish("a", "no number").unwrap();
    node.run_until_idle();
    assert_eq!(lines(&log), ["setup", "run", "teardown", "drop"]);
    assert_eq!(host.status().await.unwrap().behaviours[0].state, BehaviourState::Failed);
}
