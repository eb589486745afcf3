//! Limits of what one agent has under way at once.

use lyceum::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// How many shared turns of one agent may be suspended.
const SHARED: u64 = 65_536;

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
