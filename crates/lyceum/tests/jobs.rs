//! Jobs: work beside an agent's turns, and its results.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};

use lyceum::prelude::*;
use lyceum::{BlockingError, JobHandle, Mode, OnFailure, When};

const SECOND: Duration = Duration::from_secs(1);

/// What a job takes along, to be seen when it is dropped.
struct Baggage(Arc<AtomicU32>);

impl Drop for Baggage {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Blocks threads until it opens.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
    inside: AtomicU32,
    most: AtomicU32,
}

impl Gate {
    fn pass(&self) {
        let inside = self.inside.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(inside, SeqCst);
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.changed.wait(open).unwrap();
        }
        drop(open);
        self.inside.fetch_sub(1, SeqCst);
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

#[derive(Clone, Default)]
struct Kitchen {
    ready: Vec<(String, u64)>,
    dropped: Arc<AtomicU32>,
}

#[agent]
impl Kitchen {
    /// Cooks for so long, while the agent does other things.
    #[action(local)]
    fn cook(&mut self, dish: &'static str, time: Duration, cx: &Context<Self>) -> JobHandle {
        let (inner, baggage) = (cx.clone(), Baggage(self.dropped.clone()));
        let cooking = async move {
            inner.sleep(time).await;
            drop(baggage);
            (dish.to_string(), inner.now().since_start().as_secs())
        };
        cx.job(cooking, |kitchen, dish| kitchen.ready.push(dish))
    }

    #[action(local)]
    fn remind(&mut self, when: When, cx: &Context<Self>) -> JobHandle {
        let inner = cx.clone();
        cx.call_at(when, move |kitchen| {
            kitchen.ready.push(("reminder".into(), inner.now().since_start().as_secs()));
        })
    }

    #[action]
    fn remind_in(&mut self, seconds: u64, cx: &Context<Self>) {
        let inner = cx.clone();
        drop(cx.call_in(Duration::from_secs(seconds), move |kitchen| {
            kitchen.ready.push(("timer".into(), inner.now().since_start().as_secs()));
        }));
    }

    #[action]
    fn burn(&mut self, cx: &Context<Self>) {
        drop(cx.job(async { panic!("it burns") }, |_, ()| ()));
    }

    #[action]
    async fn hold(&mut self, seconds: u64, cx: &Context<Self>) {
        cx.sleep(Duration::from_secs(seconds)).await;
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }

    #[action(local)]
    async fn block(cx: Context<Self>, gate: Arc<Gate>) -> Result<u32, BlockingError> {
        cx.blocking(move || {
            gate.pass();
            7
        })
        .await
    }

    #[action(local)]
    async fn block_and_panic(&self, cx: &Context<Self>) -> Result<(), BlockingError> {
        cx.blocking(|| panic!("no disk")).await
    }

