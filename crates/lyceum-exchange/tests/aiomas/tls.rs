//! TLS with certificates on both sides, as aiomas has it: version 1.2.

use std::fs;
use std::path::PathBuf;

use lyceum::prelude::*;
use lyceum_exchange::Certificates;
use lyceum_exchange::aiomas::AiomasExt;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;

use crate::agents::Clerk;
use crate::peer::{MSGPACK, Peer};

/// Certificates of one authority, in a folder.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, nodes: &[&str]) -> Self {
        let folder =
            std::env::temp_dir().join(format!("lyceum-aiomas-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        fs::write(folder.join("authority.pem"), authority.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        for node in nodes {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            fs::write(folder.join(format!("{node}.certificate.pem")), certificate.pem()).unwrap();
            fs::write(folder.join(format!("{node}.key.pem")), key.serialize_pem()).unwrap();
        }
        Self(folder)
    }

    fn of(&self, node: &str) -> Certificates {
        let file = |kind: &str| self.0.join(format!("{node}.{kind}.pem"));
        let authority = self.0.join("authority.pem");
        Certificates::from_files(authority, file("certificate"), file("key")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of a test is no reason for it to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_directions_have_certificates() {
    let folder = Folder::new("one", &["python", "rust"]);
    let Some(peer) = Peer::start_tls(MSGPACK, folder.0.to_str().unwrap()).await else { return };
    let node = Node::local();
    node.aiomas().certificates(folder.of("rust"));
    let url = "aiomas+tls://localhost:0?codec=msgpack&types=Point";
    let listening = node.listen_aiomas(url).await.unwrap();
    let clerk = node.launch(Clerk::default()).await.unwrap();

    let url = listening.agent_url(&clerk.any()).unwrap();
    assert!(url.starts_with("tcp://localhost:"), "{url}");
    let code = "
        address = await house.keep(callee.addr)
        return [await house.hello('x'), await house.ask(callee, 'y'), await house.ask_kept('z'),
                address.split(':')[0]]";
    let result = peer.run(code, json!({"URL": url})).await;
    assert_eq!(result, json!(["hi x", "hi y", "hi z", "aiomas+tls"]));

    let address = peer.address().replace("aiomas+tcp", "aiomas+tls");
    let callee = node.connect_any(&address).await.unwrap();
    assert_eq!(callee.call("add", json!([1, 2])).await.unwrap(), json!(3));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_plain_tcp_are_refused() {
    let (folder, other) = (Folder::new("two", &["python"]), Folder::new("three", &["rust"]));
    let Some(peer) = Peer::start_tls(MSGPACK, folder.0.to_str().unwrap()).await else { return };
    let node = Node::local();
    node.aiomas().certificates(other.of("rust"));
    for address in [peer.address().replace("aiomas+tcp", "aiomas+tls"), peer.address()] {
        let error = node.connect_any(&address).await.unwrap_err();
        let error = format!("{:?}", lyceum::Error::from(error));
        assert!(error.contains("the channel was lost"), "{address}: {error}");
    }
    let listening = node.listen_aiomas("aiomas+tls://localhost:0?codec=msgpack").await.unwrap();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let url = listening.agent_url(&clerk.any()).unwrap();
    let error = peer.fail("", json!({"URL": url})).await;
    let kind = error["type"].as_str().unwrap();
    assert!(kind.contains("SSL") || kind.contains("Connection"), "{error}");
    assert_eq!(clerk.add(1, None).await.unwrap(), 101);
    node.shutdown().await;
}
