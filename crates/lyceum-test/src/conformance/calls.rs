//! Calls, and what becomes of them.

use std::time::Duration;

use futures_util::future::join_all;
use lyceum::exchange::AgentFilter;
use lyceum::network::NetworkExt;
use lyceum::{CallError, Handle};

use super::bed::Bed;
use super::probe::{Probe, Refused};

/// Delivery, and every kind of answer.
pub async fn calls_tells_and_errors_are_delivered(bed: &Bed) {
    let (_server, _client, probe) = bed.pair().await;
    assert_eq!(probe.note(1).await.unwrap(), 1);
    probe.note(2).tell().await.unwrap();
    assert_eq!(probe.noted().await.unwrap(), [1, 2]);
    let refused = probe.refuse(9, 4).await.unwrap_err();
    assert!(matches!(refused, CallError::Action(Refused::TooLarge { limit: 4 })), "{refused:?}");
    let panicked = probe.panic().await.unwrap_err();
    assert!(matches!(panicked, CallError::Panicked(_)), "{panicked}");
    let any = probe.any();
    let unknown = any.call("sing", vec![1].into()).await.unwrap_err();
    assert!(matches!(unknown, CallError::UnknownAction(_)), "{unknown}");
    let bad = any.call("note", vec!["one"].into()).await.unwrap_err();
    assert!(matches!(&bad, CallError::BadArguments(_)), "{bad}");
    assert!(bad.to_string().contains("`number`"), "{bad}");
}

/// Order of one sender, by calls and one-way messages.
pub async fn messages_of_one_sender_keep_their_order(bed: &Bed) {
    let (_server, client, probe) = bed.pair().await;
    let sending = probe.clone();
    let sender = client.spawn(async move {
        let calls: Vec<_> = (0..1000).map(|number| sending.note(number).send()).collect();
        join_all(calls).await.into_iter().all(|result| result.is_ok())
    });
    assert_eq!(sender.await, Some(true));
    assert_eq!(probe.noted().await.unwrap(), (0..1000).collect::<Vec<_>>());
}

/// Deadlines here, there, and at third parties.
pub async fn deadlines_end_calls_and_are_inherited(bed: &Bed) {
    let (_server, client, probe) = bed.pair().await;
    let late = probe.occupy(300).timeout(Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(late, CallError::Timeout(_)), "{late}");
    let left = probe.time_left().timeout(Duration::from_secs(9)).await.unwrap().unwrap();
    assert!((1_000..=9_000).contains(&left), "{left}");
    let own = client.launch(Probe::default()).await.unwrap();
    let asked = probe.time_left_at(own).timeout(Duration::from_secs(8)).await.unwrap();
    assert!((1_000..=8_000).contains(&asked.unwrap()), "{asked:?}");
    assert_eq!(probe.note(1).await.unwrap(), 1, "the agent lives on");
}

/// Giving up.
pub async fn queued_call_that_is_given_up_never_runs(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    let busy = probe.occupy(300).send();
    let own: Handle<Probe> = server.find().name("probe").unwrap();
    while own.stats().await.unwrap().in_progress == 0 {
        client.sleep(Duration::from_millis(1)).await;
    }
    let given_up = probe.note(1).send();
    while own.stats().await.unwrap().queued == 0 {
        client.sleep(Duration::from_millis(1)).await;
    }
    drop(given_up);
    busy.await.unwrap();
    assert_eq!(probe.note(2).await.unwrap(), 1);
}

/// Bounds.
pub async fn full_mailbox_gives_the_message_back(bed: &Bed) {
    let (server, client, _) = bed.pair().await;
    let small = server.launch(Probe::default()).mailbox(1).overflow(lyceum::Overflow::Fail);
    let small = small.await.unwrap();
    let own = client.launch(Probe::default()).await.unwrap();
    let busy = small.occupy(200).send();
    let calls: Vec<_> = (0..20).map(|number| small.note(number).send()).collect();
    let here = join_all(calls).await;
    let full = |error: &CallError| matches!(error, CallError::Overloaded(_));
    assert!(here.iter().any(|result| result.as_ref().is_err_and(full)));
    busy.await.unwrap();
    drop(own);
}

/// Chains of calls.
pub async fn chain_that_comes_back_is_found(bed: &Bed) {
    let (_server, client, probe) = bed.pair().await;
    let own = client.launch(Probe::default()).await.unwrap();
    assert_eq!(probe.pass(own.clone(), 4).await.unwrap(), 1, "the server calls the client");
    let around = own.around(probe, own.clone()).await.unwrap_err();
    assert!(around.to_string().contains("would wait for itself"), "{around}");
    assert_eq!(own.noted().await.unwrap(), [4]);
}

/// Status, description, discovery.
pub async fn agents_are_described_and_found(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    probe.ping().await.unwrap();
    assert_eq!(probe.status().await.unwrap().kind, "Probe");
    assert!(probe.describe().await.unwrap().action("note").is_some());
    server.launch(Probe::default()).named("other").attribute("room", "7").await.unwrap();
    let network = client.network();
    let count =
        async |filter: AgentFilter| network.agents(server.endpoint(), filter).await.unwrap().len();
    let in_room =
        AgentFilter { attributes: vec![("room".into(), "7".into())], ..AgentFilter::default() };
    assert_eq!(count(AgentFilter::default()).await, 2);
    assert_eq!(count(in_room).await, 1);
    let kind = Some("Clerk".into());
    assert_eq!(count(AgentFilter { kind, ..AgentFilter::default() }).await, 0);
}
