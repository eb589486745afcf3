//! Bytes that no aiomas would send: ours answers or closes, never hangs, and others go on.

use std::time::Duration;

use lyceum_exchange::aiomas::Value;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use lyceum::prelude::*;

use crate::peer::JSON;
use crate::reaching::node;
use crate::serving::House;

/// Time in which what is to happen has happened.
const SOON: Duration = Duration::from_secs(10);

/// The other end of a connection, in bytes.
struct Raw(TcpStream);

impl Raw {
    async fn connect(house: &House) -> Self {
        let place = house.url.strip_prefix("tcp://").unwrap().strip_suffix("/0").unwrap();
        Self(TcpStream::connect(place).await.unwrap())
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn send(&mut self, payload: &str) {
        self.write(&frame(payload)).await;
    }

    /// Returns the next payload; `None` if the connection ended.
    async fn receive(&mut self) -> Option<Json> {
        let length = timeout(SOON, self.0.read_u32()).await.expect("nothing came").ok()?;
        let mut payload = vec![0; length as usize];
        self.0.read_exact(&mut payload).await.unwrap();
        Some(serde_json::from_slice(&payload).unwrap())
    }

    /// Sends a payload and returns what comes back.
    async fn ask(&mut self, payload: &str) -> Option<Json> {
        self.send(payload).await;
        self.receive().await
    }

    async fn is_alive(&mut self) -> bool {
        let answer = self.ask(r#"[0, "still", ["agents/0/hello", ["x"], {}]]"#).await;
        answer == Some(json!([1, "still", "hi x"]))
    }
}

fn frame(payload: &str) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length, payload.as_bytes()].concat()
}

