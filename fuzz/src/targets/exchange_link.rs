//! Frames between a node and the exchange server, in both directions, and the messages in them.

use bytes::{Bytes, BytesMut};
use lyceum_wire::academy::link::{
    Code, Head, Packed, Resume, Said, Statistics, ToClient, ToServer, Verb, Why, decode, encode,
};
use lyceum_wire::academy::{Body, EntityId, Message, Uuid};

use super::Target;
use crate::Digest;

pub(super) const TO_SERVER: Target = Target {
    name: "exchange_to_server",
    run: take_in::<ToServer>,
    seeds: to_server,
    budget: 1 << 20,
};
pub(super) const TO_CLIENT: Target = Target {
    name: "exchange_to_client",
    run: take_in::<ToClient>,
    seeds: to_client,
    budget: 1 << 20,
};

/// How long frames may be.
const LIMIT: usize = 512 << 10;

fn packed() -> Vec<u8> {
    let mailbox = EntityId::agent(Uuid::from_u128(7), Some("clerk".into()));
    let cancel = Body::CancelRequest { target_tag: Uuid::from_u128(9) };
    let message = Message::request(mailbox.clone(), mailbox, Uuid::from_u128(8), cancel);
    let mut bytes = BytesMut::new();
    Packed::write(&message, &mut bytes);
    bytes.to_vec()
}

fn frame<H: Head>(head: &H, body: &[u8]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    encode(head, body, &mut bytes).expect("it is within bounds");
    bytes.to_vec()
}

fn to_server() -> Vec<Vec<u8>> {
    let mailbox = Uuid::from_u128(7);
    let put = Verb::Put { generation: Some(1), durable: true, time_left_millis: Some(5) };
    let register = Verb::Register {
        mailbox: EntityId::agent(mailbox, Some("clerk".into())),
        classes: Some(vec!["app.Clerk".into()]),
    };
    let resume = Some(Resume { generation: 1, held: vec![1, 2] });
    let lease = Verb::Lease { mailbox, resume, credit: 64 };
    let discover = Verb::Discover { class: "app.Clerk".into(), with_descendants: true };
    let asked = [register, lease, discover].map(|verb| frame(&ToServer::Ask { id: 1, verb }, b""));
    let received = ToServer::Received { mailbox, generation: 1, answers: vec![3], credit: 2 };
    let mut all = vec![
        frame(&ToServer::Hello { version: 1 }, b""),
        frame(&received, b""),
        frame(&ToServer::Ask { id: 2, verb: put }, &packed()),
    ];
    all.extend(asked);
    all.push(all.concat());
    all
}

fn to_client() -> Vec<Vec<u8>> {
    let mailbox = Uuid::from_u128(7);
    let said = [
        Said::Leased { generation: 2 },
        Said::Statistics(Statistics::default()),
        Said::Found(vec![EntityId::agent(mailbox, None)]),
        Said::Refused { code: Code::Stale, text: "no".into() },
    ];
    let mut all: Vec<_> =
        said.map(|said| frame(&ToClient::Answer { id: 1, said }, b"")).into_iter().collect();
    let deliver = ToClient::Deliver { mailbox, generation: 2, sequence: 5, attempt: 1 };
    all.push(frame(&deliver, &packed()));
    all.push(frame(&ToClient::Done { ids: vec![1, 2] }, b""));
    all.push(frame(&ToClient::Lost { mailbox, generation: 2, why: Why::Replaced }, b""));
    all.push(all.concat());
    all
}

/// Reads all frames, and checks that each is read as the same after it was written.
fn take_in<H: Head + PartialEq + std::fmt::Debug>(input: &[u8]) -> Digest {
    let mut bytes = Bytes::copy_from_slice(input);
    let mut came = Vec::new();
    loop {
        match decode::<H>(&mut bytes, LIMIT) {
            Ok(Some(found)) => {
                let written = frame(&found.head, &found.body);
                let again = decode::<H>(&mut written.into(), LIMIT + 64);
                let again = again.expect("what is written can be read").expect("it is whole");
                assert_eq!((&again.head, &again.body), (&found.head, &found.body));
                came.push(read(&found.body));
            }
            Ok(None) => return Digest::of(came),
            Err(error) => return Digest::of((came, error.to_string())),
        }
        came.truncate(4);
    }
}

/// Reads a packed message, as the server and as a node does it.
fn read(body: &[u8]) -> Option<bool> {
    let packed = Packed::read(body).ok()?;
    let entity = EntityId::agent(packed.post.from, None);
    let json = packed.to_json(entity.clone(), entity);
    Message::read(json.as_bytes()).expect("a packed message is one in JSON");
    let is_cancel = packed.cancels().is_some();
    let message = packed.message().expect("it was read just now");
    Some(is_cancel && message.body().is_ok())
}
