//! Clocks: a simulator sets the time, or the time jumps; timers, dates, and holding time still.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context as TaskContext, Wake, Waker};

use futures_util::FutureExt;
use futures_util::task::{ArcWake, waker};
use lyceum::prelude::*;
use lyceum::{ClockDriver, Time, When};

const SECOND: Duration = Duration::from_secs(1);
const START: &str = "2030-01-01T00:00:00Z";

/// Wakes up and notes when.
#[derive(Default)]
struct Sleeper {
    /// When it was to wake up and when it did, in milliseconds.
    woken: Vec<(u64, u64)>,
}

fn millis(time: Time) -> u64 {
    u64::try_from(time.since_start().as_millis()).unwrap()
}

#[agent]
impl Sleeper {
    /// Wakes up after so long, and when it does sleeps again as long, `times` in all.
    #[action]
    async fn nap(cx: Context<Self>, millis_each: u64, times: u32) -> Result<(), String> {
        for _ in 0..times {
            let due = cx.now() + Duration::from_millis(millis_each);
            cx.sleep_until(due).await;
            let pair = (millis(due), millis(cx.now()));
            let noted = cx.with(move |sleeper| sleeper.woken.push(pair)).await;
            noted.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    #[action]
    async fn sleep_until_date(&self, date: String, cx: &Context<Self>) -> (u64, String) {
        cx.sleep_until(When::Utc(date.parse().expect("it is a date"))).await;
        (millis(cx.now()), cx.utc().to_string())
    }

    #[action(local)]
    async fn nap_at_most(&self, limit: Duration, nap: Duration, cx: &Context<Self>) -> bool {
        cx.timeout(limit, cx.sleep(nap)).await.is_ok()
    }

    #[action(local)]
    async fn foreign(&self, answer: tokio::sync::oneshot::Receiver<()>, cx: &Context<Self>) -> u64 {
        let _busy = cx.busy();
        answer.await.expect("somebody answers");
        millis(cx.now())
    }

    #[action]
    fn woken(&self) -> Vec<(u64, u64)> {
        self.woken.clone()
    }
}

async fn external() -> (Node, ClockDriver, Handle<Sleeper>) {
    let node = Node::builder().external_clock(START.parse().unwrap()).build().unwrap();
    let sleeper = node.launch(Sleeper::default()).await.unwrap();
    let driver = node.clock_driver().unwrap();
    (node, driver, sleeper)
}

#[tokio::test]
async fn external_clock_steps_through_due_times_in_order_and_nobody_is_late() {
    let (node, driver, sleeper) = external().await;
    for each in [300, 700, 1_000] {
        sleeper.nap(each, 2_100 / u32::try_from(each).unwrap()).tell().await.unwrap();
    }
    driver.advance(10 * SECOND).await;
    let woken = sleeper.woken().await.unwrap();
    assert!(woken.iter().all(|(due, woke)| due == woke), "nobody is late: {woken:?}");
    assert!(woken.is_sorted_by_key(|(_, woke)| *woke), "{woken:?}");
    assert_eq!(woken.len(), 7 + 3 + 2);
    assert_eq!(node.now().since_start(), 10 * SECOND);
}

#[tokio::test]
async fn external_clock_stands_still_unless_it_is_moved() {
    let (node, driver, sleeper) = external().await;
    sleeper.nap(1_000, 1).tell().await.unwrap();
    driver.idle().await;
    assert_eq!(driver.next_due(), Some(Time::START + SECOND));
    driver.advance(SECOND - Duration::from_nanos(1)).await;
    assert!(sleeper.woken().await.unwrap().is_empty());
    driver.advance(Duration::from_nanos(1)).await;
    assert_eq!(sleeper.woken().await.unwrap(), [(1_000, 1_000)]);
    assert_eq!(node.now().since_start(), SECOND);
}

/// The deadlines of calls that were answered long ago were next.
#[tokio::test]
async fn next_due_time_is_one_at_which_something_happens() {
    let (_node, driver, sleeper) = external().await;
    assert_eq!(driver.next_due(), None);
    sleeper.woken().send().await.unwrap();
    driver.idle().await;
    assert_eq!(driver.next_due(), None, "the call is over, and its deadline with it");
}

#[tokio::test]
async fn time_in_the_past_changes_nothing() {
    let (node, driver, sleeper) = external().await;
    driver.advance(10 * SECOND).await;
    driver.set(Time::START + SECOND).await;
    assert_eq!(node.now().since_start(), 10 * SECOND);
    let (now, date) = sleeper.sleep_until_date("1999-01-01T00:00:00Z".into()).await.unwrap();
    assert_eq!((now, date.as_str()), (10_000, "2030-01-01T00:00:10Z"));
}

#[tokio::test]
async fn external_clock_is_set_by_dates() {
    let (node, driver, sleeper) = external().await;
    let sleep = sleeper.sleep_until_date("2030-01-01T12:00:00Z".into()).no_timeout().send();
    driver.set(When::Utc("2030-01-02T00:00:00Z".parse().unwrap())).await;
    let (now, date) = sleep.await.unwrap();
    assert_eq!((now, date.as_str()), (12 * 3_600_000, "2030-01-01T12:00:00Z"));
    assert_eq!(node.utc().to_string(), "2030-01-02T00:00:00Z");
}

#[tokio::test]
async fn external_clock_runs_at_a_multiple_of_real_time_and_stops_at_its_end() {
    let (node, driver, sleeper) = external().await;
    sleeper.nap(1_000, 50).tell().await.unwrap();
    driver.run(Time::START + 60 * SECOND, 2_500.0).await;
    assert_eq!(node.now().since_start(), 60 * SECOND);
    let woken = sleeper.woken().await.unwrap();
    assert_eq!(woken.len(), 50);
    assert!(woken.iter().all(|(due, woke)| due == woke), "{woken:?}");
}

#[tokio::test]
async fn call_on_an_external_clock_times_out_when_the_simulator_gets_there() {
    let (node, driver, sleeper) = external().await;
    let date = "2031-01-01T00:00:00Z".to_string();
    let call = sleeper.sleep_until_date(date).timeout(5 * SECOND).send();
    driver.advance(60 * SECOND).await;
    let error = call.await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(node.now().since_start(), 60 * SECOND);
}

#[tokio::test]
async fn virtual_clock_on_a_runtime_jumps_whenever_all_are_idle() {
    let node = Node::builder().virtual_clock(START.parse().unwrap()).build().unwrap();
    assert!(node.clock_driver().is_none());
    let sleeper = node.launch(Sleeper::default()).await.unwrap();
    let (now, date) =
        sleeper.sleep_until_date("2031-01-01T00:00:00Z".into()).no_timeout().await.unwrap();
    assert_eq!((now, date.as_str()), (365 * 86_400_000, "2031-01-01T00:00:00Z"));
}

#[tokio::test]
async fn busy_guard_holds_virtual_time_still() {
    let node = Node::builder().virtual_clock(START.parse().unwrap()).build().unwrap();
    let sleeper = node.launch(Sleeper::default()).await.unwrap();
    let (sender, answer) = tokio::sync::oneshot::channel();
    let foreign = sleeper.foreign(answer).send();
    sleeper.nap(1_000, 1).tell().await.unwrap();
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(node.now(), Time::START);
    sender.send(()).unwrap();
    assert_eq!(foreign.await.unwrap(), 0);
    node.sleep(2 * SECOND).await;
    assert_eq!(sleeper.woken().await.unwrap(), [(1_000, 1_000)]);
}

#[tokio::test]
async fn busy_guard_holds_back_a_simulator() {
    let (node, driver, sleeper) = external().await;
    let (sender, answer) = tokio::sync::oneshot::channel();
    let foreign = sleeper.foreign(answer).send();
    while sleeper.stats().await.unwrap().in_progress == 0 {
        tokio::task::yield_now().await;
    }
    let answered = async {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(node.now(), Time::START);
        sender.send(()).unwrap();
    };
    futures_util::future::join(driver.advance(10 * SECOND), answered).await;
    assert_eq!(foreign.await.unwrap(), 0);
    assert_eq!(node.now().since_start(), 10 * SECOND);
}

#[lyceum::test]
async fn simulated_clock_starts_at_a_given_date() {
    let node = Node::builder().start(START.parse().unwrap()).simulated(1);
    assert_eq!(node.utc().to_string(), START);
    node.advance(90 * SECOND);
    assert_eq!(node.utc().to_string(), "2030-01-01T00:01:30Z");
    assert_eq!(Node::simulated(1).utc().to_string(), "2000-01-01T00:00:00Z");
}

#[lyceum::test]
async fn work_in_time_is_done_and_work_beyond_it_is_dropped() {
    let node = Node::simulated(1);
    let sleeper = node.launch(Sleeper::default()).await.unwrap();
    assert!(sleeper.nap_at_most(2 * SECOND, SECOND).await.unwrap());
    assert_eq!(node.now().since_start(), SECOND);
    assert!(!sleeper.nap_at_most(SECOND, 100 * SECOND).await.unwrap());
    assert_eq!(node.now().since_start(), 2 * SECOND);
    node.run_until_idle();
    assert_eq!(node.now().since_start(), 2 * SECOND, "the timer is gone");
}

#[tokio::test]
async fn timer_that_was_dropped_is_not_due() {
    let (node, driver, _sleeper) = external().await;
    let mut sleep = Box::pin(node.sleep(SECOND));
    let polled = sleep.as_mut().now_or_never();
    assert!(polled.is_none());
    assert_eq!(driver.next_due(), Some(Time::START + SECOND));
    drop(sleep);
    assert_eq!(driver.next_due(), None);
}

/// Counts how often it is woken, by each of two kinds of wakers that have the same data.
#[derive(Default)]
struct Woken {
    one: AtomicU32,
    other: AtomicU32,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.one.fetch_add(1, SeqCst);
    }
}

impl ArcWake for Woken {
    fn wake_by_ref(this: &Arc<Self>) {
        this.other.fetch_add(1, SeqCst);
    }
}

/// Wakers were told apart by their data alone, so that the one that polled first was woken.
#[tokio::test]
async fn sleep_wakes_the_waker_that_polled_it_last() {
    let (node, clock, _) = external().await;
    let woken = Arc::new(Woken::default());
    let mut sleep = pin!(node.sleep(SECOND));
    for waker in [Waker::from(woken.clone()), waker(woken.clone())] {
        assert!(sleep.poll_unpin(&mut TaskContext::from_waker(&waker)).is_pending());
    }

    clock.advance(SECOND).await;

    assert_eq!((woken.one.load(SeqCst), woken.other.load(SeqCst)), (0, 1));
}
