//! What goes with a message from node to node: its trace, its chain, and handles for third parties.

use futures_util::StreamExt;
use lyceum::network::{Network, NetworkExt, Settings};
use lyceum::{Handle, Node};
use lyceum_test::SimulatedNetwork;
use lyceum_wire::link::{ActionKey, Call, Head};
use lyceum_wire::{AgentKey, Encoding, TraceContext};

use super::raw::Raw;
use super::{Clerk, Pair, serve};

#[lyceum::test]
async fn trace_and_chain_go_on_with_the_calls_that_a_call_makes() {
    let Pair { network, server, .. } = Pair::new(1).await;
    let trace: TraceContext =
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
    let mut raw = Raw::greeted(&network).await;
    // The clerk is to call an agent of the stranger's own node.
    let arguments = serde_json::json!(["local://0000000000000005/7", 9]);
    let (encoding, body) = Encoding::JSON.encode(&arguments).unwrap();
    let to: AgentKey = "clerk".parse().unwrap();
    let call = Call::new(1, to, ActionKey::Name("pass_on".into()), encoding);
    let head = Head::Call(Call { trace: Some(trace), ..call });

    let heard = network
        .run(async {
            raw.say(&head, &body).await;
            loop {
                if let Head::Call(call) = raw.hear().await.expect("the channel is open").head {
                    return call;
                }
            }
        })
        .await;

    assert_eq!((heard.to.to_string().as_str(), heard.trace), ("7", Some(trace)));
    let hops: Vec<_> = heard.chain.iter().map(|hop| hop.node).collect();
    assert_eq!(hops.last(), Some(&server.id()), "{:?}", heard.chain);
}

#[lyceum::test]
async fn handle_passed_to_a_third_node_works_without_the_one_that_passed_it() {
    // Handles in answers were not revived for the node that asked, outside of its agents.
    let network = SimulatedNetwork::new(2);
    let server = serve(&network, Settings::default()).await;
    let (broker, reader) = (network.node("broker"), network.node("reader"));
    let between = broker.launch(Clerk::default()).named("between").await.unwrap();
    broker.listen("sim://broker").await.unwrap();
    let passed: Handle<Clerk> = broker.connect("sim://server/clerk").await.unwrap();
    between.keep(passed).await.unwrap();

    let between: Handle<Clerk> = reader.connect("sim://broker/between").await.unwrap();
    let clerk = between.kept().await.unwrap().unwrap();
    let streamed = between.each().await.unwrap().next().await.unwrap();
    assert_eq!(streamed, clerk);
    broker.shutdown().await;

    assert_eq!(clerk.note(1).await.unwrap(), 1);
    let connected = |node: &Node| node.exchange::<Network>().unwrap().connected();
    assert_eq!(connected(&reader), [server.id()]);
}

#[lyceum::test]
async fn calls_within_a_node_touch_no_socket() {
    let Pair { server, client, .. } = Pair::new(3).await;
    client.shutdown().await;
    server.run_until_idle();
    let by_name: Handle<Clerk> = server.connect("sim://server/clerk").await.unwrap();
    let by_id: Handle<Clerk> = server.connect(&by_name.address().to_string()).await.unwrap();
    assert_eq!((by_name.note(1).await.unwrap(), by_id.note(2).await.unwrap()), (1, 2));
    assert!(server.exchange::<Network>().unwrap().connected().is_empty());
}
