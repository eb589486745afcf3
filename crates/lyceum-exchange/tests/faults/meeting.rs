//! Nodes that meet: who connects, who is let in, and what is left of two that dial at once.

use std::time::Duration;

use futures_util::future::join_all;
use lyceum::network::{Network, NetworkExt, Settings};
use lyceum::{Handle, Node};
use lyceum_test::{Seeds, SimulatedNetwork};

use super::{Clerk, Pair, serve};

fn connected(node: &Node) -> usize {
    node.exchange::<Network>().unwrap().connected().len()
}

async fn host(network: &SimulatedNetwork, name: &str) -> Node {
    let node = network.node(name);
    node.launch(Clerk::default()).named("clerk").await.unwrap();
    node.listen(&format!("sim://{name}")).await.unwrap();
    node
}

#[test]
fn nodes_that_dial_each_other_at_once_share_one_channel_and_lose_nothing() {
    Seeds::range(0..100).run(async |world| {
        let network = SimulatedNetwork::in_world_of(&world);
        let (a, b) = (host(&network, "a").await, host(&network, "b").await);
        let ends = [(&a, "sim://b/clerk"), (&b, "sim://a/clerk")];
        let calls = ends.map(|(node, address)| {
            let connect = node.connect::<Clerk>(address);
            node.spawn(async move {
                let clerk: Handle<Clerk> = connect.await.unwrap();
                let calls = (0..50).map(|number| clerk.note(number).send());
                join_all(calls).await.into_iter().map(Result::unwrap).collect::<Vec<_>>()
            })
        });
        for counted in join_all(calls).await {
            assert_eq!(counted.unwrap(), (1..=50).collect::<Vec<u64>>());
        }
        assert_eq!((connected(&a), connected(&b)), (1, 1));
        world.advance(Duration::from_secs(60));
        assert_eq!((connected(&a), connected(&b)), (1, 1), "it is alive on both sides");
    });
}

#[lyceum::test]
async fn many_who_ask_at_once_dial_once() {
    let network = SimulatedNetwork::new(1);
    let server = serve(&network, Settings::default()).await;
    let client = network.node("client");
    let asked = (0..100).map(|_| client.connect::<Clerk>("sim://server/clerk").into_future());
    let clerks = join_all(asked).await;
    assert!(clerks.iter().all(Result::is_ok));
    assert_eq!((connected(&client), connected(&server)), (1, 1));
}

#[lyceum::test]
async fn patience_lets_nodes_start_in_any_order() {
    let network = SimulatedNetwork::new(2);
    let client = network.node("client");
    let patient = client.connect::<Clerk>("sim://server/clerk").patience(Duration::from_secs(30));
    let early = client.connect::<Clerk>("sim://server/clerk").await;
    assert!(early.is_err());
    let waiting = client.spawn(patient.into_future());
    client.advance(Duration::from_secs(5));
    let _server = serve(&network, Settings::default()).await;
    assert_eq!(waiting.await.unwrap().unwrap().note(1).await.unwrap(), 1);
    assert!(client.now().since_start() < Duration::from_secs(18));
}

#[lyceum::test]
async fn wrong_or_missing_token_is_refused_with_the_reason() {
    let network = SimulatedNetwork::new(3);
    let _server = serve(&network, Settings::default().token("swordfish")).await;
    let strangers = [Settings::default(), Settings::default().token("shark")];
    for (index, settings) in strangers.into_iter().enumerate() {
        let client = network.node_with(&format!("stranger{index}"), settings);
        let error = client.connect_any("sim://server/clerk").await.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("no token, or a wrong one"), "{cause}");
    }
    let friend = network.node_with("friend", Settings::default().token("swordfish"));
    friend.connect_any("sim://server/clerk").await.unwrap();
}

#[lyceum::test]
async fn port_in_use_is_an_error_that_says_where() {
    let Pair { network, server: _server, .. } = Pair::new(4).await;
    let second = network.node("server");
    let error = second.listen("sim://server").await.unwrap_err();
    assert!(error.to_string().contains("cannot listen at `sim://server`"), "{error}");
    assert!(second.exchange::<Network>().is_some());
}

#[lyceum::test]
async fn simulated_node_has_no_sockets() {
    let node = Node::simulated(1);
    let error = node.listen("tcp://127.0.0.1:0").await.unwrap_err();
    assert!(error.to_string().contains("expected one of the schemes local"), "{error}");
}

#[lyceum::test]
async fn own_endpoint_leads_to_the_node_itself() {
    // It dialed itself, and refused itself.
    let Pair { server, .. } = Pair::new(5).await;
    let clerk: Handle<Clerk> = server.connect("sim://server/clerk").await.unwrap();
    assert_eq!(clerk.note(1).await.unwrap(), 1);
}

#[lyceum::test]
async fn too_many_nodes_are_refused() {
    let network = SimulatedNetwork::new(6);
    let _server = serve(&network, Settings::default().channels(2)).await;
    let clients: Vec<_> = (0..3).map(|index| network.node(&format!("client{index}"))).collect();
    let mut results = Vec::new();
    for client in &clients {
        results.push(client.connect_any("sim://server/clerk").await);
    }
    let [Ok(_), Ok(_), Err(error)] = &results[..] else { panic!("{results:?}") };
    let cause = std::error::Error::source(error).unwrap().to_string();
    assert!(cause.contains("too many channels"), "{cause}");
}
