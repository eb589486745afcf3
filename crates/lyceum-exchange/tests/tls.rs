//! Nodes that prove who they are with certificates.

#[path = "server/authority.rs"]
mod authority;

use std::path::Path;

use authority::Authority;
use lyceum::prelude::*;
use lyceum_exchange::{Certificates, Network, Settings};

struct Greeter;

#[agent]
impl Greeter {
    #[action]
    fn greet(&self, name: String) -> String {
        format!("hello, {name}")
    }
}

/// Returns what a node shows and believes whose authority this is.
fn node(authority: &Authority, name: &str) -> Certificates {
    believing(&authority.file(), authority, name)
}

/// Returns what a node shows by one authority that believes another one.
fn believing(believed: &Path, authority: &Authority, name: &str) -> Certificates {
    let (certificate, key) = authority.sign(name, &["localhost"]);
    Certificates::from_files(believed, certificate, key).unwrap()
}

fn with(certificates: Certificates) -> Settings {
    Settings::default().certificates(certificates)
}

#[tokio::test]
async fn nodes_with_certificates_of_one_authority_talk() {
    let authority = Authority::new("one");
    let (server, client) = (Node::local(), Node::local());
    server.launch(Greeter).named("greeter").await.unwrap();
    let network = Network::attach(&server, with(node(&authority, "server")));
    let listener = network.listen("tls://localhost:0").await.unwrap();
    Network::attach(&client, with(node(&authority, "client")));

    let address = format!("{}/greeter", listener.endpoint());
    let greeter = client.connect::<Greeter>(&address).await.unwrap();

    assert_eq!(greeter.greet("Ada".into()).await.unwrap(), "hello, Ada");
}

#[tokio::test]
async fn a_node_with_a_certificate_of_another_authority_is_refused() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (server, stranger) = (Node::local(), Node::local());
    server.launch(Greeter).named("greeter").await.unwrap();
    let network = Network::attach(&server, with(node(&ours, "server")));
    let listener = network.listen("tls://localhost:0").await.unwrap();
    // It believes the server, but the server does not believe it.
    let trusting = believing(&ours.file(), &theirs, "stranger");
    Network::attach(&stranger, with(trusting));

    let address = format!("{}/greeter", listener.endpoint());
    let error = stranger.connect::<Greeter>(&address).await.unwrap_err();

    let text = format!("{:?}", lyceum::Error::from(error));
    let why = "the other node refused this one's certificate: expected one of its own authority";
    assert!(text.contains("cannot connect to") && text.contains(why), "{text}");
}

#[tokio::test]
async fn a_server_of_another_authority_or_name_is_not_believed() {
    let (ours, theirs) = (Authority::new("believed"), Authority::new("unbelieved"));
    let server = Node::local();
    server.launch(Greeter).named("greeter").await.unwrap();
    let network = Network::attach(&server, with(node(&theirs, "server")));
    let listener = network.listen("tls://localhost:0").await.unwrap();
    let port = listener.endpoint().to_string().rsplit(':').next().unwrap().to_owned();

    let cases = [
        (node(&ours, "client"), "localhost", "expected one of its own authority"),
        (node(&theirs, "client"), "127.0.0.1", "it is for other host names"),
    ];
    for (certificates, host, expected) in cases {
        let client = Node::local();
        Network::attach(&client, with(certificates));
        let address = format!("tls://{host}:{port}/greeter");
        let error = client.connect::<Greeter>(&address).await.unwrap_err();
        let text = format!("{:?}", lyceum::Error::from(error));
        let why = "this node does not believe the other one's certificate";
        assert!(text.contains(why) && text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let error = Certificates::from_files("/nowhere/a.pem", "/nowhere/b.pem", "/nowhere/c.pem");
    let text = error.unwrap_err().to_string();
    assert!(text.contains("the authority's certificate from `/nowhere/a.pem`"), "{text}");
}
