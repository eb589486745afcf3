//! The frames between a node and the exchange server.

use bytes::{Bytes, BytesMut};
use lyceum_wire::academy::link::{
    Code, FrameError, HELD_LIMIT, Packed, Resume, Said, Statistics, ToClient, ToServer, Verb, Why,
    decode, encode,
};
use lyceum_wire::academy::{ActionRequest, Body, EntityId, Kind, Message, Serialization, Uuid};

const LIMIT: usize = 1 << 20;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn put() -> ToServer {
    let verb = Verb::Put { generation: Some(3), durable: true, time_left_millis: Some(250) };
    ToServer::Ask { id: 1, verb }
}

fn to_server() -> Vec<ToServer> {
    let mailbox = id(7);
    let resume = Some(Resume { generation: 3, held: vec![1, u64::MAX] });
    let name = EntityId::agent(mailbox, Some("clerk".into()));
    let verbs = [
        Verb::Register { mailbox: name, classes: Some(vec!["app.Clerk".into()]) },
        Verb::Lease { mailbox, resume, credit: 64 },
        Verb::Release { mailbox, generation: 3 },
        Verb::Terminate { mailbox },
        Verb::Beat { mailbox },
        Verb::LastBeat { mailbox },
        Verb::Statistics { mailbox },
        Verb::Find { name: "clerk".into() },
        Verb::Discover { class: "app.Clerk".into(), with_descendants: true },
    ];
    let asked = verbs.into_iter().enumerate();
    let asked = asked.map(|(id, verb)| ToServer::Ask { id: id as u32, verb });
    let received = ToServer::Received { mailbox, generation: 3, answers: vec![5], credit: 2 };
    [ToServer::Hello { version: 1 }, received].into_iter().chain(asked).collect()
}

fn to_client() -> Vec<ToClient> {
    let mailbox = id(7);
    let said = [
        Said::Leased { generation: 4 },
        Said::LastBeat { millis: None },
        Said::Statistics(Statistics { incoming: 1, ..Statistics::default() }),
        Said::Found(vec![EntityId::agent(mailbox, None)]),
        Said::Refused { code: Code::Stale, text: "generation 3".into() },
    ];
    let answers = said.into_iter().map(|said| ToClient::Answer { id: 9, said });
    let rest = [
        ToClient::Welcome { version: 1, message_limit: 9 },
        ToClient::Done { ids: vec![1, 2] },
        ToClient::Lost { mailbox, generation: 3, why: Why::Replaced },
        ToClient::Goodbye { reason: "the server is ending".into() },
    ];
    answers.chain(rest).collect()
}

#[test]
fn frames_of_one_message_come_back_one_by_one() {
    let mut bytes = BytesMut::new();
    for head in to_server() {
        encode(&head, b"", &mut bytes).unwrap();
    }
    encode(&put(), b"body", &mut bytes).unwrap();
    let mut bytes = bytes.freeze();
    for head in to_server() {
        let frame = decode::<ToServer>(&mut bytes, LIMIT).unwrap().unwrap();
        assert_eq!((frame.head, frame.body), (head, Bytes::new()));
    }
    let frame = decode::<ToServer>(&mut bytes, LIMIT).unwrap().unwrap();
    assert_eq!((frame.head, &frame.body[..]), (put(), &b"body"[..]));
    assert_eq!(decode::<ToServer>(&mut bytes, LIMIT).unwrap(), None);
    for head in to_client() {
        let mut bytes = BytesMut::new();
        encode(&head, b"", &mut bytes).unwrap();
        let frame = decode::<ToClient>(&mut bytes.freeze(), LIMIT).unwrap().unwrap();
        assert_eq!(frame.head, head);
    }
}

#[test]
fn a_frame_that_is_cut_off_anywhere_is_an_error() {
    let mut bytes = BytesMut::new();
    encode(&put(), b"body", &mut bytes).unwrap();
    let bytes = bytes.freeze();
    for end in 1..bytes.len() {
        let error = decode::<ToServer>(&mut bytes.slice(..end), LIMIT).unwrap_err();
        assert!(matches!(error, FrameError::Truncated { .. }), "{end}: {error}");
    }
}

