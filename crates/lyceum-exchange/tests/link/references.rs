//! Arguments and results that are larger than a message may be.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::{join, join_all};
use lyceum::CallError;
use lyceum::prelude::*;
use lyceum_exchange::academy::AcademyExt;
use lyceum_exchange::mailbox::Moment;
use lyceum_exchange::server::{
    Authenticator, DepotSettings, NewToken, Rights, ServerSettings, Tokens, Which,
};
use lyceum_wire::academy::{ActionRequest, Body, Serialization};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::agents::{Clerk, MAILBOX, address, register, url};
use crate::house::{House, Plan};
use crate::raw::{Raw, request};

/// A server with a depot in a folder that goes with this.
pub(crate) struct Depot {
    pub(crate) house: House,
    folder: PathBuf,
}

impl Depot {
    pub(crate) async fn open(name: &str) -> Self {
        Self::of(name, 64 << 20).await
    }

    /// Opens one for blobs of so many bytes.
    async fn of(name: &str, blob: u64) -> Self {
        Self::with(name, blob, None).await
    }

    async fn with(name: &str, blob: u64, authenticator: Option<Arc<dyn Authenticator>>) -> Self {
        let plan = Plan { authenticator, ..Plan::default() };
        Self::build(name, blob, plan).await
    }

    pub(crate) async fn build(name: &str, blob: u64, plan: Plan) -> Self {
        let folder = std::env::temp_dir().join(format!("lyceum-{name}-{}", std::process::id()));
        let depot = DepotSettings { blob, ..DepotSettings::at(&folder) };
        let server = ServerSettings { depot: Some(depot), ..plan.server };
        Self { house: House::build(Plan { server, ..plan }).await, folder }
    }

