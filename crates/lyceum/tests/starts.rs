//! Agents that fail while they start: at a launch and at a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use lyceum::prelude::*;
use lyceum::{DownReason, LaunchError, Mode};

const SECOND: Duration = Duration::from_secs(1);

/// What a start hook does before it sleeps.
#[derive(Clone)]
enum Plan {
    Nothing,
    /// It links with this agent.
    Link(Handle<Slow>),
    /// It begins a job that panics.
    Job,
    /// It adds a behaviour that fails.
    Behaviour,
}

/// Takes five seconds to start, and carries out a plan in some of its starts.
#[derive(Clone)]
struct Slow {
    plan: Plan,
    starts: Arc<AtomicU32>,
    bad_starts: std::ops::Range<u32>,
}

impl Slow {
    fn new(plan: Plan, bad_starts: std::ops::Range<u32>) -> Self {
        Self { plan, starts: Arc::default(), bad_starts }
    }
}

struct Failing;

impl Behaviour<Slow> for Failing {
    async fn run(&mut self, cx: &mut BehaviourContext<Slow>) -> Result<(), BoxError> {
        cx.sleep(SECOND).await;
        Err("as asked".into())
    }
}

#[agent]
impl Slow {
    #[on_start]
    async fn start(&mut self, cx: &Context<Self>) -> Result<(), BoxError> {
        if self.bad_starts.contains(&self.starts.fetch_add(1, SeqCst)) {
            match &self.plan {
                Plan::Nothing => {}
                Plan::Link(other) => cx.link(other).await?,
                Plan::Job => {
                    let sleep = cx.sleep(SECOND);
                    let work = async move {
                        sleep.await;
                        panic!("as asked");
                    };
                    drop(cx.job(work, |_, ()| ()));
                }
                Plan::Behaviour => assert!(cx.add_behaviour("failing", Failing)?),
            }
        }
        cx.sleep(5 * SECOND).await;
        Ok(())
    }

    #[action]
    fn ok(&self) -> bool {
        true
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }
}

fn policy() -> Restart {
    Restart::default().limit(3, 100 * SECOND)
}

async fn other(node: &Node) -> Handle<Slow> {
    node.launch(Slow::new(Plan::Nothing, 0..0)).await.unwrap()
}

/// With a restart policy the failure was taken for one of a former generation: it was forgotten,
/// and the agent went on without what it stands on.
#[lyceum::test]
async fn link_that_fires_during_a_start_fails_the_launch() {
    for restarts in [false, true] {
        let node = Node::simulated(1);
        let other = other(&node).await;
        let before = node.now();
        let (launching, state) = (node.clone(), Slow::new(Plan::Link(other.clone()), 0..9));
        let launched = node.spawn(async move {
            let launch = launching.launch(state);
            if restarts { launch.restart(policy()).await } else { launch.await }
        });
        node.advance(SECOND);
        other.kill().await;

        let error = launched.await.unwrap().unwrap_err();

        let linked = |cause: &BoxError| cause.to_string().contains("linked with it went down");
        assert!(matches!(&error, LaunchError::Start { cause, .. } if linked(cause)), "{error:?}");
        assert_eq!((node.agent_count(), node.now() - before), (0, SECOND));
    }
}

#[lyceum::test]
async fn job_and_behaviour_that_fail_during_a_start_fail_the_launch() {
    for plan in [Plan::Job, Plan::Behaviour] {
        let node = Node::simulated(1);
        let error = node.launch(Slow::new(plan, 0..9)).restart(policy()).await.unwrap_err();
        let asked = |cause: &BoxError| cause.to_string().contains("as asked");
        assert!(matches!(&error, LaunchError::Start { cause, .. } if asked(cause)), "{error:?}");
        assert_eq!((node.agent_count(), node.now().since_start()), (0, SECOND));
    }
}

#[lyceum::test]
async fn failure_during_a_restart_is_a_failed_start() {
    for plan in [Plan::Job, Plan::Behaviour] {
        let node = Node::simulated(1);
        let slow = node.launch(Slow::new(plan, 1..3)).restart(policy()).await.unwrap();
        let before = node.now();

        slow.blow().await.unwrap_err();

        assert!(slow.ok().await.unwrap());
        assert_eq!(slow.status().await.unwrap().generation, 3, "two starts failed");
        assert_eq!(node.now() - before, 7 * SECOND, "each of them at once");
    }
}

/// Each start links again with what is gone. It was forgotten, as if the link held.
#[lyceum::test]
async fn agent_that_stands_on_what_is_gone_does_not_start_again() {
    let node = Node::simulated(1);
    let other = other(&node).await;
    let slow = Slow::new(Plan::Link(other.clone()), 0..9);
    let slow = node.launch(slow).restart(policy()).await.unwrap();
    let before = node.now();

    other.kill().await;

    let reason = slow.ended().await;
    let linked = |why: &str| why.contains("linked with it went down");
    assert!(matches!(&reason, DownReason::StartFailed(why) if linked(why)), "{reason}");
    assert_eq!(node.now(), before, "nothing is waited for");
}

#[lyceum::test]
async fn failure_that_comes_when_the_start_is_over_restarts_the_agent() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let other = other(&node).await;
        let slow = Slow::new(Plan::Link(other.clone()), 0..1);
        let before = node.now();
        let launching = node.clone();
        let launched = node.spawn(async move { launching.launch(slow).restart(policy()).await });
        let killing = node.clone();
        let killed = node.spawn(async move {
            killing.sleep(5 * SECOND).await;
            other.kill().await
        });
        assert_eq!(killed.await, Some(DownReason::Killed));

        // At the same moment: either the start fails, or the agent that has just started does.
        match launched.await.unwrap() {
            Ok(slow) => {
                assert!(slow.ok().await.unwrap(), "seed {seed}");
                let status = slow.status().await.unwrap();
                assert_eq!((status.mode, status.generation), (Mode::Active, 1), "seed {seed}");
                assert_eq!(node.now() - before, 10 * SECOND);
            }
            Err(error) => {
                assert!(matches!(error, LaunchError::Start { .. }), "{error:?}");
                assert_eq!(node.agent_count(), 0, "seed {seed}");
            }
        }
    }
}
