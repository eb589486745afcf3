//! Many results of one call: bounded, and ended by dropping them.

use futures_util::{Stream, StreamExt, stream};
use lyceum::prelude::*;

/// Counts.
#[derive(Default)]
struct Counter {
    asked: u64,
}

#[agent]
impl Counter {
    /// Counts up from a number, as long as somebody listens.
    #[action]
    fn count_from(&mut self, first: u64) -> impl Stream<Item = u64> + Send + 'static {
        self.asked += 1;
        stream::iter(first..)
    }

    /// Returns how often somebody asked.
    #[action]
    fn asked(&self) -> u64 {
        self.asked
    }
}

/// Takes results of two streams by turns, and calls the agent meanwhile.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let node = Node::simulated(1);
    let counter = node.launch(Counter::default()).await?;

    let low = counter.count_from(1).await?;
    let high = counter.count_from(1_000_000).await?;
    let pairs: Vec<_> = low.zip(high).take(3).collect().await;

    let mut lines: Vec<String> =
        pairs.iter().map(|(low, high)| format!("{low} and {high}")).collect();
    lines.push(format!("asked {} times", counter.asked().await?));
    Ok(lines)
}
