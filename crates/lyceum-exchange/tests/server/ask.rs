//! Requests, byte by byte.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::house::House;

/// An answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        serde_json::from_str(&self.text).unwrap()
    }
}

pub(crate) const USER: u128 = 1;
pub(crate) const AGENT: u128 = 2;

/// An entity, as JSON within JSON.
pub(crate) fn entity(number: u128) -> Value {
    let role = if number == USER { "user" } else { "agent" };
    json!({ "uid": uuid::Uuid::from_u128(number), "name": format!("n{number}"), "role": role })
}

/// A message, as JSON within JSON.
pub(crate) fn message(kind: &str, from: u128, to: u128, tag: u128, body: &Value) -> String {
    let tag = uuid::Uuid::from_u128(tag);
    json!({
        "header": {
            "src": entity(from), "dest": entity(to), "tag": tag, "label": tag, "kind": kind,
            "protocol_version": "1.1", "academy_version": "1.0.0",
        },
        "body": body,
    })
    .to_string()
}

pub(crate) fn ping(tag: u128) -> String {
    message("request", USER, AGENT, tag, &json!({ "kind": "ping-request" }))
}

pub(crate) fn pong(tag: u128) -> String {
    message("response", AGENT, USER, tag, &json!({ "kind": "success-response" }))
}

/// Writes a request and reads the whole answer.
pub(crate) async fn ask_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let mut stream = BufReader::new(stream);
    send(&mut stream, method, path, &format!("{headers}connection: close\r\n"), body).await;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let all = String::from_utf8(bytes).unwrap();
    let (head, text) = all.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{all}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, text: text.to_owned() }
}

async fn send(
    stream: &mut BufReader<TcpStream>,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\
         content-type: application/json\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
}

impl House {
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        ask_with(self.address, method, path, "", &body.to_string()).await
    }

    pub(crate) async fn with(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers = format!("authorization: Bearer {token}\r\n");
        ask_with(self.address, method, path, &headers, &body.to_string()).await
    }

    pub(crate) async fn register(&self, number: u128) {
        let body = json!({ "mailbox": entity(number).to_string(), "agent": "m.Kind,m.Base" });
        let answer = self.ask("POST", "/mailbox", &body).await;
        assert_eq!(answer, Answer { status: 200, text: String::new() });
    }

    pub(crate) async fn put(&self, headers: &str, message: &str) -> Answer {
        let body = json!({ "message": message }).to_string();
        ask_with(self.address, "PUT", "/message", headers, &body).await
    }

    /// Takes one message, or says that none came at once.
    pub(crate) async fn receive(&self, number: u128) -> Answer {
        let body = json!({ "mailbox": entity(number).to_string(), "timeout": 0.02 });
        self.ask("GET", "/message", &body).await
    }

    /// Returns the body of the next message.
    pub(crate) async fn body(&self, number: u128) -> Value {
        let answer = self.receive(number).await.json();
        let message: Value = serde_json::from_str(answer["message"].as_str().unwrap()).unwrap();
        message["body"].clone()
    }
}

/// A stream of events, on a connection that stays.
pub(crate) struct Events {
    stream: BufReader<TcpStream>,
}

impl Events {
    pub(crate) async fn connect(house: &House) -> Self {
        let stream = TcpStream::connect(house.address).await.unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request, whose answer is not read.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &Value) {
        send(&mut self.stream, method, path, "", &body.to_string()).await;
    }

    pub(crate) async fn listen(&mut self, number: u128, timeout: f64, headers: &str) -> u16 {
        let body = json!({ "mailbox": entity(number).to_string(), "timeout": timeout });
        let body = body.to_string();
        send(&mut self.stream, "GET", "/mailbox/listen", headers, &body).await;
        let head = self.line().await.unwrap();
        let mut length = 0;
        loop {
            let line = self.line().await.unwrap();
            if let Some(given) = line.strip_prefix("content-length: ") {
                length = given.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        self.stream.read_exact(&mut vec![0; length]).await.unwrap();
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) async fn open(house: &House, number: u128) -> Self {
        let mut events = Self::connect(house).await;
        assert_eq!(events.listen(number, 60.0, "").await, 200);
        assert_eq!(events.next().await.as_deref(), Some("retry: 1"));
        events
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await.ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Returns the next chunk without the empty line at its end, or nothing at the stream's end.
    pub(crate) async fn next(&mut self) -> Option<String> {
        let size = usize::from_str_radix(&self.line().await?, 16).unwrap();
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).await.ok()?;
        let text = String::from_utf8(chunk).unwrap();
        (size > 0).then(|| text.trim_end().to_owned())
    }

    /// Returns the body of the next message.
    pub(crate) async fn body(&mut self) -> Value {
        let event = self.next().await.unwrap();
        let data = event.lines().last().unwrap().strip_prefix("data: ").unwrap();
        serde_json::from_str::<Value>(data).unwrap()["body"].clone()
    }
}
