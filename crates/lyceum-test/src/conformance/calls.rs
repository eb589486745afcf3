//! Calls, and what becomes of them.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use lyceum::exchange::AgentFilter;
use lyceum::{CallError, Mode};

use super::bed::Bed;
use super::probe::{Probe, Refused};

/// Delivery, and every kind of answer. Over mailboxes, an action's own error, a panic and arguments
/// that do not fit arrived as failures without a type.
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

/// Deadlines here, there, and at third parties. Over mailboxes, agents did not know of any.
pub async fn deadlines_end_calls_and_are_inherited(bed: &Bed) {
    let (_server, client, probe) = bed.pair().await;
    let late = probe.occupy(300).timeout(Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(late, CallError::Timeout(_)), "{late}");
    let left = probe.time_left().timeout(Duration::from_secs(9)).await.unwrap().unwrap();
    assert!((1_000..=9_000).contains(&left), "{left}");
    let own = client.launch(Probe::default()).await.unwrap();
    bed.settle(&client, &own).await;
    let asked = probe.time_left_at(own).timeout(Duration::from_secs(8)).await.unwrap();
    assert!((1_000..=8_000).contains(&asked.unwrap()), "{asked:?}");
    assert_eq!(probe.note(1).await.unwrap(), 1, "the agent lives on");
}

/// Giving up.
pub async fn queued_call_that_is_given_up_never_runs(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    let busy = probe.occupy(300).send();
    let own = server.own_probe();
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

/// Bounds. The agent was called on its own node, where no exchange has a part in it.
pub async fn full_mailbox_gives_the_message_back(bed: &Bed) {
    let (server, client, _) = bed.pair().await;
    let small = server.launch(Probe::default()).mailbox(1).overflow(lyceum::Overflow::Fail);
    let address = bed.settle(&server, &small.await.unwrap()).await;
    let small = client.reach(&address).await;
    let _busy = small.occupy(3_600_000).send();
    let mut calls: FuturesUnordered<_> = (0..20).map(|number| small.note(number).send()).collect();
    // Nothing else is answered while it is busy.
    let full = calls.next().await.unwrap().unwrap_err();
    assert!(matches!(full, CallError::Overloaded(_)), "{full}");
    assert!(full.into_undelivered().is_some());
}

/// Status, description, discovery.
pub async fn agents_are_described_and_found(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    probe.ping().await.unwrap();
    assert_eq!(probe.status().await.unwrap().mode, Mode::Active);
    assert!(probe.describe().await.unwrap().action("note").is_some());
    let other = server.launch(Probe::default()).await.unwrap();
    bed.settle(&server, &other).await;
    let count = |filter| bed.count(&client, &server, filter);
    let kind = |kind: &str| AgentFilter { kind: Some(kind.into()), ..AgentFilter::default() };
    let interface = AgentFilter { interface: Some("Notes".into()), ..AgentFilter::default() };
    assert_eq!(count(kind("Probe")).await, 2);
    assert_eq!(count(kind("Clerk")).await, 0);
    assert_eq!(count(interface).await, 2);
}
