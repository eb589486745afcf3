//! Nodes that prove who they are with certificates.

use std::fs;
use std::path::{Path, PathBuf};

use lyceum::prelude::*;
use lyceum_exchange::{Certificates, Network, Settings};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

struct Greeter;

#[agent]
impl Greeter {
    #[action]
    fn greet(&self, name: String) -> String {
        format!("hello, {name}")
    }
}

/// An authority that signs certificates for nodes on this machine.
struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("lyceum-tls-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.join("authority.pem"), certificate.pem()).unwrap();
        Self { folder, issuer: Issuer::new(params, key) }
    }

    fn node(&self, name: &str) -> Certificates {
        self.certificates(&self.folder.join("authority.pem"), name)
    }

    fn certificates(&self, authority: &Path, name: &str) -> Certificates {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |kind: &str| self.folder.join(format!("{name}.{kind}.pem"));
        fs::write(file("certificate"), certificate.pem()).unwrap();
        fs::write(file("key"), key.serialize_pem()).unwrap();
        Certificates::from_files(authority, file("certificate"), file("key")).unwrap()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        // What is left of a test is no reason for it to fail.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn with(certificates: Certificates) -> Settings {
    Settings::default().certificates(certificates)
}

#[tokio::test]
async fn nodes_with_certificates_of_one_authority_talk() {
    let authority = Authority::new("one");
    let (server, client) = (Node::local(), Node::local());
    server.launch(Greeter).named("greeter").await.unwrap();
    let network = Network::attach(&server, with(authority.node("server")));
    let listener = network.listen("tls://localhost:0").await.unwrap();
    Network::attach(&client, with(authority.node("client")));

    let address = format!("{}/greeter", listener.endpoint());
    let greeter = client.connect::<Greeter>(&address).await.unwrap();

    assert_eq!(greeter.greet("Ada".into()).await.unwrap(), "hello, Ada");
}

#[tokio::test]
async fn a_node_with_a_certificate_of_another_authority_is_refused() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (server, stranger) = (Node::local(), Node::local());
    server.launch(Greeter).named("greeter").await.unwrap();
    let network = Network::attach(&server, with(ours.node("server")));
    let listener = network.listen("tls://localhost:0").await.unwrap();
    // It believes the server, but the server does not believe it.
    let trusting = theirs.certificates(&ours.folder.join("authority.pem"), "stranger");
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
    let network = Network::attach(&server, with(theirs.node("server")));
    let listener = network.listen("tls://localhost:0").await.unwrap();
    let port = listener.endpoint().to_string().rsplit(':').next().unwrap().to_owned();

    let cases = [
        (ours.node("client"), "localhost", "expected one of its own authority"),
        (theirs.node("client"), "127.0.0.1", "it is for other host names"),
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
