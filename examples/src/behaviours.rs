//! A behaviour with state, subscriptions and a queue of its own: the first agent of munggoggo.
//!
//! The agent takes it on when it starts, and drops it while it runs.

use lyceum::prelude::*;

/// Notes what it hears.
#[derive(Default)]
struct Listener {
    heard: Vec<String>,
}

#[agent]
impl Listener {
    /// Subscribes to the topic `ping`, by taking on a behaviour.
    #[on_start]
    fn start(&mut self, cx: &Context<Self>) -> Result<(), BoxError> {
        cx.add_behaviour("ping", Ping { counter: 0 })?;
        Ok(())
    }

    /// Stops listening; returns whether it did.
    #[action]
    async fn stop_listening(&self, cx: &Context<Self>) -> bool {
        cx.remove_behaviour("ping").await
    }

    /// Returns what it heard.
    #[action]
    fn heard(&self) -> Vec<String> {
        self.heard.clone()
    }
}

/// Counts its runs, answers each message, and rests in between.
struct Ping {
    counter: u64,
}

impl Behaviour<Listener> for Ping {
    fn subscriptions(&self) -> Vec<String> {
        vec!["ping".into()]
    }

    async fn run(&mut self, cx: &mut BehaviourContext<Listener>) -> Result<(), BoxError> {
        while !cx.is_stopping() {
            self.counter += 1;
            // Nobody pings for half a second: go on without.
            if let Some(message) = cx.receive_timeout(Duration::from_millis(500)).await {
                let text: String = message.decode()?;
                let line = format!("{} in run {}", text, self.counter);
                cx.with(|listener| listener.heard.push(line)).await?;
            }
            cx.publish("pong", &self.counter).await;
            cx.sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }
}

/// Pings an agent that listens, and again when it does not.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let node = Node::simulated(1);
    let listener = node.launch(Listener::default()).await?;
    let mut pongs = node.topics().listen("pong")?;

    // All three are sent at once, and wait in the behaviour's queue.
    for text in ["one", "two", "three"] {
        node.topics().publish("ping", text)?;
    }
    node.advance(Duration::from_millis(3_200));
    let mut lines = listener.heard().await?;

    let ping = &listener.status().await.unwrap().behaviours[0];
    lines.push(format!("behaviour `{}` is {:?}", ping.name, ping.state));
    lines.push(format!("stopped listening: {}", listener.stop_listening().await?));
    let reached = node.topics().publish("ping", "four")?;
    lines.push(format!("{reached} were reached"));

    let mut count = 0;
    while pongs.try_receive().is_some() {
        count += 1;
    }
    lines.push(format!("{count} pongs"));
    Ok(lines)
}
