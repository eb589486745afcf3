//! Agents that do not come to life, and why.
#![expect(clippy::disallowed_methods, reason = "what a test starts ends with it")]

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use lyceum::prelude::*;
use lyceum::{DownReason, LaunchError, NameError};

const SECOND: Duration = Duration::from_secs(1);

/// Starts as it is told to.
enum Starter {
    Well,
    Panics,
    Hangs,
}

#[agent]
impl Starter {
    #[on_start]
    async fn start(&mut self) {
        match self {
            Self::Well => {}
            Self::Panics => panic!("not today"),
            Self::Hangs => std::future::pending().await,
        }
    }

    #[action]
    fn greet(&self) -> String {
        "hello".into()
    }
}

#[lyceum::test]
async fn constructor_that_fails_fails_the_launch_and_leaves_nobody() {
    let node = Node::simulated(1);
    let error = node.launch_with(|| Err::<Starter, _>("no luck")).named("a").await.unwrap_err();
    assert!(matches!(&error, LaunchError::Start { cause, .. } if cause.to_string() == "no luck"));
    assert_eq!(node.agent_count(), 0);
    assert!(node.launch(Starter::Well).named("a").await.is_ok(), "the name is free");
}

#[lyceum::test]
async fn constructor_that_panics_fails_the_launch() {
    let node = Node::simulated(1);
    let constructor = || -> Result<Starter, String> { panic!("no luck") };
    let error = node.launch_with(constructor).await.unwrap_err();
    assert!(matches!(&error, LaunchError::Panicked { text, .. } if text == "no luck"), "{error}");
    assert_eq!(node.agent_count(), 0);
}

/// The constructor ran in the caller, which waited for it without a limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn constructor_that_hangs_does_not_hang_the_launch() {
    let node = Node::local();
    let (release, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let constructor = move || {
        // Far longer than the limit: the test fails instead of hanging.
        let _ = gate.lock().unwrap().recv_timeout(10 * SECOND);
        Ok::<_, String>(Starter::Well)
    };
    let launched = node.launch_with(constructor).start_limit(Duration::from_millis(1)).await;
    drop(release);
    assert!(matches!(launched, Err(LaunchError::Timeout { .. })));
}

#[lyceum::test]
async fn start_hook_that_panics_fails_the_launch_and_leaves_nobody() {
    let node = Node::simulated(1);
    let error = node.launch(Starter::Panics).named("a").await.unwrap_err();
    assert!(matches!(&error, LaunchError::Panicked { text, .. } if text == "not today"), "{error}");
    assert_eq!(node.agent_count(), 0);
    assert!(node.launch(Starter::Well).named("a").await.is_ok(), "the name is free");
}

#[lyceum::test]
async fn start_hook_that_hangs_fails_the_launch_after_the_limit() {
    let node = Node::simulated(1);
    let error = node.launch(Starter::Hangs).start_limit(SECOND).await.unwrap_err();
    assert!(matches!(error, LaunchError::Timeout { limit: SECOND, .. }), "{error}");
    node.run_until_idle();
    assert_eq!((node.agent_count(), node.now().since_start()), (0, SECOND));
}

#[lyceum::test]
async fn name_that_is_taken_is_refused_and_free_again_after_the_end() {
    let node = Node::simulated(1);
    let first = node.launch(Starter::Well).named("a").await.unwrap();
    let error = node.launch(Starter::Well).named("a").await.unwrap_err();
    assert!(matches!(error, LaunchError::Name { cause: NameError::Taken(_), .. }), "{error}");
    assert_eq!(first.greet().await.unwrap(), "hello");
    first.stop().await;
    assert!(node.launch(Starter::Well).named("a").await.is_ok());
}

#[lyceum::test]
async fn bad_name_is_refused() {
    let node = Node::simulated(1);
    for name in ["", "two words", "a/b", &"x".repeat(10_000)] {
        let error = node.launch(Starter::Well).named(name).await.unwrap_err();
        assert!(matches!(error, LaunchError::Name { cause: NameError::Bad(_), .. }), "{error}");
    }
    assert_eq!(node.agent_count(), 0);
}

/// Has a child of a name that may be taken.
#[derive(Clone)]
struct Parent {
    told: Option<Sender<Handle<Parent>>>,
}

#[agent]
impl Parent {
    #[on_start]
    async fn start(&mut self, cx: &Context<Self>) -> Result<(), BoxError> {
        if let Some(told) = self.told.take() {
            told.send(cx.handle())?;
        }
        cx.launch(Starter::Well).named("child").await?;
        Ok(())
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }
}

/// Each error tells its cause by `source()` alone, and the reason was made of the first one's text:
/// "cannot launch Parent: its start failed".
#[lyceum::test]
async fn reason_of_a_failed_start_has_all_causes() {
    let node = Node::simulated(1);
    let other = node.launch(Starter::Well).named("child").await.unwrap();
    let (told, starting) = channel();

    let error = node.launch(Parent { told: Some(told) }).await.unwrap_err();

    assert_eq!(error.to_string(), "cannot launch Parent: its start failed", "causes are sources");
    let reason = starting.recv().unwrap().ended().await.to_string();
    for part in ["cannot launch Parent", "cannot launch Starter", "the name `child` is taken"] {
        assert_eq!(reason.matches(part).count(), 1, "{part}: {reason}");
    }
    assert_eq!(other.greet().await.unwrap(), "hello");
}

#[lyceum::test]
async fn reason_of_a_failed_restart_has_all_causes() {
    let node = Node::simulated(1);
    let policy = Restart::default().limit(1, SECOND);
    let parent = node.launch(Parent { told: None }).restart(policy).await.unwrap();
    let child: Handle<Starter> = node.find().name("child").unwrap();
    let thief = node.clone();
    let steal = node.spawn(async move {
        child.stop().await;
        thief.launch(Starter::Well).named("child").await.unwrap()
    });
    let stolen = steal.await.unwrap();

    parent.blow().await.unwrap_err();

    let reason = parent.ended().await;
    let has_cause = |text: &str| text.contains("the name `child` is taken");
    assert!(matches!(&reason, DownReason::StartFailed(text) if has_cause(text)), "{reason}");
    assert_eq!(stolen.greet().await.unwrap(), "hello");
}
