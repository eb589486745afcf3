//! What becomes of what Academy's messages have no place for.

use futures_util::StreamExt;
use lyceum::CallError;

use super::bed::Bed;
use super::probe::Probe;

/// Links, flags, switching off.
pub async fn what_has_no_place_in_a_message_is_refused(bed: &Bed) {
    let (_server, client, probe) = bed.pair().await;
    let own = client.launch(Probe::default()).await.unwrap();
    bed.settle(&client, &own).await;
    let refusals = [
        probe.set_flag("fail").await.unwrap_err(),
        probe.deactivate().await.unwrap_err(),
        probe.link(&own).await.unwrap_err(),
    ];
    for error in refusals {
        assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    }
    assert_eq!(probe.note(1).await.unwrap(), 1);
}

/// Streams.
pub async fn stream_is_one_list(bed: &Bed) {
    let (_server, _client, probe) = bed.pair().await;
    let mut counted = probe.count(1000).await.unwrap();
    let results: Vec<u64> = counted.by_ref().collect().await;
    assert_eq!(results, (1..=1000).collect::<Vec<_>>());
    assert!(counted.failure().is_none());
    let error = probe.count(100_000).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge(_)), "{error}");
    assert!(error.to_string().contains("more than 65536 results"), "{error}");
}

/// Handles that lead nowhere on the exchange.
pub async fn agent_without_a_mailbox_is_not_passed_on(bed: &Bed) {
    let (_server, client, probe) = bed.pair().await;
    let own = client.launch(Probe::default()).await.unwrap();
    let error = probe.pass(own, 1).await.unwrap_err();
    assert!(matches!(error, CallError::Codec(_)), "{error}");
    assert!(error.to_string().contains("register it there"), "{error}");
    assert!(error.into_undelivered().is_some());
}
