//! Agents that stop, are killed, or end with their node: every call ends exactly once.
#![expect(clippy::disallowed_methods, reason = "what a test starts ends with it")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum::{Backoff, DownReason, Mode};

const SECOND: Duration = Duration::from_secs(1);
const CALLS: u32 = 10_000;

#[derive(Default)]
struct Clerk {
    stops_at_start: bool,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    done: AtomicU32,
    stopped: AtomicU32,
    ran_once: AtomicU32,
    dropped: AtomicU32,
}

impl Drop for Clerk {
    fn drop(&mut self) {
        self.log.dropped.fetch_add(1, SeqCst);
    }
}

#[agent]
impl Clerk {
    #[on_start]
    async fn start(&mut self, cx: &Context<Self>) {
        if self.stops_at_start {
            cx.stop();
            cx.sleep(SECOND).await;
        }
    }

    #[on_stop]
    async fn close(&mut self) {
        self.log.stopped.fetch_add(1, SeqCst);
    }

    #[action]
    async fn work(&mut self, cx: &Context<Self>) {
        cx.sleep(Duration::from_micros(10)).await;
        self.log.done.fetch_add(1, SeqCst);
    }

    #[action]
    async fn nap(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
        self.log.done.fetch_add(1, SeqCst);
    }

    #[action]
    async fn hang(&mut self) {
        std::future::pending::<()>().await;
    }

    #[action]
    async fn kill_itself(&mut self, cx: &Context<Self>) {
        cx.handle().kill().await;
        self.log.done.fetch_add(1, SeqCst);
    }

    #[behaviour(once)]
    fn once(&mut self) {
        self.log.ran_once.fetch_add(1, SeqCst);
    }
}

async fn clerk(node: &Node) -> (Handle<Clerk>, Arc<Log>) {
    let clerk = Clerk::default();
    let log = clerk.log.clone();
    (node.launch(clerk).mailbox(CALLS * 2).await.unwrap(), log)
}

