//! Nodes whose agents have mailboxes on the server.

use std::sync::Arc;

use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum_exchange::Certificates;
use lyceum_exchange::academy::{AcademyExt, Uuid};
use lyceum_exchange::server::ServerCertificate;
use serde_json::json;

use crate::authority::Authority;
use crate::house::{House, Plan};

#[derive(Default)]
struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action]
    fn echo(&self, text: String) -> String {
        text
    }
}

fn url(house: &House) -> String {
    format!("academy+http://{}", house.address)
}

/// Starts a node whose agent has the mailbox of that number.
pub(crate) async fn serve(house: &House, mailbox: Uuid) -> Node {
    let node = Node::local();
    let counter = node.launch(Counter::default()).await.unwrap();
    let register = node.register_mailbox(&url(house), &counter.any());
    register.id(mailbox).class("app.Counter").keep().await.unwrap();
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_of_two_nodes_reach_each_other_by_their_mailboxes() {
    let house = House::open().await;
    let mailbox = Uuid::from_u128(7);
    let server = serve(&house, mailbox).await;
    let client = Node::local();

    let counter = client.connect_any(&format!("{}/{mailbox}", url(&house))).await.unwrap();
    assert_eq!(counter.call("add", json!([2])).await.unwrap(), 2);
    let calls = (0..64).map(|_| counter.call("add", json!([1])));
    let mut values: Vec<u64> =
        join_all(calls).await.into_iter().map(|value| value.unwrap().as_u64().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, (3..67).collect::<Vec<_>>());

    let found = client.connect_any(&format!("{}/app.Counter", url(&house))).await.unwrap();
    assert_eq!(found.call("echo", json!(["grüß"])).await.unwrap(), "grüß");
    let error = found.call("add", json!(["x"])).await.unwrap_err().to_string();
    assert!(error.contains("argument `n`"), "{error}");

    client.shutdown().await;
    server.shutdown().await;
    house.close().await.unwrap();
}

/// A node never ended here: it asked for a sign that its mailbox was drained, which this exchange
/// does not deliver, and then waited for what it was itself still receiving.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_waits_in_the_mailbox_until_its_agent_is_back() {
    let house = House::open().await;
    let mailbox = Uuid::from_u128(7);
    serve(&house, mailbox).await.shutdown().await;
    let client = Node::local();

    let counter = client.connect_any(&format!("{}/{mailbox}", url(&house))).await.unwrap();
    let waiting = counter.call("add", json!([2])).send();
    let server = serve(&house, mailbox).await;

    assert_eq!(waiting.await.unwrap(), 2);
    client.shutdown().await;
    server.shutdown().await;
    house.close().await.unwrap();
}

/// Academy makes every task of the caller's event loop start eagerly.
#[tokio::test]
async fn a_node_changes_nothing_of_the_program_that_it_runs_in() {
    let house = House::open().await;
    let server = serve(&house, Uuid::from_u128(7)).await;

    let started = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let note = started.clone();
    let task = tokio::task::LocalSet::new();
    let running = task.spawn_local(async move {
        note.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(
        !started.load(std::sync::atomic::Ordering::Relaxed),
        "tasks start when it is their turn"
    );
    task.run_until(running).await.unwrap();
    assert!(!tracing::dispatcher::has_been_set(), "who logs is for the program to say");

    server.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_talk_tls_by_requests_and_by_a_link() {
    let authority = Authority::new("nodes");
    let (certificate, key) = authority.sign("node", &["localhost", "127.0.0.1"]);
    let shown = ServerCertificate::from_files(&certificate, &key, Some(&authority.file()));
    let plan = Plan { certificate: Some(Arc::new(shown.unwrap())), ..Plan::default() };
    let house = House::build(plan).await;
    let node = || {
        let node = Node::local();
        let own = Certificates::from_files(authority.file(), &certificate, &key);
        node.academy().certificates(own.unwrap());
        node
    };
    for scheme in ["academy+https", "exchanges"] {
        let url = format!("{scheme}://localhost:{}", house.address.port());
        let (server, client) = (node(), node());
        let counter = server.launch(Counter::default()).await.unwrap();
        let mailbox = server.register_mailbox(&url, &counter.any()).await.unwrap();

        let address = format!("{url}/{}", mailbox.id().uid);
        let counter = client.connect_any(&address).await.unwrap();

        assert_eq!(counter.call("add", json!([2])).await.unwrap(), 2, "{scheme}");
        client.shutdown().await;
        server.shutdown().await;
    }
    house.close().await.unwrap();
}
