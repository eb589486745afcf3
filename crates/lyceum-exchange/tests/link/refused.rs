//! What a server refuses for now is not lost.

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Registered};
use lyceum_wire::academy::Body;
use lyceum_wire::academy::link::{Code, Verb};

use crate::agents::{Clerk, Doomed, MAILBOX};
use crate::raw::request;
use crate::script::{Script, Side};

/// A node whose agent has the mailbox on the server.
async fn serving(script: &Script) -> (Doomed, Handle<Clerk>, Registered, Side) {
    let doomed = Doomed::new();
    let clerk = doomed.node.launch(Clerk::default()).await.unwrap();
    let registered =
        doomed.node.register_mailbox(&script.url(), &clerk.any()).id(MAILBOX).keep();
    let serving = async {
        let mut side = script.accept().await;
        side.register().await;
        side
    };
    let (mailbox, side) = tokio::join!(registered, serving);
    (doomed, clerk, mailbox.unwrap(), side)
}

/// The answer was thrown away: the server kept the request as taken, and its caller waited for ever.
#[tokio::test]
async fn an_answer_that_finds_no_space_is_sent_again() {
    let script = Script::open().await;
    let (_doomed, _clerk, _mailbox, mut side) = serving(&script).await;
    let id = side.lease(false).await;
    side.leased(id).await;
    side.deliver(1, &request((1, 7), 10, Body::PingRequest)).await;
    for code in [Code::StorageFull, Code::Overloaded, Code::Unavailable] {
        let (id, _) = side.put().await;
        side.refuse(id, code).await;
    }
    let (id, _) = side.put().await;
    side.done(id).await;
}

/// A server that did not let the node in for a while had all answers thrown away, and those
/// requests were never answered.
#[tokio::test]
async fn an_answer_outlives_a_refusal_at_the_door() {
    let script = Script::open().await;
    let (_doomed, _clerk, _mailbox, mut side) = serving(&script).await;
    let id = side.lease(false).await;
    side.leased(id).await;
    side.deliver(1, &request((1, 7), 10, Body::PingRequest)).await;
    let (_, answer) = side.put().await;
    drop(side);

    script.reject().await;
    let mut side = script.accept().await;

    let id = side.lease(true).await;
    side.leased(id).await;
    assert_eq!(side.put().await.1, answer);
}

/// An answer of a former hold was refused as stale, and the request, which had come again meanwhile,
/// was taken for one that is being served.
#[tokio::test]
async fn a_request_that_came_again_is_answered_again() {
    let script = Script::open().await;
    let (_doomed, _clerk, _mailbox, mut side) = serving(&script).await;
    let id = side.lease(false).await;
    side.leased(id).await;
    let ping = request((1, 7), 10, Body::PingRequest);
    side.deliver(1, &ping).await;
    let (first, answer) = side.put().await;
    side.refuse(first, Code::Stale).await;

    side.deliver(1, &ping).await;

    let (id, again) = side.put().await;
    assert_eq!(again, answer);
    side.done(id).await;
}

/// A mailbox that the server could not give back just now was held anew, and so its former holder,
/// which was this very node, had lost all that it was doing.
#[tokio::test]
async fn a_mailbox_that_cannot_be_resumed_now_is_resumed_later() {
    let script = Script::open().await;
    let (_doomed, _clerk, _mailbox, mut side) = serving(&script).await;
    let id = side.lease(false).await;
    side.leased(id).await;
    side.deliver(1, &request((1, 7), 10, Body::PingRequest)).await;
    side.put().await;
    drop(side);

    let mut side = script.accept().await;
    let id = side.lease(true).await;
    side.refuse(id, Code::Overloaded).await;
    side.put().await;

    let id = side.lease(true).await;
    side.leased(id).await;
}

/// Requests that came twice used up credit that was never given back.
#[tokio::test]
async fn messages_that_nobody_takes_give_their_credit_back() {
    let script = Script::open().await;
    let (_doomed, _clerk, _mailbox, mut side) = serving(&script).await;
    let id = side.lease(false).await;
    side.leased(id).await;
    let ping = request((1, 7), 10, Body::PingRequest);
    for _ in 0..=512 {
        side.deliver(1, &ping).await;
    }
    side.received(512).await;
}

/// A mailbox that was left before the server had given it out was given out to nobody.
#[tokio::test]
async fn a_mailbox_that_nobody_wants_any_more_is_released() {
    let script = Script::open().await;
    let (_doomed, clerk, mailbox, mut side) = serving(&script).await;
    let lease = side.lease(false).await;
    drop(clerk.stop());
    let (last, _) = side.put().await;
    side.refuse(last, Code::Invalid).await;
    mailbox.ended().await;

    side.leased(lease).await;

    let (_, verb, _) = side.asked().await;
    assert_eq!(verb, Verb::Release { mailbox: MAILBOX, generation: 1 });
}