#[lyceum::test]
async fn stop_in_the_middle_of_many_calls_ends_each_exactly_once() {
    for seed in 0..5 {
        let node = Node::simulated(seed);
        let (clerk, log) = clerk(&node).await;
        let calls: Vec<_> = (0..CALLS).map(|_| clerk.work().no_timeout().send()).collect();
        node.advance(Duration::from_millis(50));
        clerk.stop();
        let ends = join_all(calls).await;

        let done = ends.iter().filter(|end| end.is_ok()).count();
        let refused = |end: &Result<_, CallError>| match end {
            Err(CallError::Terminated(fault)) => fault.message.is_some(),
            _ => false,
        };
        let refused = ends.iter().filter(|end| refused(end)).count();
        assert!(done > 1_000 && done < 9_000, "in the middle: {done}, seed {seed}");
        assert_eq!(done + refused, CALLS as usize, "done or returned, seed {seed}");
        assert_eq!(log.done.load(SeqCst) as usize, done, "what ran was answered");
        clerk.ended().await;
        assert_eq!((log.stopped.load(SeqCst), log.dropped.load(SeqCst)), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_in_the_middle_of_many_calls_on_threads_ends_each_exactly_once() {
    for round in 0..5 {
        let node = Node::local();
        let (clerk, log) = clerk(&node).await;
        let callers = (0..100).map(|_| {
            let clerk = clerk.clone();
            tokio::spawn(async move {
                let mut done = 0;
                for _ in 0..CALLS / 100 {
                    match clerk.work().no_timeout().await {
                        Ok(()) => done += 1,
                        Err(CallError::Terminated(_)) => {}
                        Err(other) => panic!("a stop lets what runs finish: {other}"),
                    }
                }
                done
            })
        });
        let callers: Vec<_> = callers.collect();
        while log.done.load(SeqCst) < 200 {
            tokio::task::yield_now().await;
        }
        assert_eq!(clerk.stop().await, DownReason::Stopped);
        let done: u32 = join_all(callers).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(log.done.load(SeqCst), done, "round {round}");
        assert_eq!((log.stopped.load(SeqCst), log.dropped.load(SeqCst)), (1, 1));
    }
}

#[lyceum::test]
async fn stop_lets_the_turn_that_runs_finish_and_then_runs_the_hook() {
    let node = Node::simulated(1);
    let (clerk, log) = clerk(&node).await;
    let nap = clerk.nap().send();
    node.run_until_idle();
    assert_eq!(clerk.stop().await, DownReason::Stopped);
    nap.await.unwrap();
    assert_eq!((log.done.load(SeqCst), log.stopped.load(SeqCst)), (1, 1));
    assert_eq!(node.now().since_start(), SECOND);
}

#[lyceum::test]
async fn stop_drops_a_turn_that_hangs_after_the_grace_time_and_then_runs_the_hook() {
    let node = Node::simulated(1);
    let (clerk, log) = clerk(&node).await;
    let hang = clerk.hang().no_timeout().send();
    node.run_until_idle();
    clerk.stop().await;
    let error = hang.await.unwrap_err();
    assert!(matches!(error, CallError::Down(_)), "{error}");
    assert_eq!(log.stopped.load(SeqCst), 1);
    assert_eq!(node.now().since_start(), 5 * SECOND);
}

#[lyceum::test]
async fn kill_drops_at_once_and_runs_no_hook() {
    let node = Node::simulated(1);
    let (clerk, log) = clerk(&node).await;
    let nap = clerk.nap().send();
    let queued = clerk.nap().send();
    node.run_until_idle();
    assert_eq!(clerk.kill().await, DownReason::Killed);
    assert!(matches!(nap.await.unwrap_err(), CallError::Down(_)));
    assert!(matches!(queued.await.unwrap_err(), CallError::Terminated(_)));
    assert_eq!((log.stopped.load(SeqCst), log.dropped.load(SeqCst)), (0, 1));
    assert_eq!(node.now().since_start(), Duration::ZERO);
}

/// The end of the start set the mode back, and behaviours began on an agent that stops.
#[lyceum::test]
async fn agent_that_is_stopped_while_it_starts_begins_nothing() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let mut clerk = Clerk::default();
        clerk.stops_at_start = true;
        let log = clerk.log.clone();
        let launched = node.launch(clerk).await;
        if let Ok(clerk) = &launched {
            assert!(
                matches!(clerk.status().await.unwrap().mode, Mode::Stopping | Mode::Ended),
                "seed {seed}"
            );
            clerk.ended().await;
        }
        node.advance(SECOND);
        assert_eq!(log.ran_once.load(SeqCst), 0, "seed {seed}");
        assert_eq!(log.dropped.load(SeqCst), 1);
    }
}

#[lyceum::test]
async fn shutdown_ends_every_agent_and_the_node_takes_no_more() {
    let node = Node::simulated(1);
    let mut logs = Vec::new();
    for _ in 0..10 {
        logs.push(clerk(&node).await);
    }
    node.shutdown().await;
    assert_eq!(node.agent_count(), 0);
    for (clerk, log) in &logs {
        assert_eq!((log.stopped.load(SeqCst), log.dropped.load(SeqCst)), (1, 1));
        assert!(matches!(clerk.nap().await.unwrap_err(), CallError::Terminated(_)));
    }
    assert!(node.launch(Clerk::default()).await.is_err());
}

/// Notes what happens to it.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn notes(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[agent]
impl Diary {
    #[on_start]
    async fn start(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
        self.note(format!("started {}", cx.generation()));
    }

    #[on_stop]
    async fn close(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND / 2).await;
        self.note(format!("stopped {}", cx.generation()));
    }

    #[action]
    async fn wait(&self) {
        std::future::pending::<()>().await;
    }

    #[action]
    async fn blow(&self) {
        panic!("as asked");
    }
}

