//! A node that serves its agents to aiomas, over a socket: who misbehaves harms nobody else.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use lyceum::prelude::*;
use lyceum_exchange::aiomas::{AiomasExt, Value as Wire};
use tokio::runtime::Runtime;

use super::{Target, bytes_of};
use crate::Digest;

pub(super) const TARGET: Target = Target { name: "aiomas-node", run, seeds, budget: 32 << 20 };

/// How long the node may take to answer what it must answer.
const SOON: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Clerk {
    kept: Option<AnyHandle>,
}

#[agent]
impl Clerk {
    #[action]
    fn hello(&self, name: String) -> String {
        format!("hi {name}")
    }

    #[action]
    fn echo(&self, value: Wire) -> Wire {
        value
    }

    #[action]
    fn keep(&mut self, other: AnyHandle) -> bool {
        self.kept.replace(other).is_some()
    }
}

/// A node, and a connection of somebody who behaves.
struct House {
    _runtime: Runtime,
    _node: Node,
    place: String,
    friend: TcpStream,
}

impl House {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("there is a thread");
        let (node, place) = runtime.block_on(async {
            let node = Node::local();
            let url = "aiomas+tcp://127.0.0.1:0?codec=json";
            let listening = node.listen_aiomas(url).await.expect("a port is free");
            let clerk = node.launch(Clerk::default()).await.expect("it starts");
            let url = listening.agent_url(&clerk.any()).expect("it has one");
            let place = url.strip_prefix("tcp://").and_then(|url| url.split_once('/'));
            (node, place.expect("it is a URL of TCP").0.to_owned())
        });
        let friend = TcpStream::connect(&place).expect("the node listens");
        friend.set_read_timeout(Some(SOON)).expect("sockets have time limits");
        Self { _runtime: runtime, _node: node, place, friend }
    }

    /// Checks that others are served as before.
    fn check(&mut self) {
        let request = frame(br#"[0, "still", ["agents/0/hello", ["x"], {}]]"#);
        self.friend.write_all(&request).expect("the node listens");
        let expected = frame(br#"[1, "still", "hi x"]"#);
        let mut answer = vec![0; expected.len()];
        self.friend.read_exact(&mut answer).expect("others do not notice");
        assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(&expected));
    }
}

thread_local! {
    static HOUSE: RefCell<Option<House>> = const { RefCell::new(None) };
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length, payload].concat()
}

fn seeds() -> Vec<Vec<u8>> {
    bytes_of(&[
        "p[0, 1, [\"agents/0/hello\", [\"x\"], {}]]",
        "p[0, 1, [\"agents/0/echo\", [[1, -2.5, null, {\"a\": true}]], {}]]\n\
         [0, 2, [\"nobody\", [], {}]]",
        "p[0, 1, [\"agents/0/keep\", \
         [{\"__type__\": [1, [\"ipc://[/tmp/x]/0\", [\"agents\", \"0\"]]]}], {}]]",
        "p[0, 1, [\"agents/0/echo\", [{\"__type__\": [0, \"2017-01-02T03:04:05+00:00\"]}], {}]]",
        "p[1, 7, 5]\n[2, 7, \"Traceback\"]\n[0, null, [\"validate_aid\", [\"0\"], {}]]",
        "r\u{0}\u{0}\u{0}\u{5}[0,1]",
    ])
}

/// After an `r` come bytes, otherwise payloads, one in a line.
fn run(bytes: &[u8]) -> Digest {
    let Some((first, rest)) = bytes.split_first() else { return Digest::of("nothing") };
    let said: Vec<u8> = match first {
        b'r' => rest.to_vec(),
        _ => rest.split(|byte| *byte == b'\n').flat_map(frame).collect(),
    };
    HOUSE.with_borrow_mut(|house| {
        let house = house.get_or_insert_with(House::open);
        let heard = talk(&house.place, &said);
        house.check();
        Digest::of(String::from_utf8_lossy(&heard))
    })
}

/// Says all of it, and returns what comes back until the node closes the connection.
fn talk(place: &str, said: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(place).expect("the node listens");
    stream.set_read_timeout(Some(SOON)).expect("sockets have time limits");
    // It may have closed the door already.
    let _ = stream.write_all(said);
    let _ = stream.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("the node neither answers nor closes the connection")
        }
        _ => heard,
    }
}
