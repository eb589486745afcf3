//! Restarts: a failed agent gets a new state behind the same handles.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use lyceum::prelude::*;
use lyceum::{Backoff, DownReason, Leftovers, Mode, OnFailure};

const SECOND: Duration = Duration::from_secs(1);

/// What generations share: how many there were, and how they start.
#[derive(Clone, Default)]
struct Fuse {
    value: u64,
    starts: Arc<AtomicU32>,
    panics_at_start: u32,
    hangs_at_start: bool,
    generation_is_first: bool,
}

#[agent]
impl Fuse {
    #[on_start]
    async fn start(&mut self, cx: &Context<Self>) {
        let start = self.starts.fetch_add(1, SeqCst);
        self.generation_is_first &= start == 0;
        if (1..=self.panics_at_start).contains(&start) {
            panic!("start {start} failed");
        }
        if self.hangs_at_start && start > 0 {
            cx.sleep(Duration::from_secs(1_000_000)).await;
        }
    }

    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }

    #[action]
    async fn blow_later(&self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
        panic!("as asked");
    }

    #[action]
    async fn nap(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
    }

    #[behaviour(every = "100s")]
    fn short(&mut self) {
        if self.generation_is_first {
            panic!("short circuit");
        }
    }
}

fn policy(limit: u32) -> Restart {
    Restart::default().limit(limit, Duration::from_secs(60))
}

#[lyceum::test]
async fn panicking_agent_restarts_with_its_first_state_behind_the_same_handle() {
    let node = Node::simulated(1);
    let fuse = node.launch(Fuse::default()).restart(policy(3)).await.unwrap();
    fuse.add(5).await.unwrap();
    let monitor = fuse.monitor();

    let error = fuse.blow().await.unwrap_err();

    assert!(matches!(error, CallError::Panicked(_)), "{error}");
    assert_eq!(fuse.add(1).await.unwrap(), 1);
    assert_eq!(fuse.status().await.unwrap().generation, 1);
    let down = monitor.await;
    assert_eq!((down.generation, down.restarts), (0, true));
    assert_eq!(down.reason, DownReason::Panicked("as asked".into()));
}

#[lyceum::test]
async fn agent_that_fails_more_often_than_its_limit_ends() {
    let node = Node::simulated(1);
    let fuse = node.launch(Fuse::default()).restart(policy(2)).await.unwrap();
    for _ in 0..2 {
        fuse.blow().await.unwrap_err();
        fuse.add(1).await.unwrap();
    }
    fuse.blow().await.unwrap_err();

    let reason = fuse.ended().await;

    assert!(matches!(reason, DownReason::RestartLimit(_)), "{reason}");
    let error = fuse.add(1).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    assert!(error.to_string().contains("it failed too often"), "{error}");
}

#[lyceum::test]
async fn failures_outside_of_the_period_do_not_count() {
    let node = Node::simulated(1);
    let fuse = node.launch(Fuse::default()).restart(policy(1)).await.unwrap();
    for _ in 0..5 {
        fuse.blow().await.unwrap_err();
        fuse.add(1).await.unwrap();
        node.advance(Duration::from_secs(61));
    }
    assert_eq!(
        (fuse.status().await.unwrap().mode, fuse.status().await.unwrap().generation),
        (Mode::Active, 5)
    );
}

/// The panic of the behaviour's turn and the behaviour's failure were counted as two.
#[lyceum::test]
async fn behaviour_that_panics_counts_as_one_failure() {
    for seed in 0..30 {
        let node = Node::simulated(seed);
        let state = Fuse { generation_is_first: true, ..Fuse::default() };
        let fuse = node.launch(state).restart(policy(1)).await.unwrap();
        node.advance(Duration::from_secs(101));
        assert_eq!(fuse.add(1).await.unwrap(), 1, "seed {seed}");
        assert_eq!(
            (fuse.status().await.unwrap().mode, fuse.status().await.unwrap().generation),
            (Mode::Active, 1)
        );
    }
}

/// The panic of the hook and the failed start were counted as two.
#[lyceum::test]
async fn start_hook_that_panics_at_a_restart_counts_as_one_failure() {
    let node = Node::simulated(1);
    let state = Fuse { panics_at_start: 2, ..Fuse::default() };
    let fuse = node.launch(state).restart(policy(3)).await.unwrap();
    fuse.blow().await.unwrap_err();
    assert_eq!(fuse.add(1).await.unwrap(), 1);
    assert_eq!(
        (fuse.status().await.unwrap().mode, fuse.status().await.unwrap().generation),
        (Mode::Active, 3)
    );
}

#[lyceum::test]
async fn two_turns_that_panic_in_one_generation_count_as_one_failure() {
    let node = Node::simulated(1);
    let fuse = node.launch(Fuse::default()).restart(policy(1)).await.unwrap();
    let (one, two) = (fuse.blow_later().send(), fuse.blow_later().send());
    one.await.unwrap_err();
    two.await.unwrap_err();
    assert_eq!(fuse.add(1).await.unwrap(), 1);
    assert_eq!(fuse.status().await.unwrap().generation, 1);
}