/// Lets others run for a moment.
async fn step() {
    let mut stepped = false;
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if std::mem::replace(&mut stepped, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// The stop saw the state that the restart was about to drop, and its hook waited for a turn that
/// never came: for the grace time, and then for another one.
#[lyceum::test]
async fn stop_in_the_middle_of_a_restart_waits_for_nothing_that_is_gone() {
    for steps in 0..10 {
        for seed in 0..10 {
            let node = Node::simulated(seed);
            let diary = Diary::default();
            let pause = Backoff { first: 100 * SECOND, most: 100 * SECOND };
            let policy = Restart::default().backoff(pause);
            let agent = node.launch(diary.clone()).restart(policy).await.unwrap();
            let before = node.now();
            let hangs = agent.wait().send();
            let stops = node.spawn(async move {
                agent.blow().await.unwrap_err();
                for _ in 0..steps {
                    step().await;
                }
                agent.stop().await
            });

            assert_eq!(stops.await, Some(DownReason::Stopped));

            assert_eq!(node.now(), before, "seed {seed}, after {steps} steps");
            assert!(matches!(hangs.await.unwrap_err(), CallError::Down(_)));
            assert_eq!(diary.notes(), ["started 0"], "a generation that failed stops nothing");
        }
    }
}

/// The stop hook could come before the start hook, or without it.
#[lyceum::test]
async fn stop_hook_runs_after_a_start_hook_that_ran_to_its_end_or_not_at_all() {
    let mut ends = BTreeSet::new();
    for steps in 0..10 {
        for seed in 0..10 {
            let node = Node::simulated(seed);
            let diary = Diary::default();
            let (launching, state) = (node.clone(), diary.clone());
            let launched = node.spawn(async move { launching.launch(state).named("a").await });
            let finding = node.clone();
            let stops = node.spawn(async move {
                loop {
                    if let Some(agent) = finding.find().name::<Diary>("a") {
                        for _ in 0..steps {
                            step().await;
                        }
                        return agent.stop().await;
                    }
                    step().await;
                }
            });
            stops.await.unwrap();
            drop(launched.await);
            ends.insert(diary.notes());
        }
    }
    let both = vec!["started 0".to_string(), "stopped 0".into()];
    assert_eq!(ends, BTreeSet::from([vec![], both]));
}

/// Ends its node.
struct Janitor(Arc<AtomicU32>);

#[agent]
impl Janitor {
    #[action]
    async fn close_up(&mut self, cx: &Context<Self>) -> u32 {
        cx.node().shutdown().await;
        self.0.fetch_add(1, SeqCst);
        7
    }

    #[action]
    fn close_up_later(&mut self, cx: &Context<Self>) {
        let (node, sleep) = (cx.node(), cx.sleep(SECOND));
        let work = async move {
            sleep.await;
            node.shutdown().await;
        };
        drop(cx.job(work, |_, ()| ()));
    }

    #[on_stop]
    fn close(&mut self) {
        self.0.fetch_add(10, SeqCst);
    }
}

/// It waited for its own end until the grace time was over, and was dropped then: the other agents
/// lived on, on a node that took no more.
#[lyceum::test]
async fn agent_that_shuts_its_node_down_is_stopped_as_any() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let (old, old_log) = clerk(&node).await;
        let done = Arc::new(AtomicU32::new(0));
        let janitor = node.launch(Janitor(done.clone())).await.unwrap();
        let (young, young_log) = clerk(&node).await;

        assert_eq!(janitor.close_up().await.unwrap(), 7);
        assert!(node.launch(Janitor(done.clone())).await.is_err(), "it takes no more");

        let all = [old.any(), janitor.any(), young.any()];
        assert_eq!(node.wait_all(&all).await, [const { DownReason::Stopped }; 3], "seed {seed}");
        assert_eq!((old_log.stopped.load(SeqCst), young_log.stopped.load(SeqCst)), (1, 1));
        assert_eq!(done.load(SeqCst), 11, "its turn and its hook ran to their ends");
        assert_eq!((node.agent_count(), node.now().since_start()), (0, Duration::ZERO));
    }
}

#[lyceum::test]
async fn job_that_shuts_its_node_down_is_over_before_its_agent_stops() {
    let node = Node::simulated(1);
    let (old, log) = clerk(&node).await;
    let done = Arc::new(AtomicU32::new(0));
    let janitor = node.launch(Janitor(done.clone())).await.unwrap();
    janitor.close_up_later().await.unwrap();

    old.ended().await;

    assert_eq!((log.stopped.load(SeqCst), done.load(SeqCst)), (1, 10));
    assert_eq!((node.agent_count(), node.now().since_start()), (0, SECOND));
}

