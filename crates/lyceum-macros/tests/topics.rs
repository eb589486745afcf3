//! Subscribers: what is published reaches the method as its payload.

use lyceum::macros::Agent;
use lyceum::prelude::*;

#[derive(Default)]
struct Listener {
    heard: Vec<String>,
}

#[agent]
impl Listener {
    #[action]
    fn heard(&self) -> Vec<String> {
        self.heard.clone()
    }

    #[subscribe("counter.reset.#")]
    #[subscribe("counter.set", group = "one")]
    async fn reset(&mut self, to: u64, cx: &Context<Self>) {
        cx.sleep(Duration::from_millis(1)).await;
        self.heard.push(format!("reset to {to}"));
    }

    #[subscribe("plain")]
    fn notified(&mut self) {
        self.heard.push("notified".into());
    }

    #[subscribe("whole.*")]
    fn whole(&mut self, n: u64, publication: Publication) -> Result<(), BoxError> {
        self.heard.push(format!("{n} on {}", publication.topic()));
        Ok(())
    }
}

#[lyceum::test]
async fn payloads_are_decoded() {
    let node = Node::simulated(1);
    let listener = node.launch(Listener::default()).await.unwrap();

    node.topics().publish("counter.reset.now", &7_u64).unwrap();
    node.topics().publish("counter.set", &8_u64).unwrap();
    node.topics().publish("plain", &()).unwrap();
    node.topics().publish("whole.one", &9_u64).unwrap();
    node.advance(Duration::from_secs(1));

    let heard = listener.heard().await.unwrap();
    assert_eq!(heard, ["reset to 7", "reset to 8", "notified", "9 on whole.one"]);
}

#[lyceum::test]
async fn a_wrong_payload_is_no_end_of_the_agent() {
    let node = Node::simulated(1);
    let listener = node.launch(Listener::default()).await.unwrap();

    node.topics().publish("counter.set", "eight").unwrap();
    node.advance(Duration::from_secs(1));

    assert_eq!(listener.heard().await.unwrap(), [""; 0]);
}

#[test]
fn each_pattern_is_a_subscription() {
    assert_eq!(Listener::BLUEPRINT.subscriptions.len(), 4);
}
