//! Links, monitors and families: who hears of an end, and who ends with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;

use lyceum::prelude::*;
use lyceum::{DownReason, Mode};
use tokio::runtime::Builder;

const SECOND: Duration = Duration::from_secs(1);
const STACK: usize = 1024 * 1024;
const LENGTH: u32 = 10_000;
const LINKS: u32 = 2_000;

#[derive(Clone, Default)]
struct Link {
    ended: Arc<AtomicU32>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.ended.fetch_add(1, SeqCst);
    }
}

#[agent]
impl Link {
    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }

    #[action]
    fn quit(&mut self, cx: &Context<Self>) {
        cx.stop();
    }

    #[action]
    fn alive(&self) -> bool {
        true
    }

    /// Launches a child, and from it the next generation of a family.
    #[action]
    async fn bear(&mut self, depth: u32, cx: &Context<Self>) -> Handle<Self> {
        let child = cx.launch(Self { ended: self.ended.clone() }).await.expect("it starts");
        if depth > 1 {
            child.bear(depth - 1).no_timeout().tell().await.expect("it lives");
        }
        child
    }
}

async fn pair(node: &Node) -> (Handle<Link>, Handle<Link>) {
    let pair = (Link::default(), Link::default());
    (node.launch(pair.0).await.unwrap(), node.launch(pair.1).await.unwrap())
}

#[lyceum::test]
async fn killed_agent_takes_those_along_that_are_linked_with_it() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let (left, right) = pair(&node).await;
        left.link(&right).await.unwrap();
        assert_eq!(right.kill().await, DownReason::Killed);
        let reason = left.ended().await;
        assert!(
            matches!(&reason, DownReason::Linked(text) if text.contains("it was killed")),
            "{reason}"
        );
        assert_eq!(node.agent_count(), 0);
    }
}

#[lyceum::test]
async fn stop_that_was_asked_for_does_not_spread() {
    let node = Node::simulated(1);
    let (left, right) = pair(&node).await;
    let third = node.launch(Link::default()).await.unwrap();
    left.link(&right).await.unwrap();
    left.link(&third).await.unwrap();
    right.stop().await;
    third.quit().await.unwrap();
    third.ended().await;
    node.advance(SECOND);
    assert!(left.alive().await.unwrap());
}

#[lyceum::test]
async fn removed_link_does_not_spread() {
    let node = Node::simulated(1);
    let (left, right) = pair(&node).await;
    left.link(&right).await.unwrap();
    right.link(&left).await.unwrap();
    right.unlink(&left).await.unwrap();
    right.kill().await;
    node.advance(SECOND);
    assert!(left.alive().await.unwrap());
}

#[lyceum::test]
async fn agent_linked_with_itself_ends_once() {
    let node = Node::simulated(1);
    let (one, _) = pair(&node).await;
    one.link(&one).await.unwrap();
    let monitor = one.monitor();
    assert_eq!(one.kill().await, DownReason::Killed);
    assert_eq!(monitor.await.reason, DownReason::Killed);
    assert_eq!(node.agent_count(), 1);
}

#[lyceum::test]
async fn link_with_an_agent_that_was_killed_spreads_at_once() {
    let node = Node::simulated(1);
    let (left, right) = pair(&node).await;
    right.kill().await;
    left.link(&right).await.unwrap();
    assert!(matches!(left.ended().await, DownReason::Linked(_)));
}

/// A stop does not spread to those who are linked already; the link came a moment later.
#[lyceum::test]
async fn link_with_an_agent_that_was_stopped_does_not_spread() {
    let node = Node::simulated(1);
    let (left, right) = pair(&node).await;
    right.stop().await;
    left.link(&right).await.unwrap();
    node.advance(SECOND);
    assert_eq!(
        left.status().await.unwrap().mode,
        Mode::Active,
        "an end that was asked for does not spread"
    );
}

#[lyceum::test]
async fn linked_agent_that_can_restart_does_and_its_link_is_used_up() {
    let node = Node::simulated(1);
    let tough = node.launch(Link::default()).restart(Restart::default()).await.unwrap();
    let (frail, other) = pair(&node).await;
    tough.link(&frail).await.unwrap();
    tough.link(&other).await.unwrap();
    let monitor = tough.monitor();
    frail.kill().await;
    let down = monitor.await;
    assert!(matches!(down.reason, DownReason::Linked(_)) && down.restarts, "{down:?}");
    assert!(tough.alive().await.unwrap());
    assert_eq!(tough.status().await.unwrap().generation, 1);
    assert!(matches!(other.ended().await, DownReason::Linked(_)), "a failure spreads on");
}

#[lyceum::test]
async fn restart_of_one_agent_takes_a_linked_one_along() {
    let node = Node::simulated(1);
    let tough = node.launch(Link::default()).restart(Restart::default()).await.unwrap();
    let (frail, _) = pair(&node).await;
    frail.link(&tough).await.unwrap();
    tough.blow().await.unwrap_err();
    let reason = frail.ended().await;
    assert!(
        matches!(&reason, DownReason::Linked(text) if text.contains("it panicked: as asked")),
        "{reason}"
    );
    assert!(tough.alive().await.unwrap());
}

#[lyceum::test]
async fn each_monitor_hears_of_its_generation_once() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let agent = node.launch(Link::default()).restart(Restart::default()).await.unwrap();
        for generation in 0..3 {
            let monitors = [agent.monitor(), agent.monitor()];
            agent.blow().await.unwrap_err();
            for monitor in monitors {
                let down = monitor.await;
                assert_eq!((down.generation, down.restarts), (generation, true), "seed {seed}");
            }
            assert!(agent.alive().await.unwrap());
        }
        let last = agent.monitor();
        agent.kill().await;
        let down = last.await;
        assert_eq!((down.generation, down.restarts), (3, false));
        assert_eq!(down.reason, DownReason::Killed);
    }
}

