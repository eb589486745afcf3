//! A node and a peer that says what it likes: others do not notice.

use std::time::Duration;

use lyceum::network::NetworkExt;
use lyceum::{Handle, Node, agent};
use lyceum_test::SimulatedNetwork;
use lyceum_wire::NodeId;
use lyceum_wire::link::{Encoder, Head, Hello, PREFACE, agree};
use tokio::io::AsyncWriteExt;

use super::{Target, frames};
use crate::Digest;

pub(super) const TARGET: Target = Target { name: "channel", run, seeds, budget: 64 << 20 };

#[derive(Default)]
struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn note(&mut self, number: u64) -> u64 {
        number
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = frames::session().iter().map(|frame| marked(1, frame)).collect();
    all.push(marked(0, &greeting()));
    all
}

fn marked(first: u8, rest: &[u8]) -> Vec<u8> {
    [&[first], rest].concat()
}

/// Returns what a peer says until it may call.
fn greeting() -> Vec<u8> {
    let (encoder, hello) = (Encoder::default(), Hello::new(NodeId::new(5)));
    let terms = agree(&hello, &Hello::new(NodeId::new(6))).expect("they are alike");
    let mut bytes = bytes::BytesMut::from(&PREFACE[..]);
    for head in [Head::Hello(Box::new(hello)), Head::Welcome(Box::new(terms))] {
        encoder.encode(&head, &[], &mut bytes).expect("it is within bounds");
    }
    bytes.to_vec()
}

/// An odd first byte stands for a peer that has shaken hands.
fn run(bytes: &[u8]) -> Digest {
    let Some((first, rest)) = bytes.split_first() else { return Digest::of("nothing") };
    let said = match first % 2 {
        0 => rest.to_vec(),
        _ => [&greeting()[..], rest].concat(),
    };
    lyceum::block_on(async {
        let network = SimulatedNetwork::new(1);
        let (server, client) = (network.node("server"), network.node("client"));
        server.launch(Clerk).named("clerk").await.expect("it starts");
        server.listen("sim://server").await.expect("nobody else listens there");
        let clerk: Handle<Clerk> = client.connect("sim://server/clerk").await.expect("it is there");
        let heard = listen_to(&network, &said).await;
        assert_eq!(clerk.note(1).await.expect("others do not notice"), 1);
        is_over(&server);
        Digest::of("h".repeat(heard.checked_ilog2().unwrap_or_default() as usize))
    })
}

/// Says all of it, and returns how much was heard.
async fn listen_to(network: &SimulatedNetwork, said: &[u8]) -> usize {
    let dialed = network.run(network.dial("stranger", "sim://server")).await;
    let mut stream = dialed.expect("the server listens");
    network
        .run(async move {
            // It may have closed the door already.
            let _ = stream.write_all(said).await;
            let _ = stream.shutdown().await;
            let mut heard = Vec::new();
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut heard).await;
            heard.len()
        })
        .await
}

/// Checks that nothing is left of the stranger.
fn is_over(server: &Node) {
    server.advance(Duration::from_secs(60));
    let network = server.exchange::<lyceum::network::Network>().expect("it has one");
    assert_eq!(network.connected().len(), 1, "the stranger is gone");
}
