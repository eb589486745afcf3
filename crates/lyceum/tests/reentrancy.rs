//! Calls that would wait for themselves end at once.

use futures_util::future::{join, join_all};
use lyceum::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// Calls others as it is told to; each step says how it ended.
#[derive(Default)]
struct Peer {
    value: u64,
}

type Chain = Vec<Handle<Peer>>;

fn text(result: Result<String, CallError>) -> String {
    match result {
        Ok(text) => text,
        Err(CallError::Reentrant(_)) => "reentrant".into(),
        Err(CallError::Timeout(_)) => "timeout".into(),
        Err(other) => other.to_string(),
    }
}

#[agent]
impl Peer {
    /// Calls the first of the chain, which calls the next, and so on; exclusively.
    #[action]
    async fn pass(&mut self, mut chain: Chain) -> String {
        if chain.is_empty() {
            return "done".into();
        }
        let next = chain.remove(0);
        text(next.pass(chain).await)
    }

    /// Waits a little, then calls all of the others at once, exclusively.
    #[action]
    async fn pass_later(&mut self, after: u64, others: Chain, cx: &Context<Self>) -> Vec<String> {
        cx.sleep(Duration::from_millis(after)).await;
        let calls = others.iter().map(|other| other.pass(Vec::new()));
        join_all(calls).await.into_iter().map(text).collect()
    }

    #[action]
    async fn shared_pass_later(
        &self,
        after: u64,
        others: Chain,
        cx: &Context<Self>,
    ) -> Vec<String> {
        cx.sleep(Duration::from_millis(after)).await;
        let calls = others.iter().map(|other| other.pass(Vec::new()));
        join_all(calls).await.into_iter().map(text).collect()
    }

    /// Like `pass`, but shared.
    #[action]
    async fn share(&self, mut chain: Chain) -> String {
        if chain.is_empty() {
            return "done".into();
        }
        let next = chain.remove(0);
        text(next.share(chain).await)
    }

    /// Holds the agent shared, and calls its own exclusive action.
    #[action]
    async fn share_then_pass(&self, cx: &Context<Self>) -> String {
        text(cx.handle().pass(Vec::new()).await)
    }

    /// Holds the agent shared, and calls its own action that runs beside everything.
    #[action]
    async fn share_then_detach(&self, cx: &Context<Self>) -> String {
        text(cx.handle().detach().await)
    }

    /// Calls another one so many times at once, then gives the calls up in their order.
    #[action]
    async fn think_again(&mut self, other: Handle<Peer>, count: u32) {
        let calls: Vec<_> = (0..count).map(|_| other.pass(Vec::new()).send()).collect();
        calls.into_iter().for_each(drop);
    }

    #[action]
    async fn detach(cx: Context<Self>) -> String {
        cx.sleep(SECOND).await;
        "done".into()
    }

    #[action]
    async fn share_with(&self, cx: &Context<Self>) -> String {
        let reached = cx.with(|peer| peer.value += 1).await;
        text(reached.map(|()| "done".into()))
    }

    #[action]
    async fn hold_with(&mut self, cx: &Context<Self>) -> String {
        let reached = cx.with(|peer| peer.value += 1).await;
        text(reached.map(|()| "done".into()))
    }

    /// Holds the agent shared for long, then takes a shared turn again by way of another.
    #[action]
    async fn share_later(&self, after: u64, chain: Chain, cx: &Context<Self>) -> String {
        cx.sleep(Duration::from_millis(after)).await;
        self.share(chain).await
    }
}

async fn peers(node: &Node, count: usize) -> Chain {
    node.launch_many((0..count).map(|_| Peer::default())).await.unwrap()
}

#[lyceum::test]
async fn self_call_is_reentrant_at_once() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let peer = node.launch(Peer::default()).await.unwrap();
        assert_eq!(peer.pass(vec![peer.clone()]).await.unwrap(), "reentrant", "seed {seed}");
        assert_eq!(node.now().since_start(), Duration::ZERO, "nobody waited, seed {seed}");
        assert_eq!(peer.pass(Vec::new()).await.unwrap(), "done");
    }
}

#[lyceum::test]
async fn exclusive_action_that_reaches_itself_through_two_others_is_reentrant() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let [a, b, c] = peers(&node, 3).await.try_into().unwrap();
        let chain = vec![b.clone(), c, a.clone(), b];
        assert_eq!(a.pass(chain).await.unwrap(), "reentrant", "seed {seed}");
        assert_eq!(node.now().since_start(), Duration::ZERO, "nobody waited, seed {seed}");
    }
}

