//! What only nodes have that are connected with each other.

use futures_util::future::join_all;
use lyceum::exchange::AgentFilter;
use lyceum::{CallError, DownReason, Handle};

use super::bed::Bed;
use super::probe::Probe;

/// Chains of calls.
pub async fn chain_that_comes_back_is_found(bed: &Bed) {
    let (_server, client, probe) = bed.pair().await;
    let own = client.launch(Probe::default()).await.unwrap();
    assert_eq!(probe.pass(own.clone(), 4).await.unwrap(), 1, "the server calls the client");
    let around = own.around(probe, own.clone()).await.unwrap_err();
    assert!(around.to_string().contains("would wait for itself"), "{around}");
    assert_eq!(own.noted().await.unwrap(), [4]);
}

/// Status and discovery with all that a node knows.
pub async fn agents_are_found_by_their_attributes(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    assert_eq!(probe.status().await.unwrap().kind, "Probe");
    server.launch(Probe::default()).named("other").attribute("room", "7").await.unwrap();
    let attributes = vec![("room".into(), "7".into())];
    let in_room = AgentFilter { attributes, ..AgentFilter::default() };
    assert_eq!(bed.count(&client, &server, AgentFilter::default()).await, 2);
    assert_eq!(bed.count(&client, &server, in_room).await, 1);
}

/// Switching off and on.
pub async fn agent_is_switched_off_and_on_from_afar(bed: &Bed) {
    let (_server, _client, probe) = bed.pair().await;
    assert!(probe.deactivate().await.unwrap());
    let error = probe.note(1).await.unwrap_err();
    assert!(matches!(error, CallError::Inactive(_)), "{error}");
    assert!(probe.activate().await.unwrap());
    assert_eq!(probe.note(2).await.unwrap(), 1);
}

/// Monitors of an agent that stops.
pub async fn stopped_agent_ends_its_monitors(bed: &Bed) {
    let (_server, _client, probe) = bed.pair().await;
    let (down, ended) = (probe.monitor(), probe.ended());
    assert_eq!(probe.note(1).await.unwrap(), 1);
    probe.stop().await;
    assert_eq!((down.await.reason, ended.await), (DownReason::Stopped, DownReason::Stopped));
    let error = probe.note(1).await.unwrap_err();
    assert!(matches!(error, CallError::NoSuchAgent(_)), "{error}");
}

/// Links, in both directions.
pub async fn links_spread_failures(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    let linked = client.launch(Probe::default()).await.unwrap();
    let spared = client.launch(Probe::default()).await.unwrap();
    linked.link(&probe).await.unwrap();
    probe.link(&spared).await.unwrap();
    probe.unlink(&spared).await.unwrap();
    probe.set_flag("fail").await.unwrap();
    assert!(matches!(linked.ended().await, DownReason::Linked(_)));
    assert!(matches!(probe.ended().await, DownReason::Gone | DownReason::Failed(_)));
    assert_eq!(spared.note(1).await.unwrap(), 1);

    let there = server.launch(Probe::default()).named("second").await.unwrap();
    let far = client.reach(&there.address().to_string()).await;
    spared.link(&far).await.unwrap();
    spared.set_flag("fail").await.unwrap();
    assert!(matches!(there.ended().await, DownReason::Linked(_)), "the other way round");
}

/// Loss of a peer, which ends more than calls, and needs no successor.
pub async fn lost_node_ends_monitors_and_links(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    let linked = client.launch(Probe::default()).await.unwrap();
    linked.link(&probe).await.unwrap();
    let down = probe.monitor();
    let calls: Vec<_> = (0..10).map(|_| probe.occupy(3_600_000).no_timeout().send()).collect();
    server.has_received(10).await;
    server.kill();
    assert!(join_all(calls).await.iter().all(Result::is_err));
    let reason = down.await.reason;
    let lost = matches!(reason, DownReason::Disconnected(_) | DownReason::NodeStopped(_));
    assert!(lost, "{reason}");
    assert!(matches!(linked.ended().await, DownReason::Linked(_)));
}

/// An id is never given again.
pub async fn handle_by_id_does_not_outlive_its_node(bed: &Bed) {
    let (server, client, _) = bed.pair().await;
    let address = server.own_probe().address().to_string();
    let by_id: Handle<Probe> = client.reach(&address).await;
    assert_eq!(by_id.note(1).await.unwrap(), 1);
    let endpoint = server.endpoint().to_owned();
    server.shutdown().await;
    server.kill();
    let again = bed.again(&endpoint).await;
    assert_eq!(client.probe_of(&again).await.note(2).await.unwrap(), 1);
    let error = by_id.note(3).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
}

/// Promises that nobody can keep.
pub async fn durable_call_is_refused_with_its_message(bed: &Bed) {
    let (_server, _client, probe) = bed.pair().await;
    let error = probe.note(1).durable().await.unwrap_err();
    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    assert_eq!(probe.note(2).await.unwrap(), 1, "the refused one did not run");
}