/// Checks that another connection is served as before.
async fn others_go_on(house: &House) {
    assert!(Raw::connect(house).await.is_alive().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_has_an_id_is_answered() {
    let house = House::open(JSON).await;
    let mut raw = Raw::connect(&house).await;
    for payload in [
        "[0, 7]",
        "[0, 7, 1, 2]",
        "[0, 7, {}]",
        "[0, 7, [\"agents/0/hello\", [\"x\"]]]",
        "[0, 7, [1, [], {}]]",
        "[0, 7, [\"agents/0/hello\", {}, {}]]",
        "[9, 7, null]",
        "[0, 7, [\"agents/0/hello\", [{\"__type__\": [9, 1]}], {}]]",
        "[0, 7, [\"agents/0/hello\", [{\"__type__\": [0, 1]}], {}]]",
        "[0, 7, [\"agents//hello\", [], {}]]",
        "[0, 7, [\"\", [], {}]]",
        "[0, 7, [\"agents/0/container/validate_aid\", [\"0\"], {}]]",
        "[0, 7, [\"agents/0/__init__\", [], {}]]",
        "[0, 7, [\"agents/@0/hello\", [], {}]]",
        "[0, 7, [\"validate_aid\", [7], {}]]",
        "[0, 7, nope",
    ] {
        let answer = raw.ask(payload).await.unwrap_or_else(|| panic!("{payload} is not answered"));
        assert_eq!((&answer[0], &answer[1]), (&json!(2), &json!(7)), "{payload}: {answer}");
        let text = answer[2].as_str().unwrap();
        let last = text.trim().lines().last().unwrap();
        assert!(last.contains("Error: ") || last.starts_with("BadRequest: "), "{last}");
    }
    assert!(raw.is_alive().await);
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_echoed_whatever_they_are_and_however_often() {
    let house = House::open(JSON).await;
    let mut raw = Raw::connect(&house).await;
    for id in ["0", "-1", "\"abc\"", "18446744073709551616", "null", "[1, {}]", "1.5"] {
        let payload = format!("[0, {id}, [\"agents/0/hello\", [\"x\"], {{}}]]");
        let id: Json = serde_json::from_str(id).unwrap();
        raw.write(&[frame(&payload), frame(&payload)].concat()).await;
        for _ in 0..2 {
            let answer = raw.receive().await.unwrap();
            assert_eq!(answer[1].to_string(), id.to_string());
            assert_eq!(answer[2], json!("hi x"));
        }
    }
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_asked_for_are_ignored() {
    let house = House::open(JSON).await;
    let mut raw = Raw::connect(&house).await;
    for payload in ["[1, 0, null]", "[2, 99, \"no\"]", "[1, \"x\", 1]", "[2, 0, nope", "[1, 0]"] {
        raw.send(payload).await;
        assert!(raw.is_alive().await, "after {payload}");
    }
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_closes_its_connection_alone() {
    let house = House::open(JSON).await;
    for bytes in [
        &b"\0\0\0\0"[..],
        b"\0\0\0\x01{",
        b"\0\0\0\x02[]",
        b"\0\0\0\x027 ",
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut raw = Raw::connect(&house).await;
        raw.write(bytes).await;
        assert_eq!(raw.receive().await, None, "{bytes:?}");
    }
    others_go_on(&house).await;
    house.node.shutdown().await;
}

/// aiomas would wait for the rest, and keep whatever comes.
#[tokio::test(flavor = "multi_thread")]
async fn frames_announced_as_longer_than_the_limit_close_their_connection_at_once() {
    let house = House::open(JSON).await;
    for header in [0xffff_ffff_u32, 0x8000_0000, 0x0100_0001] {
        let mut raw = Raw::connect(&house).await;
        raw.write(&header.to_be_bytes()).await;
        assert_eq!(raw.receive().await, None, "{header:x}");
    }
    others_go_on(&house).await;
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_is_refused() {
    let house = House::open(JSON).await;
    let mut raw = Raw::connect(&house).await;
    let deep = "[".repeat(100_000);
    let answer = raw.ask(&format!("[0, 7, [\"agents/0/echo\", {deep}")).await.unwrap();
    assert_eq!((&answer[0], &answer[1]), (&json!(2), &json!(7)));
    assert!(raw.is_alive().await);
    raw.send(&deep).await;
    assert_eq!(raw.receive().await, None);
    others_go_on(&house).await;
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bytes_and_frames_that_are_cut_off_are_survived() {
    let house = House::open(JSON).await;
    let whole = frame(r#"[0, 7, ["agents/0/hello", ["x"], {}]]"#);
    for length in 0..whole.len() {
        let mut raw = Raw::connect(&house).await;
        raw.write(&whole[..length]).await;
        raw.0.shutdown().await.unwrap();
        assert_eq!(raw.receive().await, None);
    }
    let mut state = 1_u64;
    for _ in 0..200 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(64)
        .collect();
        let mut raw = Raw::connect(&house).await;
        raw.write(&[&60_u32.to_be_bytes()[..], &bytes].concat()).await;
        raw.0.shutdown().await.unwrap_or_default();
        while raw.receive().await.is_some() {}
    }
    others_go_on(&house).await;
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_not_read_from() {
    let house = House::open(JSON).await;
    let mut raw = Raw::connect(&house).await;
    // Larger than it needs to be, so that sockets are soon full.
    let request = format!("[0, 7, [\"agents/0/big\", [100000], {{}}]]{}", " ".repeat(2000));
    let request = frame(&request);
    // Answers of 5 GB, if they were all made.
    let flood = async {
        for _ in 0..50_000 {
            raw.write(&request).await;
        }
    };
    let stuck = timeout(Duration::from_secs(3), flood).await;
    assert!(stuck.is_err(), "it was read from in spite of it");
    others_go_on(&house).await;

    // It goes on where it was.
    for _ in 0..20 {
        let answer = raw.receive().await.unwrap();
        assert_eq!(answer[2].as_str().unwrap().len(), 100_000);
    }
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_ended_are_forgotten() {
    let house = House::open(JSON).await;
    // More than are allowed at once.
    for _ in 0..1100 {
        let mut raw = Raw::connect(&house).await;
        assert!(raw.is_alive().await);
    }
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_the_codec_lacks_is_answered() {
    let house = House::open(JSON).await;
    house.node.launch(Bytes).named("bytes").await.unwrap();
    let mut raw = Raw::connect(&house).await;
    let answer = raw.ask(r#"[0, 7, ["agents/bytes/some", [], {}]]"#).await.unwrap();
    let text = answer[2].as_str().unwrap();
    assert!(text.contains("SerializationError: cannot write bytes as json"), "{text}");
    assert!(raw.is_alive().await);
    house.node.shutdown().await;
}

struct Bytes;

#[agent]
impl Bytes {
    #[action]
    fn some(&self) -> Value {
        Value::Bytes(vec![1, 2])
    }
}

/// Runs a server that answers every request with the same bytes; returns its address.
async fn server(answer: Vec<u8>) -> (String, tokio::task::JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("aiomas+tcp://{}/0", listener.local_addr().unwrap());
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            while let Ok(1..) = stream.read(&mut request).await {
                stream.write_all(&answer).await.unwrap_or_default();
            }
        }
    });
    (address, serving)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_nonsense_is_disconnected() {
    let answers = [
        b"\xff\xff\xff\xff".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"\0\0\0\x01{".to_vec(),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
    ];
    for answer in answers {
        let (address, _server) = server(answer).await;
        let node = node();
        let error = timeout(SOON, node.connect_any(&address)).await.unwrap().unwrap_err();
        let error = format!("{:?}", lyceum::Error::from(error));
        assert!(error.contains("the channel was lost"), "{error}");
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_read_is_told_to_its_call() {
    for answer in ["[1, 0]", "[1, 0, nope", "[2, 0, 7, 8]", "[1, 0, 5]"] {
        let (address, _server) = server(frame(answer)).await;
        let node = node();
        let error = timeout(SOON, node.connect_any(&address)).await.unwrap().unwrap_err();
        let error = format!("{:?}", lyceum::Error::from(error));
        assert!(error.contains("cannot be encoded"), "{answer}: {error}");
        node.shutdown().await;
    }
}
