//! A relay race: a batch of agents that know each other before they start.

use lyceum::manager::{InProcess, Manager, OnNode, Registry};
use lyceum::prelude::*;
use serde_json::json;

/// Takes the baton, and hands it on.
#[derive(serde::Deserialize)]
struct Runner {
    next: Handle<Runner>,
    laps: u64,
}

#[agent]
impl Runner {
    /// Runs, and hands on until the laps are over; returns how many hands the baton was in.
    #[action]
    async fn run(cx: Context<Self>, hands: u64) -> Result<u64, String> {
        let (next, laps) = cx
            .with(|runner| (runner.next.clone(), runner.laps))
            .await
            .map_err(|error| error.to_string())?;
        if hands == laps {
            return Ok(hands);
        }
        next.run(hands + 1).await.map_err(|error| error.to_string())
    }
}

/// Runs a race of four, two of which are on nodes of their own.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let registry = || Registry::default().with::<Runner>();
    let node = Node::local();
    let builder = Manager::builder(&node).launcher("apart", InProcess::new(registry()));
    let manager = builder.start(OnNode::new(registry())).await?;

    // All handles first: everybody gets that of the next one.
    let mut batch = manager.batch();
    let mut runners: Vec<Handle<Runner>> = Vec::new();
    for number in 0..4 {
        batch.on((number % 2 == 1).then_some("apart"));
        runners.push(batch.reserve(&format!("runner-{number}"))?);
    }
    for number in 0..4 {
        let next = &runners[(number + 1) % 4];
        batch.made_from(&format!("runner-{number}"), &json!({ "next": next, "laps": 12 }))?;
    }
    batch.start().await?;

    let mut lines = Vec::new();
    for health in manager.list() {
        lines.push(format!("{} runs on {}", health.name, health.launcher));
    }
    lines.push(format!("the baton was in {} hands", runners[0].run(1).await?));
    manager.shutdown().await;
    node.shutdown().await;
    Ok(lines)
}
