//! A reading room: agents that a file describes, which start together and know each other.

use std::path::Path;

use lyceum::manager::{Fleet, Manager, OnNode, Registry};
use lyceum::prelude::*;

/// Counts what was read.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Desk {
    pages: u64,
}

#[agent]
impl Desk {
    /// Notes that somebody has read.
    #[action]
    fn note(&mut self, pages: u64) -> u64 {
        self.pages += pages;
        self.pages
    }
}

/// Reads, and goes when it is done.
#[derive(serde::Deserialize)]
struct Reader {
    desk: Handle<Desk>,
    pages: u64,
}

#[agent]
impl Reader {
    #[behaviour(once)]
    async fn read(&mut self, cx: &Context<Self>) -> Result<(), BoxError> {
        self.desk.note(self.pages).await?;
        cx.stop();
        Ok(())
    }
}

/// Starts the agents of `agents.toml`, and waits until the readers are done.
///
/// # Errors
///
/// Returns what is wrong with the file, or which agent did not start.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let registry = Registry::default().with::<Desk>().with::<Reader>();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("agents.toml");
    let fleet = Fleet::read(&file, &registry)?;
    let node = Node::local();
    // `ChildProcess::new()?` gives each a process, where `main` is made by `lyceum::main!`.
    let manager = Manager::builder(&node).start(OnNode::new(registry)).await?;
    let agents = fleet.start(&manager).await?;

    let mut lines = vec![format!("{} agents are ready", agents.len())];
    let readers: Vec<_> = (1..=3).map(|number| format!("reader-{number}")).collect();
    let waited = manager.wait().of(readers).await;
    lines.push(format!("{} are done, {} failed", waited.gone.len(), waited.failed().count()));
    let desk: Handle<Desk> = manager.find("desk").expect("the desk stays");
    lines.push(format!("{} pages were read", desk.note(0).await?));

    let slip = "[[agents]]\ntype = \"Raeder\"\n";
    let registry = Registry::default().with::<Reader>();
    let error = Fleet::parse(slip, "slip.toml", &registry).map(drop).unwrap_err();
    lines.push(error.to_string());
    manager.shutdown().await;
    node.shutdown().await;
    Ok(lines)
}
