//! Agents whose handles are there before they are launched.

use lyceum::prelude::*;
use lyceum::{DownReason, LaunchError};

#[derive(Default)]
struct Clerk {
    greeted: u64,
}

#[agent]
impl Clerk {
    #[action]
    fn greet(&mut self) -> u64 {
        self.greeted += 1;
        self.greeted
    }

    #[action]
    fn stumble(&self) {
        panic!("as asked");
    }
}

struct Player {
    other: Handle<Player>,
}

#[agent]
impl Player {
    #[action]
    async fn ask(&self) -> Result<String, String> {
        self.other.name_yourself().await.map_err(|error| error.to_string())
    }

    #[action]
    fn name_yourself(&self) -> String {
        self.other.any().name().unwrap_or_default()
    }
}

fn clerk() -> Result<Clerk, BoxError> {
    Ok(Clerk::default())
}

#[lyceum::test]
async fn agents_know_each_other_before_they_are_launched() {
    let node = Node::simulated(1);
    let left = node.reserve::<Player>("left").unwrap();
    let right = node.reserve::<Player>("right").unwrap();
    let (one, two) = (left.handle(), right.handle());
    let player = |other: Handle<Player>| move || Ok::<_, BoxError>(Player { other: other.clone() });

    left.launch_with(player(two.clone())).await.unwrap();
    right.launch_with(player(one.clone())).await.unwrap();

    assert_eq!(one.ask().await.unwrap(), "left", "that is what the other one knows it by");
    assert_eq!(two.ask().await.unwrap(), "right");
}

#[lyceum::test]
async fn messages_wait_in_order_until_the_launch() {
    let node = Node::simulated(1);
    let reserved = node.reserve::<Clerk>("clerk").unwrap();
    let handle = reserved.handle();
    let waiting = [handle.greet().send(), handle.greet().send()];
    node.run_until_idle();

    let clerk = reserved.launch_with(clerk).await.unwrap();

    let [first, second] = waiting;
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 2));
    assert_eq!(clerk, handle);
    assert_eq!(clerk.greet().await.unwrap(), 3);
}

#[lyceum::test]
async fn launch_that_is_given_up_returns_what_waited_and_frees_the_name() {
    let node = Node::simulated(1);
    let reserved = node.reserve::<Clerk>("clerk").unwrap();
    let handle = reserved.handle();
    let waiting = handle.greet().send();
    assert!(node.reserve::<Clerk>("clerk").is_err(), "the name is taken");

    drop(reserved);

    let error = waiting.await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    let reason = handle.ended().await;
    assert_eq!(reason, DownReason::StartFailed("its launch was given up".into()));
    assert!(node.reserve::<Clerk>("clerk").is_ok(), "the name is free again");
}

#[lyceum::test]
async fn constructor_that_fails_ends_those_who_wait() {
    let node = Node::simulated(1);
    let reserved = node.reserve::<Clerk>("clerk").unwrap();
    let waiting = reserved.handle().greet().send();

    let error = reserved.launch_with(|| Err::<Clerk, _>("no desk is free")).await.unwrap_err();

    assert!(matches!(error, LaunchError::Start { .. }), "{error}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "no desk is free");
    assert!(matches!(waiting.await.unwrap_err(), CallError::Terminated(_)));
    assert_eq!(node.agent_count(), 0);
}

#[lyceum::test]
async fn reserved_agent_restarts_by_its_policy() {
    let node = Node::simulated(1);
    let policy = Restart::default().limit(1, Duration::from_secs(60));
    let reserved = node.reserve::<Clerk>("clerk").unwrap().restart(policy);
    let clerk = reserved.launch_with(clerk).await.unwrap();
    clerk.greet().await.unwrap();

    clerk.stumble().await.unwrap_err();

    assert_eq!(clerk.greet().await.unwrap(), 1, "it begins anew");
    clerk.stumble().await.unwrap_err();
    assert!(matches!(clerk.ended().await, DownReason::RestartLimit(_)));
}

#[lyceum::test]
async fn reserved_agent_is_launched_from_a_value_and_handles_what_waited() {
    let node = Node::simulated(1);
    let reserved = node.reserve::<Clerk>("clerk").unwrap();
    let waiting = reserved.handle().greet().send();
    node.run_until_idle();

    let reserved = reserved.restart_with(Restart::default(), clerk);
    let clerk = reserved.launch(Clerk { greeted: 10 }).await.unwrap();

    assert_eq!(waiting.await.unwrap(), 11);
    clerk.stumble().await.unwrap_err();
    assert_eq!(clerk.greet().await.unwrap(), 1, "the constructor made it");
}

/// Starts only where there is something to sell.
struct Shop {
    goods: u64,
}

#[agent]
impl Shop {
    #[on_start]
    async fn open(&mut self) -> Result<(), BoxError> {
        if self.goods == 0 { Err("there is nothing to sell".into()) } else { Ok(()) }
    }

    #[action]
    fn goods(&self) -> u64 {
        self.goods
    }
}

#[lyceum::test]
async fn start_hook_of_a_reserved_agent_runs_before_what_waited() {
    let node = Node::simulated(1);
    let full = node.reserve::<Shop>("full").unwrap();
    let empty = node.reserve::<Shop>("empty").unwrap();
    let waiting = [full.handle().goods().send(), empty.handle().goods().send()];

    full.launch(Shop { goods: 3 }).await.unwrap();
    let error = empty.launch(Shop { goods: 0 }).await.unwrap_err();

    let [served, refused] = waiting;
    assert_eq!(served.await.unwrap(), 3);
    assert!(matches!(refused.await.unwrap_err(), CallError::Terminated(_)));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "there is nothing to sell");
}

#[lyceum::test]
async fn agent_that_was_stopped_before_its_launch_is_not_launched() {
    let node = Node::simulated(1);
    let reserved = node.reserve::<Clerk>("clerk").unwrap();
    reserved.handle().stop().await;

    let error = reserved.launch(Clerk::default()).await.unwrap_err();

    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "it was ended meanwhile");
    assert_eq!(node.agent_count(), 0);
}

#[lyceum::test]
async fn value_is_the_first_state_and_a_constructor_makes_the_next() {
    let node = Node::simulated(1);
    let launch = node.launch(Clerk { greeted: 10 });
    let clerk = launch.restart_with(Restart::default(), clerk).await.unwrap();
    assert_eq!(clerk.greet().await.unwrap(), 11);

    clerk.stumble().await.unwrap_err();

    assert_eq!(clerk.greet().await.unwrap(), 1);
}

#[lyceum::test]
async fn node_that_ends_does_not_wait_for_what_is_never_launched() {
    let node = Node::simulated(1);
    let reserved = node.reserve::<Clerk>("clerk").unwrap();

    node.shutdown().await;

    let error = reserved.launch_with(clerk).await.unwrap_err();
    assert!(error.to_string().contains("Clerk"), "{error}");
}
