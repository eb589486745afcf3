//! A link, frame by frame.

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use lyceum_wire::academy::link::{Packed, Said, ToClient, ToServer, VERSION, Verb, decode, encode};
use lyceum_wire::academy::{Body, EntityId, Message as Mail, Uuid};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::house::House;

/// A link, frame by frame.
pub(crate) struct Raw(pub(crate) WebSocketStream<TcpStream>);

impl Raw {
    pub(crate) async fn open(house: &House) -> Self {
        let stream = TcpStream::connect(house.address).await.unwrap();
        let uri = format!("ws://{}/link", house.address);
        let mut raw = Self(client_async(uri, stream).await.unwrap().0);
        assert!(matches!(raw.next().await[..], [ToClient::Welcome { version: VERSION, .. }]));
        raw
    }

    pub(crate) async fn greeted(house: &House) -> Self {
        let mut raw = Self::open(house).await;
        raw.say(&ToServer::Hello { version: VERSION }, b"").await;
        raw
    }

    pub(crate) async fn say(&mut self, head: &ToServer, body: &[u8]) {
        let mut bytes = BytesMut::new();
        encode(head, body, &mut bytes).unwrap();
        self.0.send(Message::Binary(bytes.freeze())).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, id: u32, verb: Verb, body: &[u8]) {
        self.say(&ToServer::Ask { id, verb }, body).await;
    }

    /// Makes mailboxes by the numbers, which this link does not hold.
    pub(crate) async fn register(&mut self, numbers: impl IntoIterator<Item = u128>) {
        for number in numbers {
            let mailbox = entity(number);
            self.ask(0, Verb::Register { mailbox, classes: None }, b"").await;
            assert_eq!(self.next().await, [ToClient::Done { ids: vec![0] }]);
        }
    }

    /// Holds a mailbox anew, and returns the generation.
    pub(crate) async fn lease(&mut self, number: u128, credit: u32) -> u64 {
        let mailbox = Uuid::from_u128(number);
        self.ask(0, Verb::Lease { mailbox, resume: None, credit }, b"").await;
        match self.next().await[..] {
            [ToClient::Answer { id: 0, said: Said::Leased { generation } }, ..] => generation,
            ref other => panic!("{other:?}"),
        }
    }

    /// Puts a message.
    pub(crate) async fn put(&mut self, id: u32, mail: &Mail) {
        let put = Verb::Put { generation: None, durable: false, time_left_millis: None };
        self.ask(id, put, &packed(mail)).await;
    }

    /// Takes in frames until that one came, and returns all of them.
    pub(crate) async fn until(&mut self, is_it: impl Fn(&ToClient) -> bool) -> Vec<ToClient> {
        let mut all = Vec::new();
        while !all.iter().any(&is_it) {
            let next = self.next().await;
            assert!(!next.is_empty(), "the link ended after {all:?}");
            all.extend(next);
        }
        all
    }

    /// Returns the frames of the next message; none at the end.
    pub(crate) async fn next(&mut self) -> Vec<ToClient> {
        while let Some(Ok(message)) = self.0.next().await {
            let Message::Binary(mut bytes) = message else { continue };
            assert!(bytes.len() < 2 << 20, "a message of {} bytes", bytes.len());
            let mut frames = Vec::new();
            while let Some(frame) = decode::<ToClient>(&mut bytes, 4 << 20).unwrap() {
                frames.push(frame.head);
            }
            return frames;
        }
        Vec::new()
    }

    /// Returns why the server ends the link.
    pub(crate) async fn goodbye(&mut self) -> String {
        match &self.next().await[..] {
            [ToClient::Goodbye { reason }] => reason.clone(),
            other => panic!("{other:?}"),
        }
    }
}

/// Returns the id of a mailbox.
pub(crate) fn entity(number: u128) -> EntityId {
    EntityId::agent(Uuid::from_u128(number), None)
}

/// Returns a request from one mailbox to another.
pub(crate) fn request((from, to): (u128, u128), tag: u128, body: Body) -> Mail {
    Mail::request(entity(from), entity(to), Uuid::from_u128(tag), body)
}

/// Returns a body of so many bytes.
pub(crate) fn long(bytes: usize) -> Body {
    use lyceum_wire::academy::{ActionRequest, Serialization};
    Body::ActionRequest(ActionRequest {
        action: "echo".into(),
        serialization: Serialization::Json,
        result_serialization: None,
        exception_serialization: None,
        pargs: format!("[\"{}\"]", "x".repeat(bytes)),
        kargs: "{}".into(),
        time_left_millis: None,
    })
}

/// Returns a message as the link carries it.
pub(crate) fn packed(mail: &Mail) -> BytesMut {
    let mut body = BytesMut::new();
    Packed::write(mail, &mut body);
    body
}
