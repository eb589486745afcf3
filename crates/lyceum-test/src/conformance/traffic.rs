//! Streams and large bodies.

use futures_util::StreamExt;
use futures_util::future::join_all;

use super::bed::Bed;

/// Streams of results.
pub async fn streams_are_paced_and_stopped(bed: &Bed) {
    let (_server, _client, probe) = bed.pair().await;
    let mut all = probe.count(1000).await.unwrap();
    let results: Vec<u64> = all.by_ref().collect().await;
    assert_eq!(results, (1..=1000).collect::<Vec<_>>());
    assert!(all.failure().is_none());
    let mut endless = probe.count(u64::MAX).await.unwrap();
    let some: Vec<u64> = endless.by_ref().take(100).collect().await;
    assert_eq!(some.len(), 100);
    drop(endless);
    assert_eq!(probe.note(1).await.unwrap(), 1);
}

/// Large bodies beside small calls.
pub async fn large_bodies_travel_beside_small_ones(bed: &Bed) {
    let (_server, _client, probe) = bed.pair().await;
    let text = "large ".repeat(1 << 18);
    let large = (0..3).map(|_| probe.echo(text.clone()).send());
    let small = (0..100).map(|number| probe.echo(number.to_string()).send());
    let (large, small) = tokio::join!(join_all(large), join_all(small));
    assert!(large.into_iter().all(|echo| echo.unwrap() == text));
    for (number, echo) in small.into_iter().enumerate() {
        assert_eq!(echo.unwrap(), number.to_string());
    }
}
