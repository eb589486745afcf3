//! A server that says what a test has it say.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use lyceum_wire::academy::link::{
    Code, Frame, Said, ToClient, ToServer, VERSION, Verb, decode, encode,
};
use lyceum_wire::academy::{Message as Mail, Uuid};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::agents::MAILBOX;
use crate::raw::packed;

/// The server.
pub(crate) struct Script {
    listener: TcpListener,
    address: SocketAddr,
}

/// Its side of a link.
pub(crate) struct Side {
    socket: WebSocketStream<TcpStream>,
    came: Bytes,
    /// How many messages the node has said that it took.
    pub(crate) received: u32,
}

impl Script {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("exchange://{}", self.address)
    }

    /// Lets a node in.
    pub(crate) async fn accept(&self) -> Side {
        let (stream, _) = self.listener.accept().await.unwrap();
        let socket = accept_async(stream).await.unwrap();
        let mut side = Side { socket, came: Bytes::new(), received: 0 };
        side.say(&ToClient::Welcome { version: VERSION, message_limit: 1 << 20 }, b"").await;
        assert_eq!(side.next().await.head, ToServer::Hello { version: VERSION });
        side
    }

    /// Does not let a node in.
    pub(crate) async fn reject(&self) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    }
}

impl Side {
    pub(crate) async fn say(&mut self, head: &ToClient, body: &[u8]) {
        let mut bytes = BytesMut::new();
        encode(head, body, &mut bytes).unwrap();
        self.socket.send(Message::Binary(bytes.freeze())).await.unwrap();
    }

    /// Returns the next frame.
    pub(crate) async fn next(&mut self) -> Frame<ToServer> {
        loop {
            if let Some(frame) = decode(&mut self.came, 4 << 20).unwrap() {
                return frame;
            }
            match self.socket.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => self.came = bytes,
                other => drop(other),
            }
        }
    }

    /// Returns the next question that matters: what a node does besides is let pass.
    pub(crate) async fn asked(&mut self) -> (u32, Verb, Bytes) {
        loop {
            let frame = self.next().await;
            match frame.head {
                ToServer::Ask { id, verb: Verb::Beat { .. } | Verb::Register { .. } } => {
                    self.done(id).await;
                }
                ToServer::Ask { id, verb: Verb::Lease { mailbox, .. } } if mailbox != MAILBOX => {
                    self.leased(id).await;
                }
                ToServer::Ask { id, verb } => return (id, verb, frame.body),
                ToServer::Received { credit, .. } => self.received += credit,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Takes in what the node has received, until there is so much.
    pub(crate) async fn received(&mut self, count: u32) {
        while self.received < count {
            if let ToServer::Received { credit, .. } = self.next().await.head {
                self.received += credit;
            }
        }
    }

    pub(crate) async fn done(&mut self, id: u32) {
        self.say(&ToClient::Done { ids: vec![id] }, b"").await;
    }

    pub(crate) async fn refuse(&mut self, id: u32, code: Code) {
        let said = Said::Refused { code, text: "not now".into() };
        self.say(&ToClient::Answer { id, said }, b"").await;
    }

    pub(crate) async fn leased(&mut self, id: u32) {
        let said = Said::Leased { generation: 1 };
        self.say(&ToClient::Answer { id, said }, b"").await;
    }

    /// Returns the number of the question for the mailbox, which begins anew or does not.
    pub(crate) async fn lease(&mut self, is_resumed: bool) -> u32 {
        let (id, verb, _) = self.asked().await;
        match verb {
            Verb::Lease { mailbox: MAILBOX, resume, .. } if resume.is_some() == is_resumed => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn deliver(&mut self, sequence: u64, mail: &Mail) {
        let mailbox: Uuid = MAILBOX;
        let head = ToClient::Deliver { mailbox, generation: 1, sequence, attempt: 1 };
        self.say(&head, &packed(mail)).await;
    }

    /// Returns the next message that is put.
    pub(crate) async fn put(&mut self) -> (u32, Bytes) {
        let (id, verb, body) = self.asked().await;
        assert!(matches!(verb, Verb::Put { .. }), "{verb:?}");
        (id, body)
    }
}
