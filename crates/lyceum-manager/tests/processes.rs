//! Agents in child processes, which are killed, fail, talk, and start again.

#[path = "../examples/farm/agents.rs"]
mod agents;
#[path = "processes/farm.rs"]
mod farm;

use std::sync::{Arc, Mutex};

use agents::{Counter, Dud, Sleeper};
use farm::{farm, pid, until, wait_for_end, watch};
use futures_util::future::join_all;
use lyceum::Backoff;
use lyceum::manager::{
    ChildProcess, Exit, Health, Manager, ManagerBuilder, OutputLine, StartError, State, Stream,
};
use lyceum::prelude::*;
use rustix::process::{Signal, kill_process};
use serde_json::json;

async fn manager_with(set: impl FnOnce(ManagerBuilder) -> ManagerBuilder) -> Manager {
    let launcher = ChildProcess::of(farm()).expect("there are threads");
    set(Manager::builder(&Node::local())).start(launcher).await.expect("it starts")
}

async fn manager() -> Manager {
    manager_with(|builder| builder).await
}

#[tokio::test]
async fn agent_in_a_child_process_has_an_ordinary_handle() {
    let manager = manager().await;

    let counter: Handle<Counter> = manager.launch(&json!({ "value": 3 })).await.unwrap();

    assert_eq!(counter.add(2).await.unwrap(), 5);
    let process = counter.process().await.unwrap();
    assert_ne!(process, std::process::id());
    let health = manager.health("counter-1").await.unwrap();
    assert_eq!((health.state, health.process), (State::Up, Some(process)));
    assert!(health.ping.is_some());
    let any = manager.launch_any("Counter", json!(null)).named("any").await.unwrap();
    assert_eq!(any.call("add", json!([1])).await.unwrap(), 1);
    assert_eq!(manager.list().len(), 2);
}

#[tokio::test]
async fn handle_is_passed_from_child_to_child() {
    let manager = manager().await;
    let one: Handle<Counter> = manager.launch(&()).await.unwrap();
    let two: Handle<Counter> = manager.launch(&()).await.unwrap();

    assert_eq!(one.add_at(two.clone(), 4).await.unwrap(), 4);
    assert_eq!(two.add(1).await.unwrap(), 5);
}

#[tokio::test]
async fn killed_child_ends_its_calls_and_is_started_again() {
    let manager = manager().await;
    let launch = manager.launch::<Counter>(&()).named("counter").restart(Restart::default());
    let counter = launch.await.unwrap();
    let former = counter.process().await.unwrap();
    let calls: Vec<_> = (0..100).map(|_| counter.wait().no_timeout().send()).collect();
    // They all have arrived when an exclusive action behind them has run.
    while counter.stats().await.unwrap().in_progress < 100 {
        tokio::task::yield_now().await;
    }

    kill_process(pid(former), Signal::KILL).unwrap();

    for ended in join_all(calls).await {
        let error = ended.unwrap_err();
        assert!(matches!(error, CallError::Disconnected(_)), "{error}");
    }
    let health = until(&manager, "counter", |health| health.restarts == 1).await;
    assert_eq!(health.last_exit, Some(Exit::Signal(9)));
    assert_eq!(counter.add(1).await.unwrap(), 1, "a new state behind the same handle");
    assert_ne!(counter.process().await.unwrap(), former);
}

#[tokio::test]
async fn messages_wait_while_a_child_starts_again() {
    let manager = manager().await;
    let pause = Duration::from_millis(300);
    let policy = Restart::default().backoff(Backoff { first: pause, most: pause });
    let launch = manager.launch::<Counter>(&()).named("counter").restart(policy);
    let counter = launch.await.unwrap();

    counter.exit(3).await.unwrap_err();
    let health = until(&manager, "counter", |health| health.restarts == 1).await;
    assert_eq!(health.state, State::Restarting);

    assert_eq!(counter.add(1).await.unwrap(), 1);
}

#[tokio::test]
async fn agent_that_fails_too_often_is_gone_for_good() {
    let manager = manager().await;
    let policy = Restart::default().limit(2, Duration::from_secs(60));
    let launch = manager.launch::<Counter>(&()).named("counter").restart(policy);
    let counter = launch.await.unwrap();

    for failure in 1..=3 {
        counter.stumble().await.unwrap_err();
        let is_over =
            |health: &Health| health.restarts == failure || matches!(health.state, State::Ended(_));
        until(&manager, "counter", is_over).await;
    }

    let why = manager.ended("counter").await.unwrap();
    let expected = "more often than its restart policy allows: it panicked: as asked";
    assert!(why.contains(expected), "{why}");
    let error = counter.add(1).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    assert!(error.into_undelivered().is_some(), "it did not start");
}

#[tokio::test]
async fn failures_of_the_agent_and_of_its_process_count_as_one_intensity() {
    let manager = manager().await;
    let policy = Restart::default().limit(3, Duration::from_secs(3600));
    let launch = manager.launch::<Counter>(&()).named("counter").restart(policy);
    let counter = launch.await.unwrap();

    for failure in 1..=4 {
        if failure % 2 == 0 {
            counter.stumble().await.unwrap_err();
        } else {
            let process = counter.process().await.unwrap();
            kill_process(pid(process), Signal::KILL).unwrap();
        }
        let is_over = |health: &Health| {
            health.state == State::Up && health.restarts == failure
                || matches!(health.state, State::Ended(_))
        };
        until(&manager, "counter", is_over).await;
    }

    let health = manager.health("counter").await.unwrap();
    assert_eq!((health.restarts, health.failed), (3, true));
    let why = manager.ended("counter").await.unwrap();
    assert!(why.contains("more often than its restart policy allows: it panicked"), "{why}");
}

