//! Depots that ask who comes, and prove who they are.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lyceum::network::mailbox::Moment;
use lyceum::network::server::{NewToken, Rights, ServerCertificate, Tokens, Which};
use lyceum::{BlobsExt, DepotAccess, DepotError, Node};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::{House, content};

const HOUR: Duration = Duration::from_secs(3600);

/// A folder with an authority and a server's certificate, which goes with this.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lyceum-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        fs::write(path.join("authority.pem"), authority.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        fs::write(path.join("certificate.pem"), certificate.pem()).unwrap();
        fs::write(path.join("key.pem"), key.serialize_pem()).unwrap();
        Self(path)
    }

    fn authority(&self) -> PathBuf {
        self.0.join("authority.pem")
    }

    fn certificate(&self) -> Arc<ServerCertificate> {
        let (certificate, key) = (self.0.join("certificate.pem"), self.0.join("key.pem"));
        Arc::new(ServerCertificate::from_files(certificate, key, None).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn depot_with_tls_takes_and_gives_for_who_shows_a_token() {
    let folder = Folder::new("depot-authority");
    let tokens = Tokens::at(folder.0.join("tokens.json"));
    let rights = Rights { read: Which::Own, write: Which::Own, administer: Which::Own };
    let new = NewToken { subject: "ada".into(), groups: BTreeSet::new(), rights, expires: None };
    let token = tokens.make(new, Moment::from_millis(1_000_000)).unwrap();
    let house = House::build("depot-tls", Some(Arc::new(tokens)), Some(folder.certificate())).await;
    let (node, other) = (Node::local(), Node::local());
    let access = DepotAccess::new().authority(folder.authority());
    let blob = node.blobs().put(content()).await.unwrap();

    let depot = node.blobs().depot_with(&house.url, &access).unwrap();
    let stranger = depot.put(&blob, HOUR).await.unwrap_err().to_string();
    assert!(stranger.contains("401"), "{stranger}");
    let access = access.token(token.to_string());
    let depot = node.blobs().depot_with(&house.url, &access).unwrap();
    let kept = depot.put(&blob, HOUR).await.unwrap();
    let text = serde_json::to_string(&kept).unwrap();
    assert!(text.contains("https://") && !text.contains(&token.to_string()), "{text}");

    other.blobs().depot_with(&house.url, &access).unwrap();
    let task = other.spawn(async move {
        let read: lyceum::Blob = serde_json::from_str(&text).unwrap();
        read.bytes(u64::MAX).await
    });
    assert!(task.await.unwrap().unwrap() == content());
    depot.delete(&kept).await.unwrap();
    assert_eq!(house.files(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_of_another_authority_gets_neither_token_nor_bytes() {
    let (folder, strange) = (Folder::new("depot-ours"), Folder::new("depot-strange"));
    let house = House::build("depot-mistrusted", None, Some(folder.certificate())).await;
    let node = Node::local();
    let access = DepotAccess::new().token("secret").authority(strange.authority());
    let depot = node.blobs().depot_with(&house.url, &access).unwrap();
    let blob = node.blobs().put("abc").await.unwrap();
    let error = depot.put(&blob, HOUR).await.unwrap_err();
    assert!(matches!(error, DepotError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!(house.files(), 0);

    let missing = DepotAccess::new().authority(folder.0.join("none.pem"));
    let error = node.blobs().depot_with(&house.url, &missing).unwrap_err();
    assert!(matches!(error, DepotError::Authority { .. }), "{error}");
    let empty = DepotAccess::new().authority(folder.0.join("key.pem"));
    let error = node.blobs().depot_with(&house.url, &empty).unwrap_err().to_string();
    assert!(error.ends_with("there is none"), "{error}");
}
