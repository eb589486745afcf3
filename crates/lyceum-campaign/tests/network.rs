//! Clients and servers that talk to programs under test, without holding a step up.
#![expect(clippy::disallowed_methods, reason = "the other side of a test is no agent")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use lyceum_campaign::agents::{
    Client, ClientSend, NetworkAnswer, NetworkLimits, Payload, Server, ServerAccept,
};
use lyceum_core::{BoxError, Node};
use lyceum_macros::agent;
use lyceum_universe::{Project, Step, Universe};

// The macros write paths into the crate `lyceum`.
extern crate lyceum_campaign as lyceum;

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Has something sent, and hears the answer.
struct Talker {
    serves: bool,
    payload: Vec<u8>,
    heard: Arc<Mutex<Option<NetworkAnswer>>>,
}

#[agent]
impl Talker {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        cx.session().put(Payload(self.payload.clone()));
        if self.serves {
            cx.send(ServerAccept {})?;
        } else {
            cx.send(ClientSend {})?;
        }
        Ok(())
    }

    #[event]
    fn answer(&mut self, answer: &NetworkAnswer, cx: &mut Step<'_>) {
        *self.heard.lock().unwrap() = Some(answer.clone());
        cx.session().stop();
    }
}

/// Runs one session, and returns what was heard in it.
fn heard(
    add: impl FnOnce(Project) -> Project,
    serves: bool,
    payload: &[u8],
) -> Option<NetworkAnswer> {
    let heard = Arc::default();
    let talker = Talker { serves, payload: payload.to_vec(), heard: Arc::clone(&heard) };
    let project = Project::new("network").max_sessions(1).session_timeout(Duration::from_secs(30));
    let project = add(project.agent("talker", talker));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(async {
        Universe::builder().on(Node::local()).build().run(project).await.unwrap()
    });
    assert_eq!(report.sessions, 1);
    heard.lock().unwrap().take()
}

fn limits(bytes: usize, time: Duration) -> NetworkLimits {
    NetworkLimits { bytes, time }
}

/// Answers one client with all that it sent, twice.
fn twice(mut stream: impl Read + Write) {
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    stream.write_all(&[&said[..], &said[..]].concat()).unwrap();
}

#[test]
fn client_hears_the_whole_answer_and_no_more_than_its_limit() {
    for (limit, bytes, was_cut) in [(100, &b"abab"[..], false), (3, b"aba", true)] {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let client =
            Client::tcp(listener.local_addr().unwrap(), limits(limit, Duration::from_secs(20)));
        let server = thread::spawn(move || twice(listener.accept().unwrap().0));

        let answer = heard(|project| project.agent("client", client), false, b"ab");

        server.join().unwrap();
        assert_eq!(answer, Some(NetworkAnswer { bytes: bytes.to_vec(), was_cut, error: None }));
    }
}

#[test]
fn client_of_a_socket_in_the_file_system_is_no_other() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = path.join(format!("network-{}", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || twice(listener.accept().unwrap().0));

    let client = Client::unix(&path, NetworkLimits::default());
    let answer = heard(|project| project.agent("client", client), false, b"ab").unwrap();

    server.join().unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(answer.bytes, b"abab");
}

#[test]
fn server_that_is_silent_or_absent_is_told() {
    let listener = TcpListener::bind(LOOPBACK).unwrap();
    let address = listener.local_addr().unwrap();
    let client = || Client::tcp(address, limits(10, Duration::from_millis(200)));

    let silent = heard(|project| project.agent("client", client()), false, b"ab").unwrap();
    drop(listener);
    let absent = heard(|project| project.agent("client", client()), false, b"ab").unwrap();

    assert!(silent.was_cut && silent.error.is_none(), "{silent:?}");
    assert!(absent.error.is_some_and(|error| error.contains("refused")));
}

#[test]
fn client_under_test_is_answered_plainly_or_by_http() {
    let limits = limits(100, Duration::from_secs(20));
    let plain = Server::tcp(LOOPBACK, limits).unwrap();
    let http = Server::http(LOOPBACK, limits).unwrap();
    for (server, head) in [(plain, ""), (http, "HTTP/1.1 200 OK\r\n")] {
        let address = server.address().unwrap();
        let client = thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });

        let answer = heard(|project| project.agent("server", server), true, b"body").unwrap();

        let got = client.join().unwrap();
        assert!(got.starts_with(head) && got.ends_with("body"), "{got}");
        assert_eq!(answer.bytes, b"GET / HTTP/1.1\r\n\r\n");
    }
}
