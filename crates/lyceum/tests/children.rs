//! Children over the restarts, failed starts and stops of their parents.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use lyceum::prelude::*;
use lyceum::{Down, DownReason, Mode};

const SECOND: Duration = Duration::from_secs(1);

/// Takes a second to stop.
struct Child;

#[agent]
impl Child {
    #[on_stop]
    async fn close(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
    }

    #[action]
    fn ok(&self) -> bool {
        true
    }
}

/// Has a child with a name. Some of its starts fail after that.
#[derive(Clone, Default)]
struct Parent {
    starts: Arc<AtomicU32>,
    bad_starts: std::ops::Range<u32>,
}

#[agent]
impl Parent {
    #[on_start]
    async fn start(&mut self, cx: &Context<Self>) -> Result<(), BoxError> {
        let start = self.starts.fetch_add(1, SeqCst);
        let child = cx.launch(Child).named("child").await?;
        if self.bad_starts.contains(&start) {
            return Err("not today".into());
        }
        assert!(child.ok().await?);
        Ok(())
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }

    #[action]
    fn ok(&self) -> bool {
        true
    }
}

fn child(node: &Node) -> Option<Handle<Child>> {
    node.find().name("child")
}

/// The children of the old generation were not waited for. All attempts to restart failed at once
/// with a name that is taken.
#[lyceum::test]
async fn parent_restarts_after_its_children_of_the_same_names_have_ended() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let policy = Restart::default().limit(1, 60 * SECOND);
        let parent = node.launch(Parent::default()).restart(policy).await.unwrap();
        let old = child(&node).unwrap();

        parent.blow().await.unwrap_err();

        assert!(parent.ok().await.unwrap());
        assert_eq!(node.now().since_start(), SECOND, "as long as the child takes");
        assert_eq!(old.ended().await, DownReason::ParentEnded);
        assert!(child(&node).unwrap().ok().await.unwrap());
        assert_eq!(node.agent_count(), 2);
    }
}

/// The failure is heard of at once, not when the children are gone.
#[lyceum::test]
async fn monitor_of_a_parent_that_restarts_does_not_wait_for_its_children() {
    let node = Node::simulated(1);
    let parent = node.launch(Parent::default()).restart(Restart::default()).await.unwrap();
    let monitor = parent.monitor();
    parent.blow().await.unwrap_err();
    assert!(monitor.await.restarts);
    assert_eq!(node.now().since_start(), Duration::ZERO);
}

/// What a start had left behind when it failed was there still at the next attempt.
#[lyceum::test]
async fn start_that_fails_leaves_no_children_behind() {
    let node = Node::simulated(1);
    let state = Parent { bad_starts: 1..3, ..Parent::default() };
    let parent = node.launch(state).restart(Restart::default()).await.unwrap();
    parent.blow().await.unwrap_err();
    assert!(parent.ok().await.unwrap());
    assert_eq!(parent.status().await.unwrap().generation, 3);
    assert_eq!(node.agent_count(), 2);

    parent.stop().await;
    for _ in 0..2 {
        let state = Parent { bad_starts: 0..1, ..Parent::default() };
        let error = node.launch(state).await.unwrap_err();
        let error = lyceum::Error::from(error);
        assert!(format!("{error:?}").contains("not today"), "the name is free: {error:?}");
        assert_eq!(node.agent_count(), 0);
    }
}

/// It brought the end of a later generation.
#[lyceum::test]
async fn monitor_brings_the_end_of_a_generation_whose_start_fails() {
    let node = Node::simulated(1);
    let state = Parent { bad_starts: 1..2, ..Parent::default() };
    let parent = node.launch(state).restart(Restart::default()).await.unwrap();
    let first = parent.monitor();
    parent.blow().await.unwrap_err();
    assert_eq!(first.await.generation, 0);
    let Down { generation, reason, restarts, .. } = parent.monitor().await;
    assert!(matches!(&reason, DownReason::StartFailed(why) if why == "not today"), "{reason}");
    assert_eq!((generation, restarts), (1, true));
}

#[lyceum::test]
async fn parent_that_is_stopped_while_it_restarts_ends_after_its_children() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let parent = node.launch(Parent::default()).restart(Restart::default()).await.unwrap();
        let old = child(&node).unwrap();
        parent.blow().await.unwrap_err();
        node.advance(SECOND / 2);

        assert_eq!(parent.stop().await, DownReason::Stopped);

        assert_eq!(old.status().await.unwrap().mode, Mode::Ended, "seed {seed}");
        assert_eq!(node.now().since_start(), SECOND);
        assert_eq!(node.agent_count(), 0);
    }
}
