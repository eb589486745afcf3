//! Restarts: of one agent by its own policy, and of two together.

use lyceum::prelude::*;

/// Reads a line that breaks at the third reading.
#[derive(Clone, Default)]
struct Feed {
    readings: u64,
}

#[agent]
impl Feed {
    /// A behaviour that returns an error has failed, and with it the agent.
    #[behaviour(every = "1s")]
    async fn read(&mut self) -> Result<(), BoxError> {
        self.readings += 1;
        if self.readings == 3 {
            return Err("the line broke".into());
        }
        Ok(())
    }

    /// Returns how often it read.
    #[action]
    fn readings(&self) -> u64 {
        self.readings
    }
}

/// Keeps what a feed read, and must not outlive it.
#[derive(Clone, Default)]
struct Cache {
    entries: Vec<u64>,
}

#[agent]
impl Cache {
    /// Puts in a value and returns how many there are.
    #[action]
    fn put(&mut self, value: u64) -> usize {
        self.entries.push(value);
        self.entries.len()
    }
}

/// Lets one agent fail alone, then another one together with its sibling.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let mut lines = alone().await?;
    lines.extend(together().await?);
    Ok(lines)
}

/// One agent: twice in ten seconds it gets a new state, the third failure ends it.
async fn alone() -> lyceum::Result<Vec<String>> {
    let node = Node::simulated(1);
    let policy = Restart::default().limit(2, Duration::from_secs(10));
    let feed = node.launch(Feed::default()).restart(policy).await?;
    let mut lines = Vec::new();
    for _ in 0..3 {
        let down = feed.monitor().await;
        lines.push(format!("{} generation {}: {}", node.now(), down.generation, down.reason));
        lines.push(format!("it restarts: {}", down.restarts));
    }
    if let Err(error) = feed.readings().await {
        lines.push(format!("gone: {}", matches!(error, CallError::Terminated(_))));
    }
    Ok(lines)
}

/// Two agents under one supervisor: when one fails, both start anew behind their handles.
async fn together() -> lyceum::Result<Vec<String>> {
    let node = Node::simulated(1);
    let both = node.supervisor(Strategy::OneForAll).start();
    let feed = both.launch(Feed::default()).await?;
    let cache = both.launch_with(|| Ok::<_, BoxError>(Cache::default())).await?;

    let mut lines = Vec::new();
    lines.push(format!("in the cache: {}", cache.put(1).await?));
    lines.push(format!("in the cache: {}", cache.put(2).await?));
    let down = cache.monitor().await;
    lines.push(format!("{} the cache is down: {}", node.now(), down.reason));
    lines.push(format!("in the new cache: {}", cache.put(3).await?));
    lines.push(format!("read by the new feed: {}", feed.readings().await?));
    Ok(lines)
}