#[lyceum::test]
async fn start_hook_that_hangs_at_a_restart_ends_the_agent() {
    let node = Node::simulated(1);
    let state = Fuse { hangs_at_start: true, ..Fuse::default() };
    let launch = node.launch(state).restart(policy(1)).start_limit(SECOND);
    let fuse = launch.await.unwrap();
    fuse.blow().await.unwrap_err();

    node.advance(Duration::from_secs(60));

    assert_eq!(
        fuse.status().await.unwrap().mode,
        Mode::Ended,
        "a hook that hangs is a failed start"
    );
    assert!(matches!(fuse.ended().await, DownReason::StartFailed(_)));
}

#[lyceum::test]
async fn constructor_that_fails_at_a_restart_ends_the_agent_after_the_limit() {
    let node = Node::simulated(1);
    let made = Arc::new(AtomicU32::new(0));
    let count = made.clone();
    let constructor = move || match count.fetch_add(1, SeqCst) {
        0 => Ok(Fuse::default()),
        1 => Err("no more of them"),
        _ => panic!("none at all"),
    };
    let fuse = node.launch_with(constructor).restart(policy(2)).await.unwrap();
    fuse.blow().await.unwrap_err();

    let reason = fuse.ended().await;

    assert!(
        matches!(&reason, DownReason::StartFailed(why) if why.contains("none at all")),
        "{reason}"
    );
    assert_eq!(made.load(SeqCst), 3);
}

#[lyceum::test]
async fn pauses_before_restarts_double_up_to_the_most() {
    let node = Node::simulated(1);
    let backoff = Backoff { first: SECOND, most: 3 * SECOND };
    let fuse = node.launch(Fuse::default()).restart(policy(9).backoff(backoff)).await.unwrap();
    for seconds in [1, 2, 3, 3] {
        let before = node.now();
        fuse.blow().await.unwrap_err();
        fuse.add(1).await.unwrap();
        assert_eq!(node.now() - before, Duration::from_secs(seconds));
    }
}

#[lyceum::test]
async fn stop_during_a_pause_before_a_restart_ends_the_agent_at_once() {
    let node = Node::simulated(1);
    let backoff = Backoff { first: 100 * SECOND, most: 100 * SECOND };
    let fuse = node.launch(Fuse::default()).restart(policy(9).backoff(backoff)).await.unwrap();
    fuse.blow().await.unwrap_err();
    node.advance(SECOND);
    let before = node.now();

    fuse.stop().await;

    assert_eq!(node.now() - before, Duration::ZERO, "there is nothing to wait for");
}

#[lyceum::test]
async fn messages_that_wait_are_handled_by_the_next_generation() {
    let node = Node::simulated(1);
    let fuse = node.launch(Fuse::default()).restart(policy(3)).await.unwrap();
    let blow = fuse.blow().send();
    let waiting: Vec<_> = (0..3).map(|_| fuse.add(1).send()).collect();
    blow.await.unwrap_err();
    let mut sums = Vec::new();
    for call in waiting {
        sums.push(call.await.unwrap());
    }
    assert_eq!(sums, [1, 2, 3]);
}

#[lyceum::test]
async fn messages_that_wait_come_back_if_the_policy_says_so() {
    let node = Node::simulated(1);
    let policy = policy(3).leftovers(Leftovers::Return);
    let fuse = node.launch(Fuse::default()).restart(policy).await.unwrap();
    let nap = fuse.nap().send();
    let blow = fuse.blow().send();
    let waiting = fuse.add(1).send();
    fuse.add(7).tell().now().unwrap();
    nap.await.unwrap();
    blow.await.unwrap_err();

    let error = waiting.await.unwrap_err();

    assert!(matches!(error, CallError::Down(_)), "{error}");
    assert_eq!(error.into_undelivered().unwrap().action(), "add");
    assert_eq!(fuse.add(1).await.unwrap(), 1, "the one-way message is gone, too");
    assert_eq!(node.dead_letter_count(), 1);
}

/// The policy for panics was asked only whether it is "go on".
#[lyceum::test]
async fn agent_that_is_to_stop_after_a_panic_does_not_restart() {
    let node = Node::simulated(1);
    let launch = node.launch(Fuse::default()).restart(policy(3)).on_panic(OnFailure::Stop);
    let fuse = launch.await.unwrap();
    fuse.blow().await.unwrap_err();
    node.run_until_idle();
    assert_eq!(fuse.status().await.unwrap().mode, Mode::Ended);
    assert_eq!(fuse.ended().await, DownReason::Panicked("as asked".into()));
}

#[lyceum::test]
async fn suspended_turns_of_an_agent_that_restarts_are_down() {
    let node = Node::simulated(1);
    let fuse = node.launch(Fuse::default()).restart(policy(3)).await.unwrap();
    let early = fuse.blow_later().send();
    node.advance(SECOND / 2);
    let late = fuse.blow_later().send();
    assert!(matches!(early.await.unwrap_err(), CallError::Panicked(_)));
    let error = late.await.unwrap_err();
    assert!(matches!(error, CallError::Down(_)), "{error}");
    assert_eq!(error.started(), Some(true));
}