#[test]
fn what_is_too_long_is_refused_by_both_sides() {
    let mut long = Bytes::from_static(b"\xff\xff\xff\x7f\x00");
    let error = decode::<ToServer>(&mut long, LIMIT).unwrap_err();
    assert!(matches!(error, FrameError::TooLong { .. }), "{error}");
    let resume = Some(Resume { generation: 1, held: vec![0; HELD_LIMIT + 1] });
    let verb = Verb::Lease { mailbox: id(1), resume, credit: 1 };
    let mut bytes = BytesMut::new();
    let error = encode(&ToServer::Ask { id: 1, verb }, b"", &mut bytes).unwrap_err();
    assert!(matches!(error, FrameError::OutOfBounds { .. }), "{error}");
    assert!(bytes.is_empty());
}

#[test]
fn a_list_that_lies_about_its_length_allocates_nothing_for_it() {
    // `Done` with a list of 2^63 numbers, of which none is there.
    let lie = b"\x0c\0\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00";
    let error = decode::<ToClient>(&mut Bytes::from_static(lie), LIMIT).unwrap_err();
    assert!(matches!(error, FrameError::Head { .. }), "{error}");
}

#[test]
fn bodies_belong_to_messages_alone() {
    let mut bytes = BytesMut::new();
    let error = encode(&ToServer::Hello { version: 1 }, b"x", &mut bytes).unwrap_err();
    assert_eq!(error, FrameError::Body);
    encode(&put(), b"", &mut bytes).unwrap();
    assert_eq!(decode::<ToServer>(&mut bytes.freeze(), LIMIT).unwrap_err(), FrameError::Body);
}

fn request() -> Message {
    let body = Body::ActionRequest(ActionRequest {
        action: "add".into(),
        serialization: Serialization::Json,
        result_serialization: None,
        exception_serialization: None,
        pargs: "[\"gr\u{fc}\u{df}\"]".into(),
        kargs: "{}".into(),
        time_left_millis: None,
    });
    let user = EntityId::user(id(1), Some("ada".into()));
    let mut message = Message::request(user, EntityId::agent(id(2), None), id(3), body);
    message.header.label = Some(id(4));
    message
}

#[test]
fn a_packed_message_is_the_same_as_one_in_json() {
    let message = request();
    let mut bytes = BytesMut::new();
    Packed::write(&message, &mut bytes);
    assert!(Packed::is_packed(&bytes) && !Packed::is_packed(b"{}"));
    let packed = Packed::read(&bytes).unwrap();
    assert_eq!(packed.post.kind, Kind::Request);
    let header = &message.header;
    assert_eq!(packed.to_json(header.src.clone(), header.dest.clone()), message.to_json());
    let read = packed.message().unwrap();
    assert_eq!((&read.header.src, read.header.label), (&header.src, header.label));
    assert_eq!(read.body().unwrap(), message.body);
}

#[test]
fn what_is_not_json_never_gets_into_a_packed_message() {
    let mut bytes = BytesMut::new();
    Packed::write(&request(), &mut bytes);
    let whole = bytes.len();
    for end in 0..whole {
        assert!(Packed::read(&bytes[..end]).is_err(), "{end}");
    }
    bytes.extend_from_slice(b"}");
    assert_eq!(Packed::read(&bytes).unwrap_err(), FrameError::Packed);
}

#[test]
fn only_a_request_to_cancel_cancels() {
    let cancels = |body| {
        let (from, to) = (EntityId::user(id(1), None), EntityId::agent(id(2), None));
        let mut bytes = BytesMut::new();
        Packed::write(&Message::request(from, to, id(3), body), &mut bytes);
        Packed::read(&bytes).unwrap().cancels()
    };
    assert_eq!(cancels(Body::CancelRequest { target_tag: id(9) }), Some(id(9)));
    assert_eq!(cancels(Body::PingRequest), None);
}
