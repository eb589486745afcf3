//! Agents that the real Academy calls.

use std::sync::Arc;

use futures_util::{Stream, stream};
use lyceum::prelude::*;
use lyceum_wire::aiomas::Value as Wire;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Notify;

/// What `boom` fails with.
#[derive(Debug, Error, Serialize, Deserialize, JsonSchema)]
#[error("bad: {what}")]
pub(crate) struct ValueError {
    what: String,
}

/// An error that Python has no name for.
#[derive(Debug, Error, Serialize, Deserialize, JsonSchema)]
#[error("too hot")]
pub(crate) struct Overheated;

/// A type of both sides.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Point {
    pub(crate) x: i64,
    pub(crate) y: i64,
}

/// A type of both sides.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Color {
    Red,
    Green,
}

/// An agent with everything that can be asked of it over the wire.
#[derive(Default)]
pub(crate) struct Clerk {
    seen: Vec<u64>,
    kept: Option<AnyHandle>,
    gate: Arc<Notify>,
}

/// What clerks have in common.
#[agent(interface)]
pub(crate) trait Greets {
    #[action]
    async fn hello(&self, name: String) -> String;
}

#[agent(implements(Greets))]
impl Clerk {
    /// Adds.
    #[action]
    fn add(&self, a: i64, b: Option<i64>) -> i64 {
        a + b.unwrap_or(100)
    }

    #[action]
    fn echo(&self, value: Wire) -> Wire {
        value
    }

    #[action]
    fn boom(&self) -> Result<(), ValueError> {
        Err(ValueError { what: "grüß".into() })
    }

    #[action]
    fn burn(&self) -> Result<(), Overheated> {
        Err(Overheated)
    }

    #[action]
    fn panic(&self) {
        panic!("on purpose")
    }

    #[action]
    fn note(&mut self, value: u64) {
        self.seen.push(value);
    }

    #[action]
    fn noted(&self) -> Vec<u64> {
        self.seen.clone()
    }

    #[action]
    fn turned(&self, point: Point, color: Color) -> (Point, Color) {
        (Point { x: point.y, y: point.x }, color)
    }

    #[action]
    fn size(&self, bytes: Vec<u8>) -> usize {
        bytes.len()
    }

    #[action]
    fn big(&self, count: usize) -> String {
        "x".repeat(count)
    }

    #[action]
    fn count_to(&self, end: u32) -> impl Stream<Item = u32> + Send + 'static {
        stream::iter(1..=end)
    }

    /// Waits until `release` is called.
    #[action]
    async fn wait(&self) -> String {
        self.gate.notified().await;
        "released".into()
    }

    #[action]
    fn release(&self) {
        self.gate.notify_waiters();
    }

    #[action]
    fn me(&self, cx: &Context<Self>) -> Handle<Self> {
        cx.handle()
    }

    #[action]
    fn keep(&mut self, agent: AnyHandle) {
        self.kept = Some(agent);
    }

    /// Asks the agent that it was given.
    #[action]
    async fn ask_kept(&self, value: i64) -> Result<serde_json::Value, ValueError> {
        let kept = self.kept.as_ref().ok_or(ValueError { what: "nobody".into() })?;
        let asked = kept.call("add", serde_json::json!([value])).await;
        asked.map_err(|error| ValueError { what: error.to_string() })
    }

    #[action]
    async fn who_am_i(&self) -> Result<serde_json::Value, ValueError> {
        let kept = self.kept.as_ref().ok_or(ValueError { what: "nobody".into() })?;
        let asked = kept.call("who", serde_json::json!([])).await;
        asked.map_err(|error| ValueError { what: error.to_string() })
    }
}

impl Greets for Clerk {
    async fn hello(&self, name: String) -> String {
        format!("hi {name}")
    }
}
