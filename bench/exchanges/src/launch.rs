//! Launches by Lyceum's manager, until all agents are ready.

use lyceum::manager::{ChildProcess, Manager, OnNode, Registry};
use lyceum::prelude::*;
use lyceum_bench_figures::child::Said;

use crate::case::Case;
use crate::sizes::Sizes;

/// Counts.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    /// Adds `n` and returns the new value.
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }
}

/// Launches as many agents as the case says, and says how many thousand a second.
pub async fn measure(case: Case, sizes: Sizes) -> lyceum::Result<()> {
    let (launcher, agents) = match case {
        Case::LaunchNode => ("node", sizes.agents),
        _ => ("default", sizes.processes),
    };
    let node = Node::local();
    let on_node = OnNode::new(Registry::default().with::<Counter>());
    let builder = Manager::builder(&node).named("measured").on_output(|_| {});
    let manager = builder.launcher("node", on_node).start(ChildProcess::new()?).await?;
    let began = node.now();
    let mut batch = manager.batch();
    batch.on(launcher);
    let mut handles: Vec<Handle<Counter>> = Vec::new();
    for number in 0..agents {
        handles.push(batch.reserve(&format!("counter-{number}"))?);
    }
    batch.start().await?;
    let took = node.now() - began;
    for counter in &handles {
        assert_eq!(counter.add(2).await?, 2);
    }
    let rate = agents as f64 / took.as_secs_f64() / 1e3;
    Said::figures([rate]).say();
    node.shutdown().await;
    Ok(())
}