#[lyceum::test]
async fn monitor_of_an_agent_that_has_ended_brings_its_end_at_once() {
    let node = Node::simulated(1);
    let (agent, _) = pair(&node).await;
    agent.kill().await;
    let before = node.now();
    let down = agent.monitor().await;
    assert_eq!((down.reason, down.restarts), (DownReason::Killed, false));
    assert_eq!(down.address, agent.address());
    assert_eq!(node.now(), before);
}

/// A restart that was caused by two links at once was counted as two.
#[lyceum::test]
async fn agent_linked_with_two_that_end_together_fails_once() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let policy = Restart::default().limit(1, SECOND);
        let middle = node.launch(Link::default()).restart(policy).await.unwrap();
        let (left, right) = pair(&node).await;
        middle.link(&left).await.unwrap();
        middle.link(&right).await.unwrap();
        left.link(&right).await.unwrap();
        left.kill();
        right.kill();
        node.run_until_idle();
        assert_eq!(
            (middle.status().await.unwrap().mode, middle.status().await.unwrap().generation),
            (Mode::Active, 1),
            "seed {seed}"
        );
    }
}

#[lyceum::test]
async fn child_ends_with_its_parent_however_that_ends() {
    for kill in [false, true] {
        let node = Node::simulated(1);
        let (parent, other) = pair(&node).await;
        let child = parent.bear(1).await.unwrap();
        let ended = if kill { parent.kill().await } else { parent.stop().await };
        assert!(matches!(ended, DownReason::Killed | DownReason::Stopped));
        assert_eq!(child.ended().await, DownReason::ParentEnded);
        assert!(other.alive().await.unwrap());
        assert_eq!(node.agent_count(), 1);
    }
}

#[lyceum::test]
async fn children_end_before_their_parent_that_stops() {
    let node = Node::simulated(1);
    let (parent, _) = pair(&node).await;
    let child = parent.bear(1).await.unwrap();
    let grandchild = child.bear(1).await.unwrap();
    parent.stop().await;
    assert_eq!(
        (child.status().await.unwrap().mode, grandchild.status().await.unwrap().mode),
        (Mode::Ended, Mode::Ended)
    );
}

#[lyceum::test]
async fn end_of_a_child_leaves_its_parent_alone() {
    let node = Node::simulated(1);
    let (parent, _) = pair(&node).await;
    let child = parent.bear(1).await.unwrap();
    child.kill().await;
    node.advance(SECOND);
    assert!(parent.alive().await.unwrap());
}

/// Each agent of a chain told its reason with that of the one before in it.
#[lyceum::test]
async fn reason_at_the_end_of_a_chain_of_links_stays_short() {
    let node = Node::simulated(1);
    let agents = node.launch_many((0..200).map(|_| Link::default())).await.unwrap();
    for two in agents.windows(2) {
        two[0].link(&two[1]).await.unwrap();
    }
    agents[0].kill().await;
    let reason = agents[199].ended().await.to_string();
    assert!(reason.contains("it was killed"), "{reason}");
    assert!(reason.len() < 500, "it has {} bytes", reason.len());
}

fn on_a_small_stack(run: impl FnOnce() -> u32 + Send + 'static) -> u32 {
    thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

/// Links agents one after the other and ends the first; returns how many ended.
async fn end_linked(node: Node) -> u32 {
    let ended = Arc::new(AtomicU32::new(0));
    let agents = (0..LINKS).map(|_| Link { ended: ended.clone() });
    let agents = node.launch_many(agents).await.unwrap();
    for two in agents.windows(2) {
        two[0].link(&two[1]).await.unwrap();
    }
    agents[0].kill().await;
    let all: Vec<_> = agents.iter().map(Handle::any).collect();
    node.wait_all(&all).await;
    assert_eq!(node.agent_count(), 0);
    ended.load(SeqCst)
}

#[test]
fn chain_of_thousands_of_links_ends_with_little_stack() {
    let simulated = on_a_small_stack(|| lyceum::block_on(end_linked(Node::simulated(1))));
    assert_eq!(simulated, LINKS);
    let local = on_a_small_stack(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { end_linked(Node::local()).await })
    });
    assert_eq!(local, LINKS);
}

/// Launches each agent as a child of the one before and ends the first; returns how many ended.
async fn end_family(node: Node, kill: bool) -> u32 {
    let ended = Arc::new(AtomicU32::new(0));
    let first = node.launch(Link { ended: ended.clone() }).await.unwrap();
    let all: Vec<_> = {
        first.bear(LENGTH - 1).no_timeout().await.unwrap();
        node.run_until_idle();
        node.find().any()
    };
    assert_eq!(all.len(), LENGTH as usize);
    let end = if kill { first.kill() } else { first.stop() };
    end.await;
    node.wait_all(&all).await;
    assert_eq!(node.agent_count(), 0);
    ended.load(SeqCst)
}

#[test]
fn family_of_ten_thousand_generations_ends_with_little_stack() {
    for kill in [true, false] {
        let ended =
            on_a_small_stack(move || lyceum::block_on(end_family(Node::simulated(1), kill)));
        assert_eq!(ended, LENGTH, "killed: {kill}");
    }
}
