//! Handles without a type: life, links, switches and behaviours, as with a typed one.

use lyceum::prelude::*;
use lyceum::{BehaviourState, DownReason, Mode};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Default)]
struct Bell {
    rings: u64,
}

#[agent]
impl Bell {
    #[behaviour(on = "door")]
    fn ring(&mut self) {
        self.rings += 1;
    }

    #[action]
    fn rings(&self) -> u64 {
        self.rings
    }

    #[action]
    fn crack(&mut self) {
        panic!("as asked");
    }
}

async fn bell(node: &Node) -> AnyHandle {
    node.launch(Bell::default()).restart(Restart::default()).await.unwrap().any()
}

#[lyceum::test]
async fn monitor_brings_the_end_of_the_generation_and_the_next_one_is_counted() {
    let node = Node::simulated(1);
    let bell = bell(&node).await;
    let monitor = bell.monitor();
    assert_eq!(
        (bell.status().await.unwrap().mode, bell.status().await.unwrap().generation),
        (Mode::Active, 0)
    );

    bell.call("crack", json!([])).await.unwrap_err();

    let down = monitor.await;
    assert!(down.restarts && down.generation == 0, "{down:?}");
    assert_eq!(bell.call("rings", json!([])).await.unwrap(), json!(0));
    assert_eq!(
        (bell.status().await.unwrap().mode, bell.status().await.unwrap().generation),
        (Mode::Active, 1)
    );
    assert_eq!(bell.stop().await, DownReason::Stopped);
    assert_eq!(bell.status().await.unwrap().mode, Mode::Ended);
}

#[lyceum::test]
async fn linked_agents_go_down_together_until_they_are_unlinked() {
    for linked in [true, false] {
        let node = Node::simulated(1);
        let one = node.launch(Bell::default()).await.unwrap().any();
        let two = node.launch(Bell::default()).await.unwrap().any();
        one.link(&two).await.unwrap();
        if !linked {
            two.unlink(&one).await.unwrap();
        }
        one.kill().await;
        node.run_until_idle();
        assert_eq!(two.status().await.unwrap().mode == Mode::Ended, linked);
    }
}

#[lyceum::test]
async fn agent_is_switched_off_and_on() {
    let node = Node::simulated(1);
    let bell = bell(&node).await;
    assert!(bell.deactivate().await.unwrap() && !bell.deactivate().await.unwrap());
    assert_eq!(bell.status().await.unwrap().mode, Mode::Inactive);
    let error = bell.call("rings", json!([])).await.unwrap_err();
    assert!(matches!(error, CallError::Inactive(_)), "{error}");
    assert!(bell.activate().await.unwrap() && !bell.activate().await.unwrap());
    assert_eq!(bell.call("rings", json!([])).await.unwrap(), json!(0));
}

#[lyceum::test]
async fn flag_runs_its_behaviour_which_is_listed() {
    let node = Node::simulated(1);
    let bell = bell(&node).await;
    bell.set_flag("door").await.unwrap();
    node.advance(SECOND);
    assert_eq!(bell.call("rings", json!([])).await.unwrap(), json!(1));
    let [ring] = &bell.status().await.unwrap().behaviours[..] else { panic!("not one behaviour") };
    assert_eq!((ring.name.as_str(), ring.runs), ("ring", 1));
    assert_eq!(ring.state, BehaviourState::Waiting);
}
