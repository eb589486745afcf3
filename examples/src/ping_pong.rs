//! Two agents, of which one finds and calls the other: the first example of aiomas.

use lyceum::prelude::*;

/// Answers calls.
struct Callee;

#[agent]
impl Callee {
    /// Returns a lot of spam.
    #[action]
    fn spam(&self, times: usize) -> String {
        "spam".repeat(times)
    }
}

/// Calls another agent.
struct Caller;

#[agent]
impl Caller {
    /// Finds the agent of that name, calls it, and tells how that went.
    #[behaviour(manual)]
    async fn talk(&mut self, name: String, cx: &Context<Self>) -> Result<Vec<String>, BoxError> {
        let mut lines = vec![format!("caller: looking for {name}")];
        let callee: Handle<Callee> = cx.find(&name).ok_or("nobody goes by that name")?;

        let time = callee.ping().await?;
        lines.push(format!("caller: {name} answered a ping after {time:?}"));
        let spam = callee.spam(3).await?;
        lines.push(format!("caller: {name} said {spam}"));
        Ok(lines)
    }
}

/// Launches both and lets them talk.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let node = Node::simulated(1);
    node.launch(Callee).named("callee").await?;
    let caller = node.launch(Caller).named("caller").await?;

    let mut lines = caller.talk("callee".into()).await?;

    if let Err(error) = caller.talk("somebody else".into()).await {
        lines.push(format!("caller: {error}"));
    }
    Ok(lines)
}
