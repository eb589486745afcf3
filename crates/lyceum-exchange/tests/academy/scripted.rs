//! An exchange that does what a test says, in memory and in virtual time.

use std::io;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum::prelude::*;
use lyceum_exchange::academy::AcademyExt;
use lyceum_exchange::{ByteStream, Transport, TransportListener};
use lyceum_wire::Endpoint;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Where the scripted exchange is.
pub(crate) const URL: &str = "academy+http://scripted:1";

/// A request, and when it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// As in `PUT /message`.
    pub(crate) route: String,
    pub(crate) headers: String,
    pub(crate) body: Value,
    pub(crate) at: Instant,
}

/// What becomes of a request.
pub(crate) enum Told {
    /// A status and a body.
    Answer(u16, String),
    /// Bytes as they are, after which the connection stays.
    Raw(String),
    /// The connection ends.
    Close,
}

pub(crate) type Script = dyn FnMut(&Asked) -> Told + Send;

/// An exchange that answers as its script says.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<State>);

struct State {
    script: Mutex<Box<Script>>,
    asked: Mutex<Vec<Asked>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Scripted {
    /// Makes a node that takes this for an exchange.
    pub(crate) fn with(script: impl FnMut(&Asked) -> Told + Send + 'static) -> (Node, Self) {
        let script: Box<Script> = Box::new(script);
        let (asked, tasks) = (Mutex::default(), Mutex::default());
        let this = Self(Arc::new(State { script: script.into(), asked, tasks }));
        let node = Node::local();
        node.academy().add_transport(Arc::new(this.clone()));
        (node, this)
    }

    /// Returns the requests on a route so far.
    pub(crate) fn asked(&self, route: &str) -> Vec<Asked> {
        let asked = self.0.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.route == route).cloned().collect()
    }

    async fn serve(self, mut stream: DuplexStream) {
        while let Some(asked) = read(&mut stream).await {
            self.0.asked.lock().unwrap().push(asked.clone());
            let told = (self.0.script.lock().unwrap())(&asked);
            let bytes = match told {
                Told::Answer(status, body) => {
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                }
                Told::Raw(bytes) => bytes,
                Told::Close => return,
            };
            if stream.write_all(bytes.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// Reads one request; `None` at the end.
async fn read(stream: &mut DuplexStream) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap().to_uppercase(), words.next().unwrap());
    Some(Asked {
        route: format!("{method} {path}"),
        headers: headers.into(),
        body: serde_json::from_slice(&body).unwrap(),
        at: now(),
    })
}

/// Returns the virtual time.
pub(crate) fn now() -> Instant {
    tokio::time::sleep(Duration::ZERO).deadline()
}

/// Answers what a node asks before anything else, and hands out nothing.
pub(crate) fn quiet(asked: &Asked) -> Told {
    match asked.route.as_str() {
        "GET /mailbox/listen" => Told::Raw(stream_head()),
        "GET /mailbox/heartbeat" => Told::Answer(200, json!({"heartbeat": 1.5}).to_string()),
        "GET /mailbox/stats" => Told::Answer(200, "{}".into()),
        _ => Told::Answer(200, String::new()),
    }
}

/// The head of a stream of events.
pub(crate) fn stream_head() -> String {
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        .into()
}

/// A chunk of a stream; an empty one ends it.
pub(crate) fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

impl Transport for Scripted {
    fn scheme(&self) -> &'static str {
        "tcp"
    }

    fn dial(&self, _: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn ByteStream>>> {
        let (here, there) = duplex(1 << 20);
        self.0.tasks.lock().unwrap().spawn(self.clone().serve(there));
        async move { Ok(Box::new(here) as Box<dyn ByteStream>) }.boxed()
    }

    fn listen(&self, _: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn TransportListener>>> {
        async { Err(io::ErrorKind::Unsupported.into()) }.boxed()
    }

    fn is_private(&self, _: &Endpoint) -> bool {
        true
    }
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}
