//! What strangers may do to the server by its link.

use bytes::BytesMut;
use futures_util::SinkExt;
use lyceum_wire::academy::link::{Said, ToClient, ToServer, Verb, encode};
use lyceum_wire::academy::{Body, EntityId, Message as Mail, Uuid, link::Packed};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::house::{House, Plan};
use crate::raw::{Raw, entity, request};

#[tokio::test]
async fn what_is_no_frame_ends_the_link_with_a_reason() {
    let house = House::open().await;
    let mut raw = Raw::greeted(&house).await;
    raw.0.send(Message::Binary(b"\xff\xff\xff\xff".to_vec().into())).await.unwrap();
    let reason = raw.goodbye().await;
    assert!(reason.contains("expected frames of at most"), "{reason}");

    let mut raw = Raw::open(&house).await;
    raw.say(&ToServer::Hello { version: 9 }, b"").await;
    assert!(raw.goodbye().await.contains("a greeting of version 1"));

    let mut raw = Raw::greeted(&house).await;
    raw.0.send(Message::Text("{}".into())).await.unwrap();
    assert!(raw.goodbye().await.contains("binary messages"));
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_refused_and_the_link_goes_on() {
    let house = House::open().await;
    let mut raw = Raw::greeted(&house).await;
    let put = || Verb::Put { generation: None, durable: false, time_left_millis: None };
    raw.ask(1, put(), b"\x01nonsense").await;
    assert!(matches!(raw.next().await[..], [ToClient::Answer { id: 1, .. }]));

    let me = EntityId::agent(Uuid::from_u128(1), None);
    raw.ask(2, Verb::Register { mailbox: me.clone(), classes: None }, b"").await;
    assert_eq!(raw.next().await, [ToClient::Done { ids: vec![2] }]);
    let mut body = BytesMut::new();
    Packed::write(&Mail::request(me.clone(), me, Uuid::from_u128(3), Body::PingRequest), &mut body);
    raw.ask(3, put(), &body).await;
    assert_eq!(raw.next().await, [ToClient::Done { ids: vec![3] }]);
    house.close().await.unwrap();
}

#[tokio::test]
async fn no_more_messages_come_than_there_is_credit_for() {
    let house = House::open().await;
    let mut raw = Raw::greeted(&house).await;
    let (me, mailbox) = (EntityId::agent(Uuid::from_u128(1), None), Uuid::from_u128(1));
    raw.ask(1, Verb::Register { mailbox: me.clone(), classes: None }, b"").await;
    raw.next().await;
    for tag in 0..3 {
        let ping = Mail::request(me.clone(), me.clone(), Uuid::from_u128(tag), Body::PingRequest);
        let mut body = BytesMut::new();
        Packed::write(&ping, &mut body);
        let put = Verb::Put { generation: None, durable: false, time_left_millis: None };
        raw.ask(2, put, &body).await;
        raw.next().await;
    }

    raw.ask(3, Verb::Lease { mailbox, resume: None, credit: 2 }, b"").await;
    let mut frames = raw.next().await;
    while frames.len() < 3 {
        frames.extend(raw.next().await);
    }
    let delivered = frames.iter().filter(|frame| matches!(frame, ToClient::Deliver { .. }));
    assert_eq!(delivered.count(), 2, "{frames:?}");
    raw.say(&ToServer::Received { mailbox, generation: 1, answers: vec![], credit: 1 }, b"").await;
    assert!(matches!(raw.next().await[..], [ToClient::Deliver { .. }]));
    house.close().await.unwrap();
}

/// Browsers let any page open a WebSocket to this machine, and only say where the page is from.
#[tokio::test]
async fn pages_of_browsers_are_not_let_in() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let house = House::open().await;
    let stream = TcpStream::connect(house.address).await.unwrap();
    let mut request = format!("ws://{}/link", house.address).into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    let error = client_async(request, stream).await.unwrap_err().to_string();
    assert!(error.contains("403"), "{error}");
    house.close().await.unwrap();
}

fn ping(from: u128, to: u128, tag: u128) -> Mail {
    Mail::request(entity(from), entity(to), Uuid::from_u128(tag), Body::PingRequest)
}

fn is_deliver(frame: &ToClient) -> bool {
    matches!(frame, ToClient::Deliver { .. })
}

/// A link that was dead and not known to be took messages into the void, and its end took the
/// mailbox from the program that had come back on another one.
#[tokio::test]
async fn a_dead_link_takes_nothing_from_the_one_that_resumed() {
    let house = House::open().await;
    let (mut dead, mut alive) = (Raw::greeted(&house).await, Raw::greeted(&house).await);
    dead.register([1]).await;
    let uid = Uuid::from_u128(1);
    dead.ask(2, Verb::Lease { mailbox: uid, resume: None, credit: 64 }, b"").await;
    dead.until(|frame| matches!(frame, ToClient::Answer { id: 2, .. })).await;

    let resume = Some(lyceum_wire::academy::link::Resume { generation: 1, held: vec![] });
    alive.ask(3, Verb::Lease { mailbox: uid, resume, credit: 64 }, b"").await;
    alive.until(|frame| matches!(frame, ToClient::Answer { id: 3, .. })).await;
    // What rings the dead one's bell: it still believes that it has the mailbox.
    dead.say(&ToServer::Received { mailbox: uid, generation: 1, answers: vec![], credit: 1 }, b"")
        .await;
    dead.until(|frame| matches!(frame, ToClient::Lost { .. })).await;
    alive.put(4, &ping(1, 1, 9)).await;
    alive.until(is_deliver).await;
    drop(dead);
    house.pass(std::time::Duration::from_secs(60));

    alive.put(5, &ping(1, 1, 10)).await;
    alive.until(is_deliver).await;
    house.close().await.unwrap();
}

