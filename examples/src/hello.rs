//! One agent: launched, called, stopped.

use lyceum::prelude::*;

/// Greets, and counts how often it did.
#[derive(Default)]
struct Greeter {
    greeted: u64,
}

#[agent]
impl Greeter {
    /// Greets somebody by name.
    #[action]
    async fn greet(&mut self, name: String) -> String {
        self.greeted += 1;
        format!("Hello, {name}!")
    }

    /// Returns how often the agent greeted.
    #[action]
    async fn greeted(&self) -> u64 {
        self.greeted
    }
}

/// Launches a greeter and calls it.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let node = Node::local();
    let greeter = node.launch(Greeter::default()).await?;

    let mut lines = Vec::new();
    for name in ["Ada", "Grace"] {
        lines.push(greeter.greet(name.into()).await?);
    }
    lines.push(format!("{} were greeted", greeter.greeted().await?));

    node.shutdown().await;
    Ok(lines)
}
