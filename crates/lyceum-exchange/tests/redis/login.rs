//! Who may use a Redis: users with rules, and certificates.

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, OpenError, Uuid};

use crate::agents::Clerk;
use crate::nodes::{House, url};
use crate::redis_server::RedisServer;

const SECRET: &str = "s3cr3t-word";

fn server() -> Option<RedisServer> {
    let server = RedisServer::start()?;
    let rules = ["ACL", "SETUSER", "ada", "on", ">s3cr3t-word", "~*", "+@all", "-@admin"];
    assert_eq!(server.command(&rules), "OK");
    let few = ["ACL", "SETUSER", "bob", "on", ">s3cr3t-word", "~nothing:*", "+@all"];
    assert_eq!(server.command(&few), "OK");
    assert_eq!(server.command(&["ACL", "SETUSER", "default", "off"]), "OK");
    Some(server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_a_password_is_let_in_and_neither_is_ever_shown() {
    let Some(server) = server() else { return };
    let with_login = format!("redis://ada:{SECRET}@127.0.0.1:{}", server.port());
    let house = House::take(&with_login, Uuid::from_u128(1)).await;
    assert!(!house.mailbox.address().to_string().contains(SECRET));
    assert!(!format!("{:?}", house.mailbox).contains(SECRET));
    let caller = Node::local();
    caller.academy().authorize(&url(&server, "redis"), &format!("ada:{SECRET}")).unwrap();
    let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
    assert_eq!(clerk.add(1, Some(2)).await.unwrap(), 3);
    let third = Node::local();
    let address = house.address("").replace("redis://", &format!("redis://ada:{SECRET}@"));
    let clerk = third.connect::<Clerk>(&address).await.unwrap();
    assert_eq!(clerk.add(1, Some(2)).await.unwrap(), 3);
    assert!(!clerk.any().address().to_string().contains(SECRET));
    for node in [caller, third, house.node] {
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_is_told_without_the_password() {
    let Some(server) = server() else { return };
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    for login in ["", "ada:wrong-secret@", "bob:s3cr3t-word@", "nobody:wrong-secret@"] {
        let node = Node::local();
        let own = node.launch(Clerk::default()).await.unwrap();
        let place = format!("redis://{login}127.0.0.1:{}", server.port());
        let error = node.register_mailbox(&place, &own.any()).await.unwrap_err();
        let OpenError::Exchange { cause, .. } = &error else { panic!("{error:?}") };
        assert!(cause.to_string().contains("refused this side"), "{login}: {cause}");
        let shown = format!("{error} {error:?} {cause}");
        assert!(!shown.contains("wrong-secret") && !shown.contains(SECRET), "{shown}");
        let address = format!("{place}/{}", Uuid::from_u128(1));
        let error = node.connect_any(&address).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("wrong-secret") && !shown.contains(SECRET), "{shown}");
        node.shutdown().await;
    }
    drop(clerk);
    node.shutdown().await;
}

#[cfg(feature = "tls")]
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_is_reached_by_tls() {
    use lyceum_exchange::Certificates;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let name = format!("lyceum-redis-tls-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    std::fs::write(file("authority"), params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    for side in ["server", "node"] {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        std::fs::write(file(&format!("{side}.pem")), certificate.pem()).unwrap();
        std::fs::write(file(&format!("{side}.key")), key.serialize_pem()).unwrap();
    }
    let port = crate::redis_server::free_port().to_string();
    let (certificate, key, authority) = (file("server.pem"), file("server.key"), file("authority"));
    let options = [
        "--save",
        "",
        "--tls-port",
        &port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
    ];
    let Some(server) = RedisServer::with(&options) else { return };
    let certificates =
        || Certificates::from_files(file("authority"), file("node.pem"), file("node.key"));
    let (node, caller) = (Node::local(), Node::local());
    for node in [&node, &caller] {
        node.academy().certificates(certificates().unwrap());
    }
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let place = format!("rediss://localhost:{port}");
    let mailbox = node.register_mailbox(&place, &clerk.any()).await.unwrap();
    let far = caller.connect::<Clerk>(&mailbox.address().to_string()).await.unwrap();
    assert_eq!(far.add(1, Some(2)).await.unwrap(), 3);
    let strange = Node::local();
    let own = strange.launch(Clerk::default()).await.unwrap();
    let error = strange.register_mailbox(&place, &own.any()).await.unwrap_err();
    assert!(matches!(error, OpenError::Transport(_)), "{error}");
    for node in [node, caller, strange] {
        node.shutdown().await;
    }
    drop(server);
    std::fs::remove_dir_all(&folder).unwrap();
}
