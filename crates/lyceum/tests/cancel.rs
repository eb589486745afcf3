//! Callers that give up, and deadlines that pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use lyceum::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Clerk {
    begun: u32,
    done: u32,
    cancelled: u32,
    dropped: Arc<AtomicU32>,
}

struct OnDrop(Arc<AtomicU32>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[agent]
impl Clerk {
    #[action]
    async fn work(&mut self, cx: &Context<Self>) -> u32 {
        self.begun += 1;
        cx.sleep(10 * SECOND).await;
        self.cancelled += u32::from(cx.cancelled());
        self.done += 1;
        self.done
    }

    #[action(cancel = "drop")]
    async fn work_while_wanted(&mut self, cx: &Context<Self>) {
        self.begun += 1;
        let _on_drop = OnDrop(self.dropped.clone());
        cx.sleep(10_000 * SECOND).await;
        self.done += 1;
    }

    /// Works beside everything, as long as somebody waits for it.
    #[action(cancel = "drop")]
    async fn walk_while_wanted(cx: Context<Self>) -> Result<(), CallError> {
        let dropped = cx.with(|clerk| {
            clerk.begun += 1;
            clerk.dropped.clone()
        });
        let _on_drop = OnDrop(dropped.await?);
        cx.sleep(10_000 * SECOND).await;
        cx.with(|clerk| clerk.done += 1).await
    }

    #[action(timeout = "3s")]
    async fn impatient(&mut self) {
        std::future::pending::<()>().await;
    }

    #[action]
    fn counts(&self) -> (u32, u32, u32) {
        (self.begun, self.done, self.cancelled)
    }

    /// Says how much time is left for it.
    #[action]
    fn time_left(&self, cx: &Context<Self>) -> Option<Duration> {
        cx.deadline().map(|deadline| deadline - cx.now())
    }

    /// Calls another after two seconds, however its caller's deadline is.
    #[action]
    async fn ask_late(&self, other: Handle<Clerk>, cx: &Context<Self>) -> bool {
        cx.sleep(2 * SECOND).await;
        other.counts().await.is_ok()
    }

    /// Keeps its thread busy until the deadline has passed.
    #[action(inline)]
    fn dawdle(&self, cx: &Context<Self>) {
        while cx.deadline().is_some_and(|deadline| cx.now() <= deadline) {
            std::hint::spin_loop();
        }
    }

    /// Says how much time is left for a call that it makes.
    #[action]
    async fn time_left_of(&self, other: Handle<Clerk>) -> Option<Duration> {
        other.time_left().no_timeout().await.unwrap()
    }
}

async fn clerk(node: &Node) -> Handle<Clerk> {
    node.launch(Clerk::default()).await.unwrap()
}

#[lyceum::test]
async fn dropped_call_that_is_queued_never_runs() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let first = clerk.work().send();
    let second = clerk.work().send();
    node.run_until_idle();
    assert!(!second.has_started());
    drop(second);
    assert_eq!(clerk.stats().await.unwrap().queued, 0, "it left the queue at once");
    first.await.unwrap();
    assert_eq!(clerk.counts().await.unwrap(), (1, 1, 0));
}

/// A call that was refused at once, or had its outcome taken, counted as started.
#[lyceum::test]
async fn call_that_never_ran_has_not_started_when_it_is_over_either() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let mut ran = clerk.work().send();
    let mut late = clerk.work().timeout(SECOND).send();
    assert!((&mut late).await.is_err() && (&mut ran).await.is_ok());
    clerk.stop().await;
    let mut refused = clerk.work().send();

    let started = [ran.has_started(), late.has_started(), refused.has_started()];
    assert_eq!(started, [true, false, false]);
    assert!((&mut refused).await.is_err());
    assert!(!refused.has_started());
}

/// Whether it ran depended on whether its agent was idle, and on the kind of node.
#[lyceum::test]
async fn call_whose_deadline_is_past_when_it_is_sent_never_runs() {
    for node in (0..8).map(Node::simulated).chain([Node::local()]) {
        let clerk = clerk(&node).await;
        node.advance(SECOND);
        let past = node.now();

        let ends = [
            clerk.work().timeout(Duration::ZERO).await,
            clerk.work().deadline(past).await,
            clerk.work().deadline(past).send().await,
            clerk.with_timeout(Duration::ZERO).work().await,
        ];

        for error in ends.map(Result::unwrap_err) {
            assert!(matches!(error, CallError::Timeout(_)), "{error}");
            assert!(error.started() == Some(false) && error.into_undelivered().is_some());
        }
        assert_eq!(clerk.counts().await.unwrap(), (0, 0, 0));
    }
}

#[lyceum::test]
async fn dropped_call_that_is_suspended_runs_to_its_end_and_hears_of_it() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let clerk = clerk(&node).await;
        let mut call = Box::pin(clerk.work());
        let mut sleep = node.sleep(SECOND);
        futures_util::future::select(&mut call, &mut sleep).await;
        drop(call);
        assert_eq!(clerk.counts().await.unwrap(), (1, 1, 1), "seed {seed}");
        assert_eq!(node.now().since_start(), 10 * SECOND);
    }
}

#[lyceum::test]
async fn dropped_call_of_an_action_that_is_to_be_dropped_frees_the_agent() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let call = clerk.work_while_wanted().send();
    node.run_until_idle();
    call.cancel();
    assert_eq!(clerk.counts().await.unwrap(), (1, 0, 0));
    assert_eq!(node.now().since_start(), Duration::ZERO);
}