    /// Returns how many files the depot has.
    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(&self.folder).unwrap().count()
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A node with an agent at the server, and one that calls it.
async fn pair(house: &House) -> (Node, Node, Handle<Clerk>) {
    let (server, client) = (Node::local(), Node::local());
    let clerk = server.launch(Clerk::default()).await.unwrap();
    register(&server, house, &clerk).await.unwrap();
    let far = client.connect::<Clerk>(&address(house)).await.unwrap();
    (server, client, far)
}

pub(crate) fn text(bytes: usize) -> String {
    "\"quoted\" ".chars().cycle().take(bytes).collect()
}

/// A call whose arguments or result had more bytes than a message may have ended `TooLarge`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arguments_and_results_of_20_mib_pass_and_leave_nothing() {
    let depot = Depot::open("references").await;
    let (server, client, far) = pair(&depot.house).await;
    let large = text(20 << 20);
    let echo = far.echo(large.clone()).timeout(Duration::from_secs(300)).await.unwrap();
    assert!(echo == large);
    assert_eq!(depot.files(), 0, "who fetched it freed it");
    assert_eq!(far.echo("small".into()).await.unwrap(), "small");
    for node in [client, server] {
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fetched_frees_what_another_token_has_put() {
    let folder = std::env::temp_dir().join(format!("lyceum-tokens-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let tokens = Tokens::at(folder.join("tokens.json"));
    let rights = Rights { read: Which::All, write: Which::All, administer: Which::Own };
    let [ada, bob] = ["ada", "bob"].map(|name| {
        let (subject, rights) = (name.into(), rights.clone());
        let new = NewToken { subject, groups: BTreeSet::new(), rights, expires: None };
        tokens.make(new, Moment::from_millis(1_000_000)).unwrap()
    });
    let depot = Depot::with("references-tokens", 64 << 20, Some(Arc::new(tokens))).await;
    let (server, client) = (Node::local(), Node::local());
    server.academy().authorize(&url(&depot.house), &ada).unwrap();
    client.academy().authorize(&url(&depot.house), &bob).unwrap();
    let clerk = server.launch(Clerk::default()).await.unwrap();
    register(&server, &depot.house, &clerk).await.unwrap();
    let far = client.connect::<Clerk>(&address(&depot.house)).await.unwrap();

    let large = text(1 << 20);
    assert!(far.echo(large.clone()).await.unwrap() == large);
    assert_eq!(depot.files(), 0);
    for node in [client, server] {
        node.shutdown().await;
    }
    let _ = std::fs::remove_dir_all(&folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_behind_a_large_request_comes_behind_it() {
    let depot = Depot::open("references-order").await;
    let (server, client) = (Node::local(), Node::local());
    let lister = server.launch(Lister::default()).await.unwrap();
    let mailbox = server.register_mailbox(&url(&depot.house), &lister.any()).await.unwrap();
    let far = client.connect::<Lister>(&mailbox.address().to_string()).await.unwrap();
    far.list("first".into()).await.unwrap();
    let calls = (0..12).map(|number| {
        let size = if number % 3 == 1 { 1 << 20 } else { 10 };
        far.list(format!("{number} {}", text(size)))
    });
    join_all(calls).await.into_iter().for_each(|call| call.unwrap());

    let listed = far.listed().await.unwrap();
    let expected: Vec<String> = (0..12).map(|number| number.to_string()).collect();
    assert_eq!(listed[1..], expected);
    assert_eq!(depot.files(), 0);
    for node in [client, server] {
        node.shutdown().await;
    }
}

/// Keeps the first word of each text, in order.
#[derive(Default)]
struct Lister(Vec<String>);

#[agent]
impl Lister {
    #[action]
    fn list(&mut self, text: String) {
        self.0.push(text.split(' ').next().unwrap_or_default().to_owned());
    }

    #[action]
    fn listed(&self) -> Vec<String> {
        self.0.clone()
    }
}

/// The server closed the connection while the body was being sent, and so the caller heard of a
/// broken pipe.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_depot_too_large_is_said_as_before() {
    let house = House::open().await;
    let (server, client, far) = pair(&house).await;
    let error = far.echo(text(1 << 20)).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge(_)), "{error}");
    assert!(error.to_string().contains("larger than limit"), "{error}");
    assert_eq!(far.echo("small".into()).await.unwrap(), "small");
    for node in [client, server] {
        node.shutdown().await;
    }
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_for_the_depot_is_an_error_and_the_next_call_works() {
    let depot = Depot::of("references-full", 1 << 20).await;
    let (server, client, far) = pair(&depot.house).await;
    let error = far.echo(text(1 << 20)).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge(_)), "{error}");
    let (small, large) = join(far.echo("small".into()), far.echo(text(600 << 10))).await;
    assert_eq!((small.unwrap().len(), large.unwrap().len()), (5, 600 << 10));
    assert_eq!(depot.files(), 0);
    for node in [client, server] {
        node.shutdown().await;
    }
}

/// Puts something into the depot.
async fn put(house: &House, path: &str, body: &str) {
    ask(house, "PUT", path, "", body).await;
}

/// Asks the server for something that it does.
pub(crate) async fn ask(
    house: &House,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> String {
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}");
    let request = format!("{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Returns a request that says it refers to some data.
fn referring(pargs: String) -> Body {
    Body::ActionRequest(ActionRequest {
        action: "lyceum.by_reference".into(),
        serialization: Serialization::Json,
        result_serialization: None,
        exception_serialization: None,
        pargs,
        kargs: "{}".into(),
        time_left_millis: None,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_that_lie_are_answered_and_the_agent_lives_on() {
    let depot = Depot::open("references-lies").await;
    let (server, client, far) = pair(&depot.house).await;
    let mut raw = Raw::greeted(&depot.house).await;
    raw.register([9]).await;
    let reference = |size: u64| {
        let (blob, digest) = (uuid::Uuid::from_u128(1), "00".repeat(32));
        json!([{"blob": blob, "size": size, "digest": digest}]).to_string()
    };
    // What is there has another digest.
    put(&depot.house, "/blob/00000000000000000000000000000001", "{}").await;
    let lies = [2, 10, u64::MAX].map(reference);
    let lies = lies.into_iter().chain(["[1]".into(), "no JSON".into()]);
    for (tag, lie) in lies.enumerate() {
        let to = MAILBOX.as_u128();
        raw.put(1, &request((9, to), tag as u128, referring(lie))).await;
        raw.next().await;
    }
    assert_eq!(far.add(2).await.unwrap(), 2, "it is served after all of them");
    assert_eq!(depot.files(), 2, "nobody frees what he was not given");
    for node in [client, server] {
        node.shutdown().await;
    }
}
