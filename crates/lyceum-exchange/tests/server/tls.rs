//! TLS: who gets in, and certificates that are renewed.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lyceum_exchange::CertificatesError;
use lyceum_exchange::server::ServerCertificate;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::ask::ask_with;
use crate::authority::Authority;
use crate::house::{House, Plan};

/// Returns what a client believes, and shows of itself.
fn client(authority: &Authority, identity: Option<&(PathBuf, PathBuf)>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.file()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
            let key = PrivateKeyDer::from_pem_file(key).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    Arc::new(config)
}

/// Asks whether the server runs.
async fn ask(house: &House, client: &Arc<ClientConfig>) -> io::Result<String> {
    let stream = TcpStream::connect(house.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(client.clone()).connect(name, stream).await?;
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn open(certificate: &Arc<ServerCertificate>) -> House {
    House::build(Plan { certificate: Some(certificate.clone()), ..Plan::default() }).await
}

fn certificate(authority: &Authority, clients: Option<&Authority>) -> Arc<ServerCertificate> {
    let (certificate, key) = authority.sign("server", &["localhost", "127.0.0.1"]);
    let clients = clients.map(Authority::file);
    Arc::new(ServerCertificate::from_files(certificate, key, clients.as_deref()).unwrap())
}

#[tokio::test]
async fn with_a_certificate_nothing_is_said_in_the_open() {
    let authority = Authority::new("open");
    let house = open(&certificate(&authority, None)).await;

    let answer = ask(&house, &client(&authority, None)).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    let stranger = ask(&house, &client(&Authority::new("strange"), None)).await.unwrap_err();
    assert!(stranger.to_string().contains("UnknownIssuer"), "{stranger}");
    let mut plain = TcpStream::connect(house.address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!String::from_utf8_lossy(&said).contains("HTTP"), "{said:?}");
    house.close().await.unwrap();
}

#[tokio::test]
async fn clients_must_show_a_certificate_where_an_authority_is_named_for_them() {
    let (authority, people) = (Authority::new("server"), Authority::new("people"));
    let house = open(&certificate(&authority, Some(&people))).await;

    let known = client(&authority, Some(&people.sign("ada", &["localhost", "127.0.0.1"])));
    assert!(ask(&house, &known).await.unwrap().ends_with("ok\n"));

    assert!(ask(&house, &client(&authority, None)).await.is_err(), "without any");
    let stranger = client(
        &authority,
        Some(&Authority::new("strangers").sign("ada", &["localhost", "127.0.0.1"])),
    );
    assert!(ask(&house, &stranger).await.is_err(), "of another authority");
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_and_one_that_cannot_be_used_is_not() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let shown = certificate(&old, None);
    let house = open(&shown).await;
    let (old_client, new_client) = (client(&old, None), client(&new, None));
    ask(&house, &old_client).await.unwrap();

    let (files, renewed) = (
        old.sign("server", &["localhost", "127.0.0.1"]),
        new.sign("server", &["localhost", "127.0.0.1"]),
    );
    std::fs::copy(&renewed.0, &files.0).unwrap();
    let half = shown.reload();
    assert!(matches!(half, Err(CertificatesError::Unfit(_))), "the key is another's: {half:?}");
    ask(&house, &old_client).await.unwrap();
    std::fs::copy(&renewed.1, &files.1).unwrap();
    shown.reload().unwrap();
    ask(&house, &new_client).await.unwrap();
    assert!(ask(&house, &old_client).await.is_err());

    std::fs::write(&files.0, "no certificate").unwrap();
    assert!(matches!(shown.reload(), Err(CertificatesError::File { .. })));
    ask(&house, &new_client).await.unwrap();
    house.close().await.unwrap();
}

#[tokio::test]
async fn who_does_not_finish_the_handshake_holds_up_nobody_and_is_sent_away() {
    let authority = Authority::new("slow");
    let mut plan = Plan { certificate: Some(certificate(&authority, None)), ..Plan::default() };
    plan.server.idle = Duration::from_millis(300);
    let house = House::build(plan).await;
    let mut silent = TcpStream::connect(house.address).await.unwrap();
    let mut slow = TcpStream::connect(house.address).await.unwrap();
    slow.write_all(b"\x16\x03\x01\x02\x00").await.unwrap();

    assert!(ask(&house, &client(&authority, None)).await.unwrap().ends_with("ok\n"));

    for stream in [&mut silent, &mut slow] {
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap_or_default(), 0);
    }
    let _still_silent = TcpStream::connect(house.address).await.unwrap();
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_server_without_a_certificate_talks_as_before() {
    let house = House::open().await;
    assert_eq!(ask_with(house.address, "GET", "/healthz", "", "").await.text, "ok\n");
    house.close().await.unwrap();
}