#[tokio::test]
async fn first_start_is_tried_again_as_often_as_wanted() {
    let manager = manager().await;

    let error = manager.launch::<Dud>(&()).named("dud").retries(2).await.unwrap_err().to_string();

    assert!(error.contains("its start failed: it was born tired"), "{error}");
    assert_eq!(manager.health("dud").await.unwrap().restarts, 2);
}

#[tokio::test]
async fn end_of_the_process_without_a_policy_is_for_good() {
    let manager = manager().await;
    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();

    counter.exit(3).await.unwrap_err();

    let why = manager.ended("counter").await.unwrap();
    assert!(why.contains("ended with exit code 3"), "{why}");
    assert!(why.ends_with("it printed last:\n  it is time to go"), "{why}");
}

#[tokio::test]
async fn unknown_type_is_refused_with_those_that_there_are() {
    let manager = manager().await;

    let error = manager.launch_any("Mole", json!({})).named("mole").await.unwrap_err();

    let expected = "cannot launch Mole as `mole`: cannot launch `Mole`: this program has no such \
                    type, it has Counter, Dud, Passer, Sleeper";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[tokio::test]
async fn child_that_fails_at_start_says_why() {
    let manager = manager_with(|builder| {
        builder.start_limit(Duration::from_secs(2)).grace(Duration::from_millis(100))
    });
    let manager = manager.await;
    let start = |error: StartError| match error {
        StartError::Start { why, .. } => why,
        other => panic!("{other}"),
    };

    let tired = manager.launch::<Dud>(&()).restart(Restart::default()).await.unwrap_err();
    assert!(start(tired).contains("its start failed: it was born tired"));
    let dead = manager.launch::<Dud>(&json!({ "exits": true })).await.unwrap_err();
    let dead = start(dead);
    assert!(dead.contains("ended with exit code 7") && dead.contains("no way"), "{dead}");
    let wrong = manager.launch::<Counter>(&json!({ "valeu": 3 })).await.unwrap_err();
    assert!(start(wrong).contains("unknown field `valeu`, expected `value`"));
    let late = manager.launch::<Sleeper>(&json!({})).await.unwrap_err();
    assert!(start(late).contains("did not start within 2s"));
    let ended = manager.list();
    assert!(ended.iter().all(|health| health.process.is_none()), "{ended:?}");
}

#[tokio::test]
async fn what_a_child_prints_is_taken_line_by_line() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let taken = lines.clone();
    let take = move |line: &OutputLine| taken.lock().unwrap().push(line.clone());
    let manager = manager_with(|builder| builder.on_output(take)).await;
    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();

    counter.talk(50_000).await.unwrap();
    manager.stop("counter").await;

    let lines = lines.lock().unwrap();
    let printed = lines.iter().filter(|line| line.stream == Stream::Output);
    let printed: Vec<_> = printed.map(|line| line.text.as_str()).collect();
    assert_eq!((printed.len(), printed[49_999]), (50_000, "line 49999 of 50000"));
    let said = lines.iter().find(|line| line.stream == Stream::Error).expect("it said so");
    assert_eq!((said.agent.as_str(), said.text.as_str()), ("counter", "that was all"));
}

#[tokio::test]
async fn child_whose_output_nobody_can_take_is_ended() {
    // Whoever waited for its end did so for ever.
    let manager = manager_with(|builder| builder.on_output(|_| panic!("as the test wants"))).await;
    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();
    // Its process may be gone before it can answer.
    let _ = counter.talk(1).await;
    assert_eq!(manager.ended("counter").await.unwrap(), "what looked after it failed");
    manager.shutdown().await;
}

#[tokio::test]
async fn stopped_child_ends_in_order_and_is_not_started_again() {
    let manager = manager().await;
    let launch = |name: &str| {
        manager.launch::<Counter>(&()).named(name).restart(Restart::default()).into_future()
    };
    let (one, two, three) =
        tokio::try_join!(launch("one"), launch("two"), launch("three")).unwrap();
    let processes = [&one, &two, &three].map(|counter| counter.process().into_future());
    let processes = join_all(processes).await.into_iter().map(|process| watch(process.unwrap()));
    let processes: Vec<_> = processes.collect();

    assert!(manager.stop("one").await);
    assert!(manager.kill("two").await);
    three.stop().await;
    manager.ended("three").await;

    processes.iter().for_each(wait_for_end);
    let exits: Vec<_> = manager.list().into_iter().map(|health| health.last_exit).collect();
    assert_eq!(exits, [Some(Exit::Done), Some(Exit::Done), Some(Exit::Signal(9))], "by name");
    assert!(!manager.stop("one").await, "it is gone already");
    let error = one.add(1).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
}

#[tokio::test]
async fn silent_child_is_killed_and_started_again() {
    let beat = Duration::from_millis(500);
    let manager = manager_with(|builder| builder.heartbeat(beat)).await;
    let launch = manager.launch::<Counter>(&()).named("counter").restart(Restart::default());
    let counter = launch.await.unwrap();
    let former = counter.process().await.unwrap();

    kill_process(pid(former), Signal::STOP).unwrap();

    let health = until(&manager, "counter", |health| health.restarts == 1).await;
    assert!(health.last_failure.unwrap().contains("no sign of life"));
    assert_eq!(counter.add(1).await.unwrap(), 1);
}

#[tokio::test]
async fn last_manager_takes_its_children_along() {
    let manager = manager().await;
    let counter: Handle<Counter> = manager.launch(&()).await.unwrap();
    let process = watch(counter.process().await.unwrap());

    drop(manager);

    let ended = tokio::task::spawn_blocking(move || wait_for_end(&process));
    ended.await.unwrap();
    assert!(matches!(counter.add(1).await.unwrap_err(), CallError::Terminated(_)));
}
