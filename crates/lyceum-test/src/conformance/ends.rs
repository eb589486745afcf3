//! Ends of agents and of nodes.

use std::time::Duration;

use futures_util::future::join_all;
use lyceum::network::NetworkExt;
use lyceum::{CallError, DownReason, Handle};

use super::bed::Bed;
use super::probe::Probe;

/// Switching off and on.
pub async fn agent_is_switched_off_and_on(bed: &Bed) {
    let (_server, _client, probe) = bed.pair().await;
    assert!(probe.deactivate().await.unwrap());
    let error = probe.note(1).await.unwrap_err();
    assert!(matches!(error, CallError::Inactive(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    assert!(probe.activate().await.unwrap());
    assert_eq!(probe.note(2).await.unwrap(), 1);
}

/// Termination.
pub async fn stopped_agent_ends_its_monitors_and_calls(bed: &Bed) {
    let (server, _client, probe) = bed.pair().await;
    let (down, ended) = (probe.monitor(), probe.ended());
    let busy = probe.occupy(100).send();
    let waiting: Vec<_> = (0..10).map(|number| probe.note(number).send()).collect();
    let own: Handle<Probe> = server.find().name("probe").unwrap();
    while own.stats().await.unwrap().received < 11 {
        server.sleep(Duration::from_millis(1)).await;
    }
    probe.stop().await;
    busy.await.unwrap();
    for result in join_all(waiting).await {
        let error = result.unwrap_err();
        assert!(matches!(error, CallError::Terminated(_)), "{error}");
        assert!(error.into_undelivered().is_some());
    }
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
    let far: Handle<Probe> = client.connect(&there.address().to_string()).await.unwrap();
    spared.link(&far).await.unwrap();
    spared.set_flag("fail").await.unwrap();
    assert!(matches!(there.ended().await, DownReason::Linked(_)), "the other way round");
}

/// Loss of a peer.
pub async fn lost_node_ends_everything_that_waits_for_it(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    let linked = client.launch(Probe::default()).await.unwrap();
    linked.link(&probe).await.unwrap();
    let down = probe.monitor();
    let calls: Vec<_> = (0..100).map(|_| probe.occupy(3_600_000).no_timeout().send()).collect();
    let own: Handle<Probe> = server.find().name("probe").unwrap();
    while own.stats().await.unwrap().received < 100 {
        client.sleep(Duration::from_millis(1)).await;
    }
    drop(own);
    server.kill();
    for result in join_all(calls).await {
        let error = result.unwrap_err();
        let lost = matches!(error, CallError::Disconnected(_) | CallError::Down(_));
        assert!(lost || matches!(error, CallError::Terminated(_)), "{error}");
    }
    let reason = down.await.reason;
    let lost = matches!(reason, DownReason::Disconnected(_) | DownReason::NodeStopped(_));
    assert!(lost, "{reason}");
    assert!(matches!(linked.ended().await, DownReason::Linked(_)));
}

/// A node that comes again at the same endpoint.
pub async fn restarted_node_is_found_by_name(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    let own: Handle<Probe> = server.find().name("probe").unwrap();
    let by_id: Handle<Probe> = client.connect(&own.address().to_string()).await.unwrap();
    drop(own);
    assert_eq!(by_id.note(1).await.unwrap(), 1);
    let endpoint = server.endpoint().to_owned();
    server.shutdown().await;
    server.kill();
    let _again = bed.server_at(&endpoint).await;
    let noted = loop {
        match probe.note(2).await {
            Ok(noted) => break noted,
            Err(CallError::Disconnected(_)) => client.sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(noted, 1, "another one goes by that name");
    let error = by_id.note(3).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
}
