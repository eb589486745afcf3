//! One node that conducts the clocks of others.

use lyceum::prelude::*;
use lyceum_exchange::{Conductor, Network, NetworkExt, Settings};

const START: &str = "2030-01-01T00:00:00Z";

/// Asks its neighbour every ten seconds, and notes when it is answered.
struct Clerk {
    neighbour: Option<Handle<Clerk>>,
    heard: Vec<String>,
}

#[agent]
impl Clerk {
    #[action]
    fn meet(&mut self, neighbour: Handle<Clerk>) {
        self.neighbour = Some(neighbour);
    }

    #[behaviour(every = "10s")]
    async fn speak(&mut self, cx: &Context<Self>) {
        if let Some(neighbour) = &self.neighbour {
            let said = neighbour.hear(cx.utc().to_string()).await;
            self.heard.push(format!("{} answered {said:?}", cx.utc()));
        }
    }

    #[action]
    async fn hear(cx: Context<Self>, said: String) -> String {
        // The answer takes its time, on the clock.
        cx.sleep(Duration::from_secs(1)).await;
        format!("{} heard {said}", cx.utc())
    }

    #[action]
    fn heard(&self) -> Vec<String> {
        self.heard.clone()
    }
}

async fn player() -> (Node, String, Handle<Clerk>) {
    let node = Node::builder().external_clock(START.parse().unwrap()).build().unwrap();
    let network = Network::attach(&node, Settings::default().conducted());
    let listener = network.listen("tcp://127.0.0.1:0").await.unwrap();
    let clerk = Clerk { neighbour: None, heard: Vec::new() };
    let clerk = node.launch(clerk).named("clerk").await.unwrap();
    (node, listener.endpoint().to_string(), clerk)
}

async fn play() -> Vec<Vec<String>> {
    let players = [player().await, player().await, player().await];
    for (index, (node, _, clerk)) in players.iter().enumerate() {
        let next = format!("{}/clerk", players[(index + 1) % players.len()].1);
        clerk.meet(node.connect(&next).await.unwrap()).await.unwrap();
    }
    let podium = Node::local();
    let endpoints: Vec<&str> = players.iter().map(|player| player.1.as_str()).collect();
    let conductor = Conductor::new(&podium, endpoints).unwrap();

    conductor.set("2030-01-01T00:00:35Z".parse().unwrap()).await.unwrap();

    let mut all = Vec::new();
    for (node, _, clerk) in &players {
        assert_eq!(node.utc().to_string(), "2030-01-01T00:00:35Z");
        all.push(clerk.heard().await.unwrap());
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_step_together_and_each_run_is_the_same() {
    let first = play().await;

    assert_eq!(first.len(), 3);
    for heard in &first {
        let at: Vec<&str> = heard.iter().map(|line| line.split(' ').next().unwrap()).collect();
        let expected = ["11", "21", "31"].map(|second| format!("2030-01-01T00:00:{second}Z"));
        assert!(at.iter().all(|at| expected.contains(&(*at).to_owned())), "{heard:?}");
        assert_eq!(at.len(), 3, "was answered three times: {heard:?}");
    }
    assert_eq!(play().await, first);
}

#[tokio::test]
async fn a_node_that_does_not_let_itself_be_conducted_says_so() {
    let node = Node::builder().external_clock(START.parse().unwrap()).build().unwrap();
    let listener = node.listen("tcp://127.0.0.1:0").await.unwrap();
    let podium = Node::local();

    let conductor = Conductor::new(&podium, [listener.endpoint().to_string().as_str()]).unwrap();
    let error = conductor.idle().await.unwrap_err().to_string();

    assert!(error.contains("does not let itself be conducted"), "{error}");
}
