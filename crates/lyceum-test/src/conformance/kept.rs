//! Mailboxes that outlive programs.

use futures_util::future::join_all;
use lyceum::{CallError, DownReason, Value};

use super::bed::Bed;
use super::probe::Probe;

/// An agent that is offline.
pub async fn messages_wait_for_an_agent_that_is_away(bed: &Bed) {
    let (server, _client, probe) = bed.lasting_pair().await;
    let endpoint = server.endpoint().to_owned();
    server.shutdown().await;
    server.kill();
    // Accepted although nobody is there.
    for number in 0..10 {
        probe.note(number).tell().await.unwrap();
    }
    let calls: Vec<_> = (10..20).map(|number| probe.note(number).send()).collect();
    let again = bed.again(&endpoint).await;
    for (answer, count) in join_all(calls).await.into_iter().zip(11..) {
        assert_eq!(answer.unwrap(), count);
    }
    assert_eq!(again.own_probe().noted().await.unwrap(), (0..20).collect::<Vec<_>>());
}

/// An exchange that is restarted while an agent is offline.
pub async fn exchange_that_is_restarted_keeps_what_is_durable(bed: &Bed) {
    let (server, _client, probe) = bed.lasting_pair().await;
    let endpoint = server.endpoint().to_owned();
    server.shutdown().await;
    server.kill();
    for number in 0..10 {
        probe.note(number).durable().tell().await.unwrap();
    }
    bed.office().restart();
    let again = bed.again(&endpoint).await;
    again.has_received(10).await;
    assert_eq!(probe.note(10).durable().await.unwrap(), 11);
    assert_eq!(again.own_probe().noted().await.unwrap(), (0..11).collect::<Vec<_>>());
}

/// The end of a mailbox, which its agent survives.
pub async fn terminated_mailbox_ends_its_calls_and_takes_no_more(bed: &Bed) {
    let (server, _client, probe) = bed.lasting_pair().await;
    let calls: Vec<_> = (0..10).map(|_| probe.occupy(3_600_000).no_timeout().send()).collect();
    server.has_received(10).await;
    server.desk().terminate().await;
    for result in join_all(calls).await {
        let error = result.unwrap_err();
        assert!(matches!(error, CallError::Terminated(_)), "{error}");
    }
    let error = probe.note(1).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    assert_eq!(error.into_undelivered().is_some(), bed.returns_what_came_too_late());
    let other = server.launch(Probe::default()).await.unwrap();
    let taken = bed.take(&server, &other, server.endpoint()).await;
    let why = taken.err().expect("nobody takes it again");
    assert!(why.contains("Terminated"), "{why}");
}

/// Who watches an agent hears of the end of its mailbox.
pub async fn terminated_mailbox_ends_its_monitors(bed: &Bed) {
    let (server, _client, probe) = bed.lasting_pair().await;
    let (down, ended) = (probe.monitor(), probe.ended());
    assert_eq!(probe.note(1).await.unwrap(), 1);
    server.desk().terminate().await;
    assert_eq!((down.await.reason, ended.await), (DownReason::Gone, DownReason::Gone));
    assert_eq!(probe.monitor().await.reason, DownReason::Gone, "it hears of it later, too");
}

/// Two holders of one mailbox.
pub async fn former_holder_is_told_and_gets_nothing(bed: &Bed) {
    let (former, _client, probe) = bed.lasting_pair().await;
    let busy = probe.occupy(3_600_000).no_timeout().send();
    former.has_received(1).await;
    let next = bed.again(former.endpoint()).await;
    former.desk().ended().await;
    assert!(former.desk().is_replaced());
    assert!(!next.desk().is_replaced());
    let error = busy.await.unwrap_err();
    assert!(matches!(error, CallError::Down(_)), "{error}");
    for number in 0..10 {
        probe.note(number).await.unwrap();
    }
    assert_eq!(next.own_probe().noted().await.unwrap(), (0..10).collect::<Vec<_>>());
    assert_eq!(former.own_probe().stats().await.unwrap().received, 1, "it gets nothing more");
}

/// A program that is killed, and an answer that is not given twice.
pub async fn durable_call_outlives_the_program_that_had_it(bed: &Bed) {
    let (first, _client, probe) = bed.lasting_pair().await;
    let endpoint = first.endpoint().to_owned();
    let waiting = probe.attempt().durable().send();
    first.has_received(1).await;
    first.kill();
    let second = bed.again(&endpoint).await;
    assert_eq!(waiting.await.unwrap(), 2);
    assert_eq!(second.own_probe().noted().await.unwrap(), [2]);
    second.kill();
    let third = bed.again(&endpoint).await;
    // What was answered would come before this.
    probe.ping().await.unwrap();
    assert_eq!(third.own_probe().noted().await.unwrap(), Vec::<u64>::new());
}

/// A program that is killed, and a caller who has no type for the action.
pub async fn durable_action_is_durable_for_who_calls_it_by_name(bed: &Bed) {
    let (first, _client, probe) = bed.lasting_pair().await;
    let endpoint = first.endpoint().to_owned();
    let waiting = probe.any().call("insist", Value::Array(Vec::new())).send();
    first.has_received(1).await;
    first.kill();
    let second = bed.again(&endpoint).await;
    assert_eq!(waiting.await.unwrap(), Value::from(2));
    assert_eq!(second.own_probe().noted().await.unwrap(), [2]);
}
