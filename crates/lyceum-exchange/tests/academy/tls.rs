//! Academy's server with TLS, started as its users start it.

use lyceum::prelude::*;
use lyceum_exchange::Certificates;
use lyceum_exchange::academy::{AcademyExt, OpenError};
use serde_json::json;

use crate::agents::Clerk;
use crate::authority::Authority;
use crate::peer::Peer;
use crate::redis_server::free_port;

/// Returns an authority, and what it signed for a node; it did so for Academy's server, too.
fn signed(name: &str) -> (Authority, Certificates) {
    let authority = Authority::new(name);
    authority.sign("server", &["localhost"]);
    let (certificate, key) = authority.sign("node", &["localhost"]);
    let certificates = Certificates::from_files(authority.file(), certificate, key);
    (authority, certificates.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_have_mailboxes_on_a_server_with_tls() {
    let Some(peer) = Peer::start().await else { return };
    let ((ours, certificates), (_, strange)) = (signed("ours"), signed("strange"));
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
    let mut vars = json!({"FOLDER": ours.folder.to_str().unwrap(), "PORT": port});
    peer.run(code, vars.clone()).await;

    let url = format!("academy+https://localhost:{port}");
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    node.academy().certificates(certificates);
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
    other.academy().certificates(strange);
    let error = other.register_mailbox(&url, &clerk.any()).await.unwrap_err();
    assert!(matches!(error, OpenError::Exchange { .. }), "it is a stranger's server: {error}");
    other.shutdown().await;
}
