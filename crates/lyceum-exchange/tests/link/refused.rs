//! What a server refuses for now is not lost.

use std::future::IntoFuture;

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Registered};
use lyceum_wire::academy::Body;
use lyceum_wire::academy::link::{Code, Verb};

use crate::agents::{Clerk, Doomed, MAILBOX};
use crate::raw::request;
use crate::script::{Script, Side};

/// What a test has of a node whose agent asks for the mailbox on the server.
struct Serving {
    /// Ends the node when it is dropped.
    _doomed: Doomed,
    clerk: Handle<Clerk>,
    mailbox: Registered,
    side: Side,
    /// The question for the mailbox.
    lease: u32,
}

async fn serving(script: &Script) -> Serving {
    let doomed = Doomed::new();
    let clerk = doomed.node.launch(Clerk::default()).await.unwrap();
    let registered = doomed.node.register_mailbox(&script.url(), &clerk.any()).id(MAILBOX).keep();
    let serving = async {
        let mut side = script.accept().await;
        let lease = side.lease(false).await;
        (side, lease)
    };
    let (mailbox, (side, lease)) = tokio::join!(registered.into_future(), serving);
    Serving { _doomed: doomed, clerk, mailbox: mailbox.unwrap(), side, lease }
}

/// The same, and it holds the mailbox.
async fn holding(script: &Script) -> Serving {
    let mut serving = serving(script).await;
    serving.side.leased(serving.lease).await;
    serving
}

/// The answer was thrown away: the server kept the request as taken, and its caller waited for
/// ever.
#[tokio::test]
async fn an_answer_that_finds_no_space_is_sent_again() {
    let script = Script::open().await;
    let Serving { mut side, _doomed, .. } = holding(&script).await;
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
    let Serving { mut side, _doomed, .. } = holding(&script).await;
    side.deliver(1, &request((1, 7), 10, Body::PingRequest)).await;
    let (_, answer) = side.put().await;
    drop(side);

    script.reject().await;
    let mut side = script.accept().await;

    let id = side.lease(true).await;
    side.leased(id).await;
    assert_eq!(side.put().await.1, answer);
}

/// An answer of a former hold was refused as stale, and the request, which had come again
/// meanwhile, was taken for one that is being served.
#[tokio::test]
async fn a_request_that_came_again_is_answered_again() {
    let script = Script::open().await;
    let Serving { mut side, _doomed, .. } = holding(&script).await;
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
    let Serving { mut side, _doomed, .. } = holding(&script).await;
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
    let Serving { mut side, _doomed, .. } = holding(&script).await;
    let ping = request((1, 7), 10, Body::PingRequest);
    for _ in 0..=512 {
        side.deliver(1, &ping).await;
    }
    // Of some at the end the server hears later.
    side.received(512 - 63).await;
}

/// A mailbox that was left before the server had given it out was given out to nobody.
#[tokio::test]
async fn a_mailbox_that_nobody_wants_any_more_is_released() {
    let script = Script::open().await;
    let Serving { mut side, clerk, mailbox, lease, _doomed } = serving(&script).await;
    drop(clerk.stop());
    let (last, _) = side.put().await;
    side.refuse(last, Code::Invalid).await;
    mailbox.ended().await;

    side.leased(lease).await;

    let (_, verb, _) = side.asked().await;
    assert_eq!(verb, Verb::Release { mailbox: MAILBOX, generation: 1 });
}