/// A queued call to the agent that makes it looked like one that crosses.
#[lyceum::test]
async fn shared_action_that_calls_its_own_agent_joins_its_own_turn() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let peer = node.launch(Peer::default()).await.unwrap();
        assert_eq!(peer.share(vec![peer.clone(), peer.clone()]).await.unwrap(), "done");
        assert_eq!(peer.share_then_detach().await.unwrap(), "done", "seed {seed}");
        assert_eq!(peer.share_then_pass().await.unwrap(), "reentrant", "seed {seed}");
    }
}

#[lyceum::test]
async fn shared_action_reached_again_joins_its_own_turn() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let [a, b] = peers(&node, 2).await.try_into().unwrap();
        let chain = vec![b, a.clone()];
        assert_eq!(a.share(chain).await.unwrap(), "done", "seed {seed}");
    }
}

#[lyceum::test]
async fn shared_turn_reached_again_overtakes_an_exclusive_call_that_waits() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        let [a, b] = peers(&node, 2).await.try_into().unwrap();
        let shared = a.share_later(5, vec![b, a.clone()]).send();
        node.run_until_idle();
        let exclusive = a.pass(Vec::new()).send();
        node.run_until_idle();
        assert!(!exclusive.has_started());

        assert_eq!(shared.await.unwrap(), "done", "seed {seed}");
        assert_eq!(exclusive.await.unwrap(), "done", "seed {seed}");
        assert_eq!(node.now().since_start(), Duration::from_millis(5), "seed {seed}");
    }
}

#[lyceum::test]
async fn exclusive_call_of_an_agent_that_the_chain_holds_shared_is_reentrant() {
    let node = Node::simulated(1);
    let peer = node.launch(Peer::default()).await.unwrap();
    assert_eq!(peer.share_then_pass().await.unwrap(), "reentrant");
    assert_eq!(node.now().since_start(), Duration::ZERO);
}

#[lyceum::test]
async fn reaching_the_state_from_an_exclusive_turn_is_reentrant() {
    let node = Node::simulated(1);
    let peer = node.launch(Peer::default()).await.unwrap();
    assert_eq!(peer.hold_with().await.unwrap(), "reentrant");
}

/// It waited for its own turn until the caller's deadline, and without one for ever.
#[lyceum::test]
async fn reaching_the_state_from_a_shared_turn_is_reentrant() {
    let node = Node::simulated(1);
    let peer = node.launch(Peer::default()).await.unwrap();
    assert_eq!(peer.share_with().timeout(SECOND).await.unwrap(), "reentrant");
}

#[lyceum::test]
async fn crossing_exclusive_calls_are_refused_exactly_once() {
    for seed in 0..50 {
        let node = Node::simulated(seed);
        let [a, b] = peers(&node, 2).await.try_into().unwrap();
        let (one, two) = (a.pass_later(1, vec![b.clone()]), b.pass_later(1, vec![a.clone()]));
        let (one, two) = join(one.send(), two.send()).await;
        let mut ends = [one.unwrap(), two.unwrap()].concat();
        ends.sort();
        assert_eq!(ends, ["done", "reentrant"], "seed {seed}");
        assert_eq!(node.now().since_start(), Duration::from_millis(1), "seed {seed}");
    }
}

#[lyceum::test]
async fn crossing_ring_of_three_is_refused_exactly_once() {
    for seed in 0..50 {
        let node = Node::simulated(seed);
        let [a, b, c] = peers(&node, 3).await.try_into().unwrap();
        let ring = [(&a, &b), (&b, &c), (&c, &a)];
        let calls = ring.map(|(from, to)| from.pass_later(1, vec![to.clone()]).send());
        let ends = join_all(calls).await;
        let mut ends: Vec<_> = ends.into_iter().flat_map(Result::unwrap).collect();
        ends.sort();
        assert_eq!(ends, ["done", "done", "reentrant"], "seed {seed}");
        assert_eq!(node.now().since_start(), Duration::from_millis(1), "seed {seed}");
    }
}

/// Lets each of many agents call the next one at the same moment; returns how the calls ended, in
/// order, and when.
async fn go_round(count: usize) -> (Vec<String>, Duration) {
    let node = Node::simulated(1);
    let ring = peers(&node, count).await;
    let next = ring.iter().cycle().skip(1);
    let calls = ring.iter().zip(next).map(|(from, to)| {
        let call = from.pass_later(1, vec![to.clone()]);
        call.no_timeout().send()
    });
    let ends = join_all(calls).await;
    let mut ends: Vec<_> = ends.into_iter().flat_map(Result::unwrap).collect();
    ends.sort();
    (ends, node.now().since_start())
}

