//! Third parties, and topics.

use std::time::Duration;

use super::bed::Bed;
use super::probe::Probe;

/// Handles in messages. Over mailboxes, they arrived as maps that no handle could be read from.
pub async fn handles_are_passed_on(bed: &Bed) {
    let (server, client, probe) = bed.pair().await;
    let third = bed.member();
    let by_third = third.probe_of(&server).await;
    let other = server.launch(Probe::default()).await.unwrap();
    let other = client.reach(&bed.settle(&server, &other).await).await;
    // To one of the same node, to one of the caller's, and on to a third node.
    assert_eq!(probe.pass(other, 1).await.unwrap(), 1);
    let own = client.launch(Probe::default()).await.unwrap();
    bed.settle(&client, &own).await;
    assert_eq!(probe.pass(own.clone(), 2).await.unwrap(), 1);
    let thirds = third.launch(Probe::default()).await.unwrap();
    bed.settle(&third, &thirds).await;
    assert_eq!(by_third.pass(thirds.clone(), 3).await.unwrap(), 1);
    assert_eq!(thirds.pass(by_third, 4).await.unwrap(), 1);
    assert_eq!(own.pass(probe.clone(), 5).await.unwrap(), 2);
    assert_eq!(probe.noted().await.unwrap(), [4, 5]);
}

/// Topics.
pub async fn topics_reach_both_ways(bed: &Bed) {
    let (server, client, _probe) = bed.pair().await;
    for (from, to) in [(&server, &client), (&client, &server)] {
        let mut listener = to.topics().listen("alarm.#").unwrap();
        let mut other = to.topics().listen("news").unwrap();
        let alarm = loop {
            from.topics().publish("alarm.cpu", &0.9).unwrap();
            match listener.try_receive() {
                Some(alarm) => break alarm,
                None => from.sleep(Duration::from_millis(1)).await,
            }
        };
        assert_eq!(alarm.decode::<f64>().unwrap(), 0.9);
        assert!(other.try_receive().is_none());
    }
}
