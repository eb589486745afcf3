//! What strangers may do to the server by its link.

use bytes::BytesMut;
use futures_util::SinkExt;
use lyceum_wire::academy::link::{ToClient, ToServer, VERSION, Verb};
use lyceum_wire::academy::{Body, EntityId, Message as Mail, Uuid, link::Packed};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::house::House;
use crate::raw::Raw;

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
