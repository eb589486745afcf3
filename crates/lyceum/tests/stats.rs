//! Statistics of agents: what became of the messages that they took.

use lyceum::Stats;
use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    async fn nap(&mut self, cx: &Context<Self>) {
        cx.sleep(Duration::from_secs(1)).await;
    }

    #[action]
    fn refuse(&mut self) -> Result<(), BoxError> {
        Err("not today".into())
    }

    #[action]
    fn faint(&mut self) {
        panic!("as asked");
    }

    /// Runs beside the turns.
    #[action]
    async fn stroll(cx: Context<Self>) {
        cx.sleep(Duration::from_secs(5)).await;
    }
}

#[lyceum::test]
async fn each_message_is_queued_then_in_progress_then_handled() {
    let node = Node::simulated(1);
    let clerk = node.launch(Clerk).await.unwrap();
    assert_eq!(clerk.stats().await.unwrap(), Stats::default());
    let (nap, next) = (clerk.nap().send(), clerk.nap().send());
    clerk.refuse().tell().await.unwrap();
    node.run_until_idle();

    let stats = clerk.stats().await.unwrap();
    assert_eq!((stats.received, stats.handled, stats.failed), (3, 0, 0));
    assert_eq!((stats.queued, stats.in_progress), (2, 1));

    drop(next);
    nap.await.unwrap();
    node.run_until_idle();
    let stats = clerk.stats().await.unwrap();
    assert_eq!((stats.received, stats.handled, stats.failed), (2, 2, 1), "one was taken back");
    assert_eq!((stats.queued, stats.in_progress), (0, 0));
}

#[lyceum::test]
async fn errors_and_panics_are_failures_and_detached_actions_are_in_progress() {
    let node = Node::simulated(1);
    let clerk = node.launch(Clerk).await.unwrap();
    clerk.refuse().await.unwrap_err();
    clerk.faint().await.unwrap_err();
    let stroll = clerk.stroll().send();
    node.run_until_idle();

    let stats = clerk.any().stats().await.unwrap();
    let expected = Stats { received: 3, handled: 2, failed: 2, queued: 0, in_progress: 1 };
    assert_eq!(stats, expected, "as those who have no type see them");

    stroll.await.unwrap();
    let stats = clerk.stats().await.unwrap();
    assert_eq!((stats.handled, stats.failed, stats.in_progress), (3, 2, 0));
}

#[lyceum::test]
async fn ping_takes_as_long_as_the_mailbox_is_not_served() {
    let node = Node::simulated(1);
    let clerk = node.launch(Clerk).await.unwrap();
    let nap = clerk.nap().send();
    node.run_until_idle();

    assert_eq!(clerk.ping().await.unwrap(), Duration::ZERO, "it overtakes what waits");

    nap.await.unwrap();
    clerk.stop().await;
    let error = clerk.ping().await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
}
