//! The agent that the suite's tests call.

use std::time::Duration;

use futures_util::Stream;
use lyceum::{Context, Handle, agent};

/// Does what a test asks for.
#[derive(Default)]
pub struct Probe {
    noted: Vec<u64>,
}

/// The probe's own error.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Refused {
    /// The number is too large.
    TooLarge {
        /// The greatest that it takes.
        limit: u64,
    },
}

/// What probes have in common with others.
#[agent(interface)]
pub trait Notes {
    /// Returns how many numbers there are.
    #[action]
    async fn noted_count(&self) -> u64;
}

#[agent(implements(Notes))]
impl Probe {
    /// Keeps a number, and returns how many there are.
    #[action]
    fn note(&mut self, number: u64) -> u64 {
        self.noted.push(number);
        self.noted.len() as u64
    }

    /// Returns the numbers.
    #[action]
    fn noted(&self) -> Vec<u64> {
        self.noted.clone()
    }

    /// Refuses numbers beyond a limit.
    #[action]
    fn refuse(&self, number: u64, limit: u64) -> Result<u64, Refused> {
        if number > limit { Err(Refused::TooLarge { limit }) } else { Ok(number) }
    }

    /// Panics.
    #[action]
    fn panic(&self) {
        panic!("as asked");
    }

    /// Has the agent to itself for a while.
    #[action]
    async fn occupy(&mut self, millis: u64, cx: &Context<Self>) {
        cx.sleep(Duration::from_millis(millis)).await;
    }

    /// Has the agent to itself until that is asked to stop.
    #[action]
    async fn linger(&mut self, cx: &Context<Self>) {
        cx.stopping().await;
    }

    /// Keeps how often its message was delivered, and returns it; the first time it does not end.
    #[action]
    async fn attempt(&mut self, cx: &Context<Self>) -> u64 {
        let attempt = u64::from(cx.delivery_attempt());
        self.noted.push(attempt);
        if attempt == 1 {
            cx.sleep(Duration::from_secs(3600)).await;
        }
        attempt
    }

    /// Does the same, and is durable by itself.
    #[action(durable)]
    async fn insist(&mut self, cx: &Context<Self>) -> u64 {
        self.attempt(cx).await
    }

    /// Returns how long its caller waits, in milliseconds.
    #[action]
    fn time_left(&self, cx: &Context<Self>) -> Option<u64> {
        let left = cx.deadline()?.since_start().saturating_sub(cx.now().since_start());
        u64::try_from(left.as_millis()).ok()
    }

    /// Asks another probe the same.
    #[action]
    async fn time_left_at(&self, other: Handle<Probe>) -> Result<Option<u64>, String> {
        other.time_left().await.map_err(|error| error.to_string())
    }

    /// Lets another probe keep a number.
    #[action]
    async fn pass(&self, to: Handle<Probe>, number: u64) -> Result<u64, String> {
        to.note(number).await.map_err(|error| error.to_string())
    }

    /// Goes around: the other probe calls a third one.
    #[action]
    async fn around(&mut self, by: Handle<Probe>, to: Handle<Probe>) -> Result<u64, String> {
        by.pass(to, 1).await.map_err(|error| error.to_string())
    }

    /// Counts.
    #[action]
    fn count(&self, to: u64) -> impl Stream<Item = u64> + Send + 'static {
        futures_util::stream::iter(1..=to)
    }

    /// Returns a text.
    #[action]
    fn echo(&self, text: String) -> String {
        text
    }

    /// Fails.
    #[behaviour(on = "fail")]
    async fn fail(&mut self) -> Result<(), String> {
        Err("as asked".into())
    }
}

impl Notes for Probe {
    async fn noted_count(&self) -> u64 {
        self.noted.len() as u64
    }
}