/// A turn whose caller's time was over was dropped only when something woke it.
#[lyceum::test]
async fn call_out_of_time_of_an_action_that_is_to_be_dropped_frees_the_agent() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let clerk = clerk(&node).await;
        let error = clerk.work_while_wanted().timeout(SECOND).await.unwrap_err();
        assert!(matches!(error, CallError::Timeout(_)), "{error}");
        assert_eq!(clerk.counts().await.unwrap(), (1, 0, 0));
        assert_eq!(node.now().since_start(), SECOND, "seed {seed}");
    }
}

/// Its job was dropped only when something else woke it.
#[lyceum::test]
async fn dropped_call_of_a_detached_action_that_is_to_be_dropped_ends_its_job() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let state = Clerk::default();
        let dropped = state.dropped.clone();
        let clerk = node.launch(state).await.unwrap();
        let (walk, other) = (clerk.walk_while_wanted().send(), clerk.walk_while_wanted().send());
        node.run_until_idle();
        walk.cancel();
        node.run_until_idle();
        assert_eq!(
            (dropped.load(SeqCst), clerk.stats().await.unwrap().in_progress),
            (1, 1),
            "seed {seed}"
        );
        clerk.walk_while_wanted().timeout(SECOND).await.unwrap_err();
        node.run_until_idle();
        assert_eq!(
            (dropped.load(SeqCst), clerk.stats().await.unwrap().in_progress),
            (2, 1),
            "seed {seed}"
        );
        assert_eq!(node.now().since_start(), SECOND, "seed {seed}");
        other.await.unwrap_err();
        assert_eq!(clerk.counts().await.unwrap(), (3, 0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn detached_actions_that_are_to_be_dropped_end_with_their_calls_at_any_moment() {
    let node = Node::local();
    let state = Clerk::default();
    let dropped = state.dropped.clone();
    let clerk = node.launch(state).await.unwrap();
    for round in 0..2_000 {
        let walk = clerk.walk_while_wanted().send();
        for _ in 0..round % 7 {
            tokio::task::yield_now().await;
        }
        walk.cancel();
    }
    while clerk.stats().await.unwrap().in_progress > 0 {
        tokio::task::yield_now().await;
    }
    let (begun, done, _) = clerk.counts().await.unwrap();
    assert!(done == 0 && begun >= dropped.load(SeqCst), "{begun} begun, {done} done");
    clerk.stop().await;
}

#[lyceum::test]
async fn deadline_that_passes_while_running_says_that_it_started_and_the_agent_lives_on() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let clerk = clerk(&node).await;
        let error = clerk.work().timeout(SECOND).await.unwrap_err();
        assert!(matches!(error, CallError::Timeout(_)), "{error}");
        assert_eq!(error.started(), Some(true));
        assert!(error.into_undelivered().is_none());
        assert_eq!(node.now().since_start(), SECOND);
        assert_eq!(clerk.counts().await.unwrap(), (1, 1, 1), "it ran to its end");
    }
}

#[lyceum::test]
async fn action_that_is_ready_at_its_first_poll_wins_over_a_deadline_that_passed_meanwhile() {
    let node = Node::local();
    let clerk = clerk(&node).await;
    clerk.dawdle().timeout(Duration::from_millis(1)).await.unwrap();
}

#[lyceum::test]
async fn call_waits_thirty_seconds_or_what_action_and_node_say() {
    let node = Node::simulated(1);
    let clerk = clerk(&node).await;
    let before = node.now();
    clerk.impatient().await.unwrap_err();
    assert_eq!(node.now() - before, 3 * SECOND, "the action's own");
    let before = node.now();
    clerk.counts().await.unwrap_err();
    assert_eq!(node.now() - before, 30 * SECOND, "the node's default");

    let node = Node::builder().timeout(2 * SECOND).simulated(1);
    let clerk = super_clerk(&node).await;
    clerk.work().await.unwrap_err();
    assert_eq!(node.now().since_start(), 2 * SECOND);
}

async fn super_clerk(node: &Node) -> Handle<Clerk> {
    clerk(node).await
}

#[lyceum::test]
async fn deadline_is_inherited_by_calls_made_on_the_way() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let (one, two) = (clerk(&node).await, clerk(&node).await);
        let left = one.time_left_of(two.clone()).timeout(5 * SECOND).await.unwrap();
        assert_eq!(left, Some(5 * SECOND), "seed {seed}");
        let left = one.time_left_of(two).await.unwrap();
        assert_eq!(left, Some(30 * SECOND), "seed {seed}, by default");
    }
}

/// A timer for the past was taken for another one, and the mailbox looked for deadlines no more.
#[lyceum::test]
async fn call_made_after_the_deadline_times_out_at_once_and_later_ones_at_theirs() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let (late, busy) = (clerk(&node).await, clerk(&node).await);
        let work = busy.work().no_timeout().send();
        late.ask_late(busy.clone()).timeout(SECOND).await.unwrap_err();
        node.advance(2 * SECOND);
        assert_eq!(
            (late.stats().await.unwrap().in_progress, busy.stats().await.unwrap().queued),
            (0, 0),
            "seed {seed}"
        );

        let error = busy.counts().timeout(SECOND).await.unwrap_err();

        assert!(matches!(error, CallError::Timeout(_)), "{error}");
        assert_eq!(node.now().since_start(), 4 * SECOND, "seed {seed}");
        assert_eq!(work.await.unwrap(), 1);
    }
}
