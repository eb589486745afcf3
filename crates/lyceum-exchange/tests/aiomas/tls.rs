//! TLS with certificates on both sides, as aiomas has it: version 1.2.

use lyceum::prelude::*;
use lyceum_exchange::Certificates;
use lyceum_exchange::aiomas::AiomasExt;
use serde_json::json;

use crate::agents::Clerk;
use crate::authority::Authority;
use crate::peer::{MSGPACK, Peer};

/// Returns an authority, and what it signed for a node; it did so for Python, too.
fn signed(name: &str) -> (Authority, Certificates) {
    let authority = Authority::new(name);
    authority.sign("python", &["localhost"]);
    let (certificate, key) = authority.sign("rust", &["localhost"]);
    let certificates = Certificates::from_files(authority.file(), certificate, key);
    (authority, certificates.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_directions_have_certificates() {
    let (authority, certificates) = signed("one");
    let folder = authority.folder.to_str().unwrap();
    let Some(peer) = Peer::start_tls(MSGPACK, folder).await else { return };
    let node = Node::local();
    node.aiomas().certificates(certificates);
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
    let ((authority, _), (_, strange)) = (signed("two"), signed("three"));
    let folder = authority.folder.to_str().unwrap();
    let Some(peer) = Peer::start_tls(MSGPACK, folder).await else { return };
    let node = Node::local();
    node.aiomas().certificates(strange);
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
