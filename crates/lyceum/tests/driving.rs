//! Who drives a simulated node, and who cannot.

use futures_util::FutureExt;
use lyceum::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// Moves the time of nodes, or tries to.
struct Clockmaker;

#[agent]
impl Clockmaker {
    #[action(local)]
    fn advance(&self, node: Node) {
        node.advance(SECOND);
    }

    #[action(local)]
    fn run_until_idle(&self, node: Node) {
        node.run_until_idle();
    }

    /// Drives another node, on which somebody tries to drive this one.
    #[action(local)]
    fn go_round(&self, other: Node, there: Handle<Self>, cx: &Context<Self>) -> String {
        let pending = there.advance(cx.node()).send();
        other.advance(SECOND);
        pending.now_or_never().expect("it ran").unwrap_err().to_string()
    }
}

/// The thread that drove the node waited for itself, for ever; or time moved within a turn, if the
/// seed let the action run in its caller.
#[lyceum::test]
async fn agent_that_moves_its_own_time_panics() {
    for seed in 0..8 {
        let node = Node::simulated(seed);
        let clockmaker = node.launch(Clockmaker).await.unwrap();

        let advanced = clockmaker.advance(node.clone()).await;
        let ran = clockmaker.run_until_idle(node.clone()).await;

        for error in [advanced.unwrap_err(), ran.unwrap_err()] {
            assert!(error.to_string().contains("from inside of the simulated node"), "{error}");
        }
        assert_eq!(node.now().since_start(), Duration::ZERO);
        node.advance(SECOND);
        assert_eq!(node.now().since_start(), SECOND, "others still drive it");
    }
}

/// As above, by way of a second node.
#[lyceum::test]
async fn agent_of_a_node_that_is_driven_from_a_first_one_does_not_drive_that() {
    for seed in 0..8 {
        let (first, second) = (Node::simulated(seed), Node::simulated(seed));
        let here = first.launch(Clockmaker).await.unwrap();
        let there = second.launch(Clockmaker).await.unwrap();

        let error = here.go_round(second, there).send().await.unwrap();

        assert!(error.contains("from inside of the simulated node"), "{error}");
        assert_eq!(first.now().since_start(), Duration::ZERO);
    }
}
