//! Topics over channels that are lost.

use std::time::Duration;

use futures_util::FutureExt;
use lyceum::exchange::Door;
use lyceum::network::{Network, Settings};
use lyceum::{Node, Topics};

use super::{Pair, serve};

const SECOND: Duration = Duration::from_secs(1);

fn connected(node: &Node) -> usize {
    node.exchange::<Network>().unwrap().connected().len()
}

/// Publishes a number on a node.
fn publish(topics: Topics<'_>, number: u64) {
    topics.publish("news.today", &number).unwrap();
}

#[lyceum::test]
async fn subscription_comes_back_by_itself_after_a_cut() {
    // It came back with the next call alone.
    let Pair { network, server, client, clerk: _clerk } = Pair::new(1).await;
    let mut news = client.topics().listen("news.#").unwrap();
    client.advance(SECOND);
    network.cut("client", "server");
    client.advance(60 * SECOND);
    publish(server.topics(), 1);
    network.heal("client", "server");
    client.advance(11 * SECOND);
    publish(server.topics(), 2);
    client.advance(SECOND);
    assert_eq!(news.try_receive().unwrap().decode::<u64>().unwrap(), 2, "the first is lost");
    assert!(news.try_receive().is_none());
}

#[lyceum::test]
async fn who_publishes_dials_again_for_those_who_listen() {
    let Pair { network, server, client, clerk: _clerk } = Pair::new(2).await;
    let mut news = server.topics().listen("news.*").unwrap();
    client.advance(SECOND);
    network.drop_connections("client", "server");
    client.advance(SECOND);
    publish(client.topics(), 3);
    client.advance(SECOND);
    assert_eq!(news.try_receive().unwrap().decode::<u64>().unwrap(), 3);
}

#[lyceum::test]
async fn subscription_finds_a_node_that_was_started_anew() {
    let Pair { network, server, client, clerk: _clerk } = Pair::new(3).await;
    let mut news = client.topics().listen("news.#").unwrap();
    client.advance(SECOND);
    server.shutdown().await;
    client.advance(30 * SECOND);
    let server = serve(&network, Settings::default()).await;
    client.advance(11 * SECOND);
    publish(server.topics(), 4);
    client.advance(SECOND);
    assert_eq!(news.try_receive().unwrap().decode::<u64>().unwrap(), 4);
}

#[lyceum::test]
async fn channel_without_topics_is_made_again_by_the_next_call_alone() {
    let Pair { network, server: _server, client, clerk } = Pair::new(4).await;
    network.drop_connections("client", "server");
    client.advance(60 * SECOND);
    assert_eq!(connected(&client), 0);
    assert_eq!(clerk.note(1).await.unwrap(), 1);
    assert_eq!(connected(&client), 1);
}

#[lyceum::test]
async fn lost_node_is_not_dialed_for_ever() {
    let Pair { network, server, client, clerk: _clerk } = Pair::new(5).await;
    let _news = client.topics().listen("news.#").unwrap();
    client.advance(SECOND);
    drop(server);
    client.advance(20 * 60 * SECOND);
    let _server = serve(&network, Settings::default()).await;
    client.advance(60 * SECOND);
    assert_eq!(connected(&client), 0);
}

#[lyceum::test]
async fn every_exchange_of_a_node_hears_of_its_subscriptions() {
    // Of several that waited, one was told of each change.
    let node = Node::simulated(6);
    let door = Door::of(&node);
    let mut watches = [door.watch_interests(), door.watch_interests()];
    let _news = node.topics().listen("news").unwrap();
    for watch in &mut watches {
        watch.changed().await;
        assert!(watch.changed().now_or_never().is_none(), "that was all");
    }
    assert_eq!(door.interests(), ["news"]);
}
