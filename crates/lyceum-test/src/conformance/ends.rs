//! Ends of agents and of nodes.

use std::time::Duration;

use futures_util::future::join_all;
use lyceum::CallError;

use super::bed::Bed;

/// An agent that its own node switched off. Over mailboxes, the message did not come back.
pub async fn agent_that_is_switched_off_gives_messages_back(bed: &Bed) {
    let (server, _client, probe) = bed.pair().await;
    let own = server.own_probe();
    assert!(own.deactivate().await.unwrap());
    let error = probe.note(1).await.unwrap_err();
    assert!(matches!(error, CallError::Inactive(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    assert!(own.activate().await.unwrap());
    assert_eq!(probe.note(2).await.unwrap(), 1);
}

/// Termination.
pub async fn stopped_agent_ends_its_calls(bed: &Bed) {
    let (server, _client, probe) = bed.pair().await;
    // Whatever the machine does meanwhile, the others wait until it is stopped.
    let busy = probe.linger().no_timeout().send();
    let waiting: Vec<_> = (0..10).map(|number| probe.note(number).send()).collect();
    server.has_received(11).await;
    probe.stop().await;
    busy.await.unwrap();
    for result in join_all(waiting).await {
        let error = result.unwrap_err();
        assert!(matches!(error, CallError::Terminated(_)), "{error}");
        assert!(error.into_undelivered().is_some());
    }
    let error = probe.note(1).await.unwrap_err();
    let is_gone = matches!(error, CallError::NoSuchAgent(_) | CallError::Terminated(_));
    assert!(is_gone, "{error}");
    assert_eq!(error.into_undelivered().is_some(), bed.returns_what_came_too_late());
}

/// Loss of a peer.
pub async fn lost_node_ends_the_calls_that_it_had(bed: &Bed) {
    let (server, _client, probe) = bed.lasting_pair().await;
    let calls: Vec<_> = (0..100).map(|_| probe.occupy(3_600_000).no_timeout().send()).collect();
    server.has_received(100).await;
    let endpoint = server.endpoint().to_owned();
    server.kill();
    let _successor = bed.successor(&endpoint).await;
    for result in join_all(calls).await {
        let error = result.unwrap_err();
        let lost = matches!(error, CallError::Disconnected(_) | CallError::Down(_));
        assert!(lost || matches!(error, CallError::Terminated(_)), "{error}");
    }
}

/// A node that comes again at the same place.
pub async fn restarted_node_is_found_by_the_same_handle(bed: &Bed) {
    let (server, client, probe) = bed.lasting_pair().await;
    assert_eq!(probe.note(1).await.unwrap(), 1);
    let endpoint = server.endpoint().to_owned();
    server.shutdown().await;
    server.kill();
    let _again = bed.again(&endpoint).await;
    let noted = loop {
        match probe.note(2).await {
            Ok(noted) => break noted,
            Err(CallError::Disconnected(_)) => client.sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(noted, 1, "it is another agent by now");
}