/// Waits were followed through 1,024 agents, which was told nowhere.
#[lyceum::test]
async fn ring_is_followed_through_two_thousand_agents() {
    let (ends, time) = go_round(2_000).await;
    assert_eq!(ends.iter().filter(|end| *end == "reentrant").count(), 1);
    assert_eq!(time, Duration::from_millis(1));

    let (ends, time) = go_round(2_100).await;
    assert!(ends.iter().all(|end| end != "reentrant"), "larger ones wait for their deadlines");
    assert_eq!(time, 30 * SECOND + Duration::from_millis(1));
}

/// Only the last of the agents that a turn waits for was noted.
#[lyceum::test]
async fn crossing_call_is_found_where_a_turn_waits_for_several_agents() {
    for seed in 0..50 {
        let node = Node::simulated(seed);
        let [a, b, c] = peers(&node, 3).await.try_into().unwrap();
        let busy = c.pass_later(5, Vec::new()).send();
        let crossing = b.pass_later(2, vec![a.clone()]).send();
        node.run_until_idle();
        let waiting = a.pass_later(1, vec![b, c]);
        let (waiting, crossing) = join(waiting, crossing).await;
        busy.await.unwrap();
        assert_eq!(crossing.unwrap(), ["reentrant"], "seed {seed}");
        assert_eq!(waiting.unwrap(), ["done", "done"], "seed {seed}");
        assert_eq!(node.now().since_start(), Duration::from_millis(5), "seed {seed}");
    }
}

/// A call that ran at once in its caller and then suspended was not noted.
#[lyceum::test]
async fn crossing_call_is_found_where_the_wait_began_in_the_callers_turn() {
    for seed in 0..50 {
        let node = Node::simulated(seed);
        let [a, b, c] = peers(&node, 3).await.try_into().unwrap();
        let crossing = c.pass_later(2, vec![a.clone()]).send();
        node.run_until_idle();
        // `a` waits for `b`, which waits for `c`, which then calls `a`.
        let (waiting, crossing) = join(a.pass(vec![b, c.clone()]), crossing).await;
        assert_eq!(waiting.unwrap(), "done", "seed {seed}");
        assert_eq!(crossing.unwrap(), ["reentrant"], "seed {seed}");
        assert_eq!(node.now().since_start(), Duration::from_millis(2), "seed {seed}");
    }
}

/// Only exclusive turns noted whom they wait for.
#[lyceum::test]
async fn crossing_call_is_found_where_one_side_holds_its_agent_shared() {
    for seed in 0..50 {
        let node = Node::simulated(seed);
        let [a, b] = peers(&node, 2).await.try_into().unwrap();
        let shared = a.shared_pass_later(1, vec![b.clone()]).send();
        let exclusive = b.pass_later(1, vec![a.clone()]).send();
        let (one, two) = join(shared, exclusive).await;
        let mut ends = [one.unwrap(), two.unwrap()].concat();
        ends.sort();
        assert_eq!(ends, ["done", "reentrant"], "seed {seed}");
        assert_eq!(node.now().since_start(), Duration::from_millis(1), "seed {seed}");
    }
}

/// Each call that ended was searched for among all that its turn still waited for: this took more
/// than a minute.
#[lyceum::test]
async fn turn_that_gives_up_two_hundred_thousand_calls_ends_soon() {
    const CALLS: u32 = 200_000;
    let node = Node::simulated(1);
    let thinker = node.launch(Peer::default()).await.unwrap();
    let busy = node.launch(Peer::default()).mailbox(CALLS).await.unwrap();
    let pass = busy.pass_later(1, Vec::new()).send();
    node.run_until_idle();

    thinker.think_again(busy, CALLS).await.unwrap();

    assert!(pass.await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crossing_calls_on_two_threads_always_end_with_an_answer_or_a_refusal() {
    let node = Node::builder().timeout(Duration::from_secs(600)).build().unwrap();
    let [a, b] = peers(&node, 2).await.try_into().unwrap();
    for _ in 0..2_000 {
        let (one, two) = (a.pass(vec![b.clone()]).send(), b.pass(vec![a.clone()]).send());
        let (one, two) = join(one, two).await;
        let ends = [one.unwrap(), two.unwrap()];
        assert!(ends.iter().any(|end| end == "done"), "{ends:?}");
        assert!(ends.iter().all(|end| end == "done" || end == "reentrant"), "{ends:?}");
    }
}