/// Whoever gave up waiting left agents behind on a node that took no more.
#[lyceum::test]
async fn shutdown_that_nobody_waits_for_any_more_goes_on() {
    let node = Node::simulated(1);
    let (one, log) = clerk(&node).await;
    let nap = one.nap().send();
    node.run_until_idle();
    let shutdown = node.shutdown().now_or_never();
    assert!(shutdown.is_none(), "an agent naps");

    nap.await.unwrap();

    assert_eq!(one.ended().await, DownReason::Stopped);
    assert_eq!((log.stopped.load(SeqCst), node.agent_count()), (1, 0));
}

/// A task of the node ends with it, but not before it could say so.
#[lyceum::test]
async fn task_that_shuts_its_node_down_goes_on_after_that() {
    for node in [Node::simulated(1), Node::local()] {
        let (_, log) = clerk(&node).await;
        let closing = node.clone();
        let task = node.spawn(async move {
            closing.shutdown().await;
            closing.agent_count()
        });
        assert_eq!(task.await, Some(0));
        assert_eq!(log.stopped.load(SeqCst), 1);
    }
}

/// Stops others, or itself.
#[derive(Default)]
struct Quitter {
    stopped: Arc<AtomicU32>,
}

#[agent]
impl Quitter {
    #[action(local)]
    async fn quit(&mut self, cx: &Context<Self>) -> (DownReason, DownReason) {
        let own = cx.handle();
        (own.stop().await, own.ended().await)
    }

    #[action]
    async fn quit_by(&self, other: Handle<Quitter>, cx: &Context<Self>) -> bool {
        other.quit_other(cx.handle()).await.is_ok_and(|reason| reason == "it was stopped")
    }

    #[action]
    async fn quit_other(&self, other: Handle<Quitter>) -> String {
        other.stop().await.to_string()
    }

    #[action(local)]
    async fn quit_parent(&self, cx: &Context<Self>) -> DownReason {
        let child = cx.launch(Quitter { stopped: self.stopped.clone() }).await.unwrap();
        child.quit_other(cx.handle()).tell().await.unwrap();
        cx.handle().ended().await
    }

    #[on_stop]
    fn close(&mut self) {
        self.stopped.fetch_add(1, SeqCst);
    }

    #[behaviour(run)]
    async fn wait_for_the_end(cx: Context<Self>) {
        assert_eq!(cx.handle().ended().await, DownReason::Stopped);
        cx.sleep(SECOND).await;
    }
}

/// It waited for its own end until its grace time was over, and was dropped then.
#[lyceum::test]
async fn agent_that_awaits_its_own_stop_hears_at_once_that_it_stops() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let quitter = Quitter::default();
        let stopped = quitter.stopped.clone();
        let quitter = node.launch(quitter).await.unwrap();

        let reasons = quitter.quit().await.unwrap();

        assert_eq!(reasons, (DownReason::Stopped, DownReason::Stopped));
        assert_eq!(quitter.ended().await, DownReason::Stopped);
        assert_eq!((stopped.load(SeqCst), node.now().since_start()), (1, SECOND), "seed {seed}");
    }
}

#[lyceum::test]
async fn caller_and_parent_are_not_waited_for_by_whom_they_wait_for() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let (one, other) = (Quitter::default(), node.launch(Quitter::default()).await.unwrap());
        let stopped = one.stopped.clone();
        let one = node.launch(one).await.unwrap();
        assert!(one.quit_by(other.clone()).await.unwrap());
        one.ended().await;

        assert_eq!(other.quit_parent().await.unwrap(), DownReason::Stopped);
        other.ended().await;

        assert_eq!(stopped.load(SeqCst), 1);
        assert!(node.now().since_start() <= 4 * SECOND, "seed {seed}: {}", node.now());
    }
}

#[lyceum::test]
async fn agent_that_kills_itself_is_dropped_at_that_await() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let (one, log) = clerk(&node).await;
        let error = one.kill_itself().await.unwrap_err();
        assert!(matches!(error, CallError::Down(_)), "{error}");
        assert_eq!(one.ended().await, DownReason::Killed);
        assert_eq!((log.done.load(SeqCst), log.dropped.load(SeqCst)), (0, 1));
    }
}