/// An answer waited behind requests that had found no room in the mailbox of who waited for it.
#[tokio::test]
async fn a_full_mailbox_does_not_hold_up_an_answer() {
    let mut plan = Plan::default();
    plan.settings.limits.messages_per_mailbox = 1;
    let house = House::build(plan).await;
    let mut raw = Raw::greeted(&house).await;
    raw.register([1]).await;
    raw.register([2]).await;
    let request = ping(1, 2, 7);
    raw.put(2, &request).await;
    raw.until(|frame| *frame == ToClient::Done { ids: vec![2] }).await;
    raw.put(3, &ping(2, 1, 8)).await;
    raw.until(|frame| *frame == ToClient::Done { ids: vec![3] }).await;

    raw.put(4, &ping(2, 1, 9)).await;
    raw.put(5, &request.answer(Body::SuccessResponse)).await;

    raw.until(|frame| *frame == ToClient::Done { ids: vec![5] }).await;
    house.close().await.unwrap();
}

/// A cancellation waited behind requests that had found no room, and so it came when there was
/// nothing left to cancel.
#[tokio::test]
async fn a_full_mailbox_does_not_hold_up_a_cancellation() {
    let mut plan = Plan::default();
    plan.settings.limits.messages_per_mailbox = 1;
    let house = House::build(plan).await;
    let mut raw = Raw::greeted(&house).await;
    raw.register([1, 2]).await;
    let generation = raw.lease(2, 1).await;
    assert_eq!(generation, 1);
    raw.put(1, &ping(1, 2, 7)).await;
    raw.until(is_deliver).await;
    raw.put(2, &ping(1, 2, 8)).await;
    raw.until(|frame| *frame == ToClient::Done { ids: vec![2] }).await;
    raw.put(3, &ping(1, 2, 9)).await;
    let cancel = |target, tag| {
        let body = Body::CancelRequest { target_tag: Uuid::from_u128(target) };
        request((1, 2), tag, body)
    };

    // The one that waits beside the mailbox is withdrawn, and its cancellation cancels nothing.
    raw.put(4, &cancel(9, 10)).await;
    let is_refused =
        |frame: &ToClient| matches!(frame, ToClient::Answer { id: 3, said: Said::Refused { .. } });
    raw.until(is_refused).await;
    // That of what was taken comes without credit; that of what was not waits behind it.
    raw.put(5, &cancel(8, 11)).await;
    raw.until(|frame| *frame == ToClient::Done { ids: vec![5] }).await;
    raw.put(6, &cancel(7, 12)).await;
    let frames = raw.until(is_deliver).await;
    let sequence = |frame: &ToClient| match frame {
        ToClient::Deliver { sequence, .. } => Some(*sequence),
        _ => None,
    };
    let first: Vec<u64> = frames.iter().filter_map(sequence).collect();
    let more =
        ToServer::Received { mailbox: Uuid::from_u128(2), generation, answers: vec![], credit: 3 };
    raw.say(&more, b"").await;
    let mut later = Vec::new();
    while later.len() < 2 {
        later.extend(raw.next().await.iter().filter_map(sequence));
    }
    assert!(first.len() == 1 && later[0] < later[1] && later[1] < first[0], "{first:?} {later:?}");
    house.close().await.unwrap();
}

/// The answer had a name in it that this wire does not have, and was never sent.
#[tokio::test]
async fn an_agent_with_a_name_that_is_too_long_is_found_without_it() {
    let house = House::open().await;
    let name = "n".repeat(5_000);
    let entity = json!({ "uid": Uuid::from_u128(1), "name": name, "role": "agent" }).to_string();
    let body = json!({ "mailbox": entity, "agent": "app.Clerk" }).to_string();
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let request = format!(
        "POST /mailbox HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");

    let mut raw = Raw::greeted(&house).await;
    let discover = Verb::Discover { class: "app.Clerk".into(), with_descendants: false };
    raw.ask(1, discover, b"").await;

    let frames = raw.next().await;
    let [ToClient::Answer { said: Said::Found(found), .. }] = &frames[..] else {
        panic!("{frames:?}");
    };
    assert_eq!((found[0].uid, &found[0].name), (Uuid::from_u128(1), &None));
    house.close().await.unwrap();
}

/// Thousands of questions in one message were all answered before any answer was sent.
#[tokio::test]
async fn many_questions_in_one_message_are_answered_in_order() {
    let house = House::open().await;
    let mut raw = Raw::greeted(&house).await;
    let mut bytes = BytesMut::new();
    for id in 0..20_000 {
        let verb = Verb::Statistics { mailbox: Uuid::from_u128(1) };
        encode(&ToServer::Ask { id, verb }, b"", &mut bytes).unwrap();
    }
    raw.0.send(Message::Binary(bytes.freeze())).await.unwrap();
    let mut next = 0;
    while next < 20_000 {
        for frame in raw.next().await {
            assert!(matches!(frame, ToClient::Answer { id, .. } if id == next), "{frame:?}");
            next += 1;
        }
    }
    house.close().await.unwrap();
}
