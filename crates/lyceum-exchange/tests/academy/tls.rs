//! Academy's server with TLS, started as its users start it.

use std::fs;
use std::path::PathBuf;

use lyceum::prelude::*;
use lyceum_exchange::Certificates;
use lyceum_exchange::academy::{AcademyExt, OpenError};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;

use crate::agents::Clerk;
use crate::peer::Peer;
use crate::redis_server::free_port;

/// An authority, and certificates that it signed.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("lyceum-academy-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        fs::write(folder.join("authority.pem"), authority.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        for side in ["server", "node"] {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            fs::write(folder.join(format!("{side}.certificate.pem")), certificate.pem()).unwrap();
            fs::write(folder.join(format!("{side}.key.pem")), key.serialize_pem()).unwrap();
        }
        Self(folder)
    }

    fn certificates(&self) -> Certificates {
        let file = |name: &str| self.0.join(name);
        let certificates = (file("node.certificate.pem"), file("node.key.pem"));
        Certificates::from_files(file("authority.pem"), certificates.0, certificates.1).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of a test is no reason for it to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_have_mailboxes_on_a_server_with_tls() {
    let Some(peer) = Peer::start().await else { return };
    let (ours, strange) = (Folder::new("ours"), Folder::new("strange"));
    let port = free_port();
    let code = "
        import subprocess
        from academy.socket import wait_connection
        config = pathlib.Path(FOLDER) / 'exchange.toml'
        lines = [('host', HOST), ('port', PORT), ('certfile', FOLDER + '/server.certificate.pem'),
                 ('keyfile', FOLDER + '/server.key.pem')]
        config.write_text('\\n'.join(f'{key} = {json.dumps(value)}' for key, value in lines))
        command = [sys.executable, '-m', 'academy.exchange.cloud', '--config', str(config)]
        null = subprocess.DEVNULL
        subprocess.Popen(command, cwd=FOLDER, stdin=null, stdout=null, stderr=null)
        wait_connection(HOST, PORT, timeout=30)";
    let mut vars = json!({"FOLDER": ours.0.to_str().unwrap(), "PORT": port});
    peer.run(code, vars.clone()).await;

    let url = format!("academy+https://localhost:{port}");
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    node.academy().certificates(ours.certificates());
    let mailbox = node.register_mailbox(&url, &clerk.any()).await.unwrap();
    let code = "
        other = HttpExchangeFactory(f'https://localhost:{PORT}', ssl_verify=False)
        async with await other.create_user_client() as user:
            return await Handle(AgentId(uid=uuid.UUID(AGENT))).add(1, 2)";
    vars["AGENT"] = mailbox.id().uid.to_string().into();
    assert_eq!(peer.run(code, vars).await, json!(3));
    node.shutdown().await;

    let other = Node::local();
    let clerk = other.launch(Clerk::default()).await.unwrap();
    other.academy().certificates(strange.certificates());
    let error = other.register_mailbox(&url, &clerk.any()).await.unwrap_err();
    assert!(matches!(error, OpenError::Exchange { .. }), "it is a stranger's server: {error}");
    other.shutdown().await;
}
