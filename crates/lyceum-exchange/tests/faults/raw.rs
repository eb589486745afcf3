//! A peer that says what it likes.

use bytes::{Bytes, BytesMut};
use lyceum::network::ByteStream;
use lyceum_test::SimulatedNetwork;
use lyceum_wire::link::{
    ActionKey, Call, Decoder, Encoder, Frame, Head, Hello, Message, PREFACE, agree,
};
use lyceum_wire::{AgentKey, Encoding, NodeId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The other end of a channel, by hand.
pub(super) struct Raw {
    pub(super) stream: Box<dyn ByteStream>,
    decoder: Decoder,
    received: BytesMut,
}

impl Raw {
    pub(super) async fn dial(network: &SimulatedNetwork) -> Self {
        let stream = network.run(network.dial("stranger", "sim://server")).await.unwrap();
        Self { stream, decoder: Decoder::new(), received: BytesMut::new() }
    }

    /// Dials and shakes hands.
    pub(super) async fn greeted(network: &SimulatedNetwork) -> Self {
        let mut raw = Self::dial(network).await;
        network.run(raw.greet(Hello::new(NodeId::new(5)))).await;
        raw
    }

    pub(super) async fn greet(&mut self, hello: Hello) {
        self.write(&PREFACE).await;
        self.say(&Head::Hello(Box::new(hello.clone())), &[]).await;
        let Some(Frame { head: Head::Hello(theirs), .. }) = self.hear().await else {
            panic!("expected a hello")
        };
        let terms = agree(&hello, &theirs).unwrap();
        self.decoder.set_frame_limit(terms.frame_limit);
        self.say(&Head::Welcome(Box::new(terms)), &[]).await;
        let heard = self.hear().await.map(|frame| frame.head);
        assert!(matches!(heard, Some(Head::Welcome(_))), "{heard:?}");
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) {
        // The other side may have closed it: what it says then is what counts.
        let _ = self.stream.write_all(bytes).await;
    }

    pub(super) async fn say(&mut self, head: &Head, body: &[u8]) {
        let mut bytes = BytesMut::new();
        Encoder::default().encode(head, body, &mut bytes).unwrap();
        self.write(&bytes).await;
    }

    /// Returns the next frame; none if the channel is closed.
    pub(super) async fn hear(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.decoder.decode(&mut self.received).unwrap() {
                return Some(frame);
            }
            match self.stream.read_buf(&mut self.received).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Returns what is heard until the channel is closed, but for pings.
    pub(super) async fn hear_all(&mut self) -> Vec<Head> {
        let mut all = Vec::new();
        while let Some(frame) = self.hear().await {
            if !matches!(frame.head, Head::Ping { .. } | Head::Interest { .. }) {
                all.push(frame.head);
            }
        }
        all
    }

    /// Returns the next answer to a call.
    pub(super) async fn answer(&mut self) -> Message {
        loop {
            let Frame { head, body, .. } = self.hear().await.expect("the channel is open");
            if matches!(head, Head::Answer(_)) {
                return Message::with_body(head, body);
            }
        }
    }
}

/// A call of the clerk's `note`.
pub(super) fn note(id: u64, number: u64) -> (Head, Bytes) {
    call(id, "clerk", "note", &[number])
}

pub(super) fn call(id: u64, agent: &str, action: &str, arguments: &[u64]) -> (Head, Bytes) {
    let to: AgentKey = agent.parse().unwrap();
    let (encoding, body) = Encoding::JSON.encode(&arguments).unwrap();
    (Head::Call(Call::new(id, to, ActionKey::Name(action.into()), encoding)), body.into())
}
