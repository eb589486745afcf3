//! Limits of what one agent has under way at once.

use lyceum::JobError;
use lyceum::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// How many shared turns of one agent may be suspended.
const SHARED: u64 = 65_536;

/// How many jobs one agent may have.
const JOBS: u64 = 65_536;

/// Lets callers in for a while.
#[derive(Default)]
struct Hall;

#[agent]
impl Hall {
    /// Stays for a minute.
    #[action]
    async fn stay(&self, cx: &Context<Self>) {
        cx.sleep(60 * SECOND).await;
    }

    /// Stays for a minute, then brings a friend.
    #[action]
    async fn stay_and_bring(&self, cx: &Context<Self>) -> String {
        cx.sleep(30 * SECOND).await;
        let friend = cx.handle().stay().no_timeout().await;
        friend.map_or_else(|error| error.to_string(), |()| "both were there".into())
    }
}

/// Lets so many tasks of the node stay at once; the seed chooses which runs its call itself.
fn fill(node: &Node, hall: &Handle<Hall>, callers: u64) {
    for _ in 0..callers {
        let hall = hall.clone();
        node.spawn(async move { hall.stay().no_timeout().await.unwrap() }).detach();
    }
    node.run_until_idle();
}

#[lyceum::test]
async fn shared_turns_beyond_the_limit_wait_in_the_mailbox() {
    for seed in 0..4 {
        let node = Node::simulated(seed);
        let hall = node.launch(Hall).await.unwrap();
        // Before each, the agent is idle, and a call may run in its caller.
        for callers in [SHARED, 1, 1, 1] {
            fill(&node, &hall, callers);
        }
        assert_eq!(
            (hall.stats().await.unwrap().in_progress, hall.stats().await.unwrap().queued),
            (SHARED, 3),
            "seed {seed}"
        );
        node.advance(60 * SECOND);
        assert_eq!(
            (hall.stats().await.unwrap().in_progress, hall.stats().await.unwrap().queued),
            (3, 0),
            "seed {seed}"
        );
        node.advance(60 * SECOND);
        assert_eq!(hall.stats().await.unwrap().handled, SHARED + 3, "seed {seed}");
    }
}

/// It cannot wait behind the turn that waits for it.
#[lyceum::test]
async fn shared_call_that_would_join_its_chain_beyond_the_limit_is_refused() {
    let node = Node::simulated(1);
    let hall = node.launch(Hall).await.unwrap();
    let bringing = hall.stay_and_bring().no_timeout().send();
    fill(&node, &hall, SHARED - 1);
    assert_eq!(hall.stats().await.unwrap().in_progress, SHARED);
    let text = bringing.await.unwrap();
    assert!(text.contains("too many shared turns are under way"), "{text}");
    assert_eq!(node.now().since_start(), 30 * SECOND, "at once");
}

/// Has much to do beside its turns.
#[derive(Default)]
struct Yard {
    done: u64,
}

#[agent]
impl Yard {
    /// Walks beside everything for a minute.
    #[action]
    async fn walk(cx: Context<Self>) {
        cx.sleep(60 * SECOND).await;
    }

    /// Starts so many jobs of a minute each.
    #[action]
    fn start(&mut self, jobs: u64, cx: &Context<Self>) {
        for _ in 0..jobs {
            cx.call_in(60 * SECOND, |yard| yard.done += 1);
        }
    }

    /// Starts a job if it may.
    #[action(local)]
    fn try_start(&mut self, cx: &Context<Self>) -> Result<(), JobError> {
        cx.try_job(cx.sleep(SECOND), |yard, ()| yard.done += 1).map(drop)
    }

    #[action]
    fn done(&self) -> u64 {
        self.done
    }
}

#[lyceum::test]
async fn detached_actions_beyond_the_limit_of_jobs_wait_in_the_mailbox() {
    for seed in 0..3 {
        let node = Node::simulated(seed);
        let yard = node.launch(Yard::default()).await.unwrap();
        yard.start(JOBS - 2).await.unwrap();
        node.run_until_idle();
        let walks: Vec<_> = (0..3).map(|_| yard.walk().no_timeout().send()).collect();
        node.run_until_idle();
        assert_eq!(
            (yard.stats().await.unwrap().in_progress, yard.stats().await.unwrap().queued),
            (2, 1),
            "seed {seed}"
        );
        // Nothing overtakes the walk that waits, but what is no message.
        let other = yard.clone();
        let done = node.spawn(async move { other.done().no_timeout().await.unwrap() });
        node.run_until_idle();
        assert_eq!(yard.stats().await.unwrap().queued, 2, "seed {seed}");
        assert_eq!(yard.ping().await.unwrap(), Duration::ZERO);

        for walk in walks {
            walk.await.unwrap();
        }

        assert_eq!(node.now().since_start(), 120 * SECOND, "seed {seed}");
        assert_eq!(yard.done().await.unwrap(), JOBS - 2);
        assert!(done.await.is_some());
    }
}

#[lyceum::test]
async fn job_beyond_the_limit_is_an_error_or_a_panic_and_there_is_room_again() {
    let node = Node::simulated(1);
    let yard = node.launch(Yard::default()).await.unwrap();
    yard.start(JOBS).await.unwrap();
    let text = "cannot run one more job of Yard('local://";

    let error = yard.try_start().await.unwrap_err();
    assert!(matches!(error, CallError::Action(JobError::TooMany { limit: 65_536, .. })), "{error}");
    assert!(error.to_string().starts_with(text), "{error}");
    let error = yard.start(1).await.unwrap_err();
    assert!(matches!(error, CallError::Panicked(_)) && error.to_string().contains(text), "{error}");

    node.advance(60 * SECOND);
    yard.try_start().await.unwrap();
    node.advance(SECOND);
    assert_eq!(yard.done().await.unwrap(), JOBS + 1);
}

#[lyceum::test]
async fn agent_with_all_the_jobs_that_it_may_have_stops_and_is_killed() {
    for kill in [false, true] {
        let node = Node::simulated(1);
        let yard = node.launch(Yard::default()).await.unwrap();
        yard.start(JOBS).await.unwrap();
        let walk = yard.walk().no_timeout().send();
        node.run_until_idle();
        drop(if kill { yard.kill() } else { yard.stop() });
        let error = walk.await.unwrap_err();
        assert!(matches!(error, CallError::Terminated(_)), "{error}");
        yard.ended().await;
    }
}
