//! Several simulated nodes in one world.

use std::time::Duration;

use lyceum::prelude::*;
use lyceum::{AnyHandle, Trace};

/// Rolls a die each second.
#[derive(Default)]
struct Die {
    sum: u64,
}

#[agent]
impl Die {
    #[behaviour(every = "1s")]
    async fn roll(&mut self, cx: &Context<Self>) {
        self.sum += cx.random_range(1..7);
    }

    #[action]
    fn sum(&self) -> u64 {
        self.sum
    }

    #[action]
    async fn both(&self, other: Option<Handle<Die>>) -> u64 {
        let others = match other {
            Some(other) => other.sum().await.unwrap(),
            None => 0,
        };
        self.sum + others
    }
}

async fn run(seed: u64) -> (Vec<u64>, Trace) {
    let first = Node::simulated(seed);
    let nodes = [Node::builder().beside(&first), Node::builder().beside(&first), first];
    let mut dice = Vec::new();
    for node in &nodes {
        dice.push(node.launch(Die::default()).await.unwrap());
    }
    nodes[0].advance(Duration::from_secs(10));
    let mut sums = Vec::new();
    for die in &dice {
        sums.push(die.sum().await.unwrap());
    }
    (sums, nodes[0].trace().unwrap())
}

#[lyceum::test]
async fn one_seed_gives_one_trace_of_all_nodes() {
    let (sums, trace) = run(7).await;
    let again = run(7).await;
    assert_eq!((again.0, &again.1), (sums, &trace));
    assert_ne!(run(8).await.1.hash, trace.hash);
    let nodes: std::collections::BTreeSet<u32> = trace.events.iter().map(|e| e.node).collect();
    assert_eq!(nodes.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
}

#[lyceum::test]
async fn clocks_of_one_world_move_together() {
    let first = Node::simulated(1);
    first.advance(Duration::from_secs(3));
    let second = Node::builder().beside(&first);
    assert_eq!((second.now(), second.utc()), (first.now(), first.utc()));
    second.sleep(Duration::from_secs(4)).await;
    assert_eq!(first.now().since_start(), Duration::from_secs(7));
    drop(second);
    first.sleep(Duration::from_secs(1)).await;
    assert_eq!(first.now().since_start(), Duration::from_secs(8), "it goes on alone");
}

#[lyceum::test]
async fn agents_of_one_world_wait_for_each_other() {
    let first = Node::simulated(1);
    let second = Node::builder().beside(&first);
    let (one, two) = (Die { sum: 1 }, Die { sum: 2 });
    let (one, two) = (first.launch(one).await.unwrap(), second.launch(two).await.unwrap());
    assert_eq!(one.both(Some(two)).await.unwrap(), 3);
}

#[lyceum::test]
async fn address_leads_to_no_other_node_of_the_world_without_an_exchange() {
    let first = Node::simulated(1);
    let second = Node::builder().beside(&first);
    let die = second.launch(Die::default()).await.unwrap();
    let address = die.address().to_string();
    let error = first.connect_any(&address).await.unwrap_err();
    assert!(error.to_string().contains("no exchange"), "{error}");
    let found: AnyHandle = second.connect_any(&address).await.unwrap();
    assert_eq!(found.address(), die.address());
}

#[test]
fn randomness_does_not_depend_on_other_nodes_of_the_process() {
    // The id was drawn again while another node had it, and all later draws were others then.
    lyceum::block_on(async {
        let draw = async |node: &Node| {
            let die = node.launch(Die::default()).await.unwrap();
            node.advance(Duration::from_secs(100));
            die.sum().await.unwrap()
        };
        let first = Node::simulated(3);
        let sum = draw(&first).await;
        let twin = Node::simulated(3);
        assert_ne!(twin.id(), first.id());
        assert_eq!(draw(&twin).await, sum);
    });
}