    #[action]
    fn ready(&self) -> Vec<(String, u64)> {
        self.ready.clone()
    }
}

async fn kitchen() -> (Node, Handle<Kitchen>, Arc<AtomicU32>) {
    let node = Node::simulated(1);
    let kitchen = Kitchen::default();
    let dropped = kitchen.dropped.clone();
    let launch = node.launch(kitchen).restart(Restart::default()).on_panic(OnFailure::Restart);
    (node.clone(), launch.await.unwrap(), dropped)
}

#[lyceum::test]
async fn result_of_a_job_is_delivered_in_a_turn() {
    let (node, kitchen, _) = kitchen().await;
    drop(kitchen.cook("soup", 2 * SECOND).await.unwrap());
    drop(kitchen.cook("salad", SECOND).await.unwrap());
    assert!(kitchen.ready().await.unwrap().is_empty(), "the agent does not wait");
    node.advance(3 * SECOND);
    assert_eq!(kitchen.ready().await.unwrap(), [("salad".into(), 1), ("soup".into(), 2)]);
}

#[lyceum::test]
async fn result_of_a_job_waits_for_the_turn_that_runs() {
    let (node, kitchen, _) = kitchen().await;
    drop(kitchen.cook("soup", SECOND).await.unwrap());
    let hold = kitchen.hold(5).send();
    let ready = kitchen.ready().send();
    hold.await.unwrap();
    assert_eq!(node.now().since_start(), 5 * SECOND);
    assert_eq!(ready.await.unwrap(), [("soup".into(), 1)], "ahead of waiting messages");
}

#[lyceum::test]
async fn cancelled_job_is_dropped_and_delivers_nothing() {
    let (node, kitchen, dropped) = kitchen().await;
    let job = kitchen.cook("soup", SECOND).await.unwrap();
    node.run_until_idle();
    job.cancel().await;
    assert_eq!(dropped.load(SeqCst), 1, "it is gone when the answer comes");
    node.advance(5 * SECOND);
    assert!(kitchen.ready().await.unwrap().is_empty());
}

#[lyceum::test]
async fn job_that_is_over_can_be_cancelled_without_harm_to_others() {
    let (node, kitchen, _) = kitchen().await;
    let early = kitchen.cook("soup", SECOND).await.unwrap();
    node.advance(SECOND);
    drop(kitchen.cook("salad", SECOND).await.unwrap());
    early.cancel().await;
    node.advance(SECOND);
    assert_eq!(kitchen.ready().await.unwrap().len(), 2);
}

#[lyceum::test]
async fn jobs_end_with_their_agent() {
    for kill in [false, true] {
        let (node, kitchen, dropped) = kitchen().await;
        drop(kitchen.cook("soup", 1_000 * SECOND).await.unwrap());
        node.run_until_idle();
        if kill {
            kitchen.kill().await
        } else {
            kitchen.stop().await
        };
        node.run_until_idle();
        assert_eq!(dropped.load(SeqCst), 1, "killed: {kill}");
        let expected = if kill { Duration::ZERO } else { 5 * SECOND };
        assert_eq!(node.now().since_start(), expected, "a stop waits for the grace time");
    }
}

#[lyceum::test]
async fn jobs_end_with_their_generation() {
    let (node, kitchen, dropped) = kitchen().await;
    drop(kitchen.cook("soup", 10 * SECOND).await.unwrap());
    kitchen.remind_in(10).await.unwrap();
    kitchen.blow().await.unwrap_err();
    node.advance(20 * SECOND);
    assert_eq!((kitchen.status().await.unwrap().generation, dropped.load(SeqCst)), (1, 1));
    assert!(kitchen.ready().await.unwrap().is_empty());
}

#[lyceum::test]
async fn panic_in_a_job_is_one_in_a_turn() {
    let (node, kitchen, _) = kitchen().await;
    kitchen.burn().await.unwrap();
    node.run_until_idle();
    assert_eq!(
        (kitchen.status().await.unwrap().mode, kitchen.status().await.unwrap().generation),
        (Mode::Active, 1)
    );
}

#[lyceum::test]
async fn agent_is_called_in_a_while_and_at_a_time() {
    let (node, kitchen, _) = kitchen().await;
    kitchen.remind_in(3).await.unwrap();
    drop(kitchen.remind(When::Time(lyceum::Time::START + SECOND)).await.unwrap());
    let date = When::Utc("2000-01-01T00:00:02Z".parse().unwrap());
    drop(kitchen.remind(date).await.unwrap());
    node.advance(10 * SECOND);
    let expected = [("reminder".into(), 1), ("reminder".into(), 2), ("timer".into(), 3)];
    assert_eq!(kitchen.ready().await.unwrap(), expected);
}

#[lyceum::test]
async fn agent_is_called_at_once_at_a_time_that_is_past() {
    let (node, kitchen, _) = kitchen().await;
    node.advance(10 * SECOND);
    drop(kitchen.remind(When::Time(lyceum::Time::START)).await.unwrap());
    drop(kitchen.remind(When::Utc("1900-01-01T00:00:00Z".parse().unwrap())).await.unwrap());
    node.run_until_idle();
    assert_eq!(kitchen.ready().await.unwrap().len(), 2);
    assert_eq!(node.now().since_start(), 10 * SECOND);
}

#[lyceum::test]
async fn reminder_that_was_cancelled_does_not_come() {
    let (node, kitchen, _) = kitchen().await;
    let job = kitchen.remind(When::Time(lyceum::Time::START + SECOND)).await.unwrap();
    job.cancel().await;
    node.advance(10 * SECOND);
    assert!(kitchen.ready().await.unwrap().is_empty());
}

#[lyceum::test]
async fn blocking_work_is_refused_in_virtual_time() {
    let (_node, kitchen, _) = kitchen().await;
    let error = kitchen.block(Arc::default()).await.unwrap_err();
    assert!(matches!(error, CallError::Action(BlockingError::VirtualTime)), "{error}");
}

#[tokio::test]
async fn blocking_work_is_bounded_and_leaves_the_agent_free() {
    let node = Node::builder().blocking_limit(2).build().unwrap();
    let kitchen = node.launch(Kitchen::default()).await.unwrap();
    let gate = Arc::new(Gate::default());
    let calls: Vec<_> = (0..6).map(|_| kitchen.block(gate.clone()).send()).collect();
    while gate.inside.load(SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    assert!(kitchen.ready().await.unwrap().is_empty());
    gate.open();
    for call in calls {
        assert_eq!(call.await.unwrap(), 7);
    }
    assert_eq!(gate.most.load(SeqCst), 2);
}

#[tokio::test]
async fn panic_in_blocking_work_is_an_error_of_the_work_alone() {
    let node = Node::local();
    let kitchen = node.launch(Kitchen::default()).await.unwrap();
    let error = kitchen.block_and_panic().await.unwrap_err();
    assert!(
        matches!(&error, CallError::Action(BlockingError::Panicked(text)) if text == "no disk"),
        "{error}"
    );
    assert_eq!(kitchen.status().await.unwrap().mode, Mode::Active);
}
