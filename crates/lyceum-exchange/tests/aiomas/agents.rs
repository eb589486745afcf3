//! Agents that the real aiomas calls.

use std::time::Duration;

use futures_util::{Stream, stream};
use lyceum::prelude::*;
use lyceum_exchange::aiomas::{Date, Value as Wire};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What `boom` fails with.
#[derive(Debug, Error, Serialize, Deserialize, JsonSchema)]
#[error("bad: {what}")]
pub(crate) struct BadThing {
    what: String,
}

/// A type of both sides.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Point {
    pub(crate) x: i64,
    pub(crate) y: i64,
}

/// An agent with everything that can be asked of it over the wire.
#[derive(Default)]
pub(crate) struct Clerk {
    seen: Vec<u64>,
    kept: Option<AnyHandle>,
}

#[agent]
impl Clerk {
    #[action]
    fn add(&self, a: i64, b: Option<i64>) -> i64 {
        a + b.unwrap_or(100)
    }

    #[action]
    fn hello(&self, name: String) -> String {
        format!("hi {name}")
    }

    #[action]
    fn echo(&self, value: Wire) -> Wire {
        value
    }

    #[action]
    fn boom(&self) -> Result<(), BadThing> {
        Err(BadThing { what: "grüß".into() })
    }

    #[action]
    fn panic(&self) {
        panic!("on purpose")
    }

    #[action]
    fn year(&self, date: jiff::Timestamp) -> i16 {
        date.to_zoned(jiff::tz::TimeZone::UTC).year()
    }

    #[action]
    fn next_hour(&self, date: Date) -> Date {
        let date = date.timestamp().expect("it is a date") + Duration::from_secs(3600);
        Date::try_from(date).expect("it is a year that Python has")
    }

    #[action]
    fn mirrored(&self, point: Point) -> Point {
        Point { x: point.y, y: point.x }
    }

    #[action]
    fn size(&self, data: Wire) -> usize {
        match data {
            Wire::Bytes(bytes) => bytes.len(),
            Wire::Text(text) => text.len(),
            _ => 0,
        }
    }

    #[action]
    fn big(&self, count: usize) -> String {
        "x".repeat(count)
    }

    #[action]
    async fn note(&mut self, number: u64, cx: &Context<Self>) -> usize {
        // Later ones would overtake, if they could.
        cx.sleep(Duration::from_millis(if number.is_multiple_of(2) { 2 } else { 0 })).await;
        self.seen.push(number);
        self.seen.len()
    }

    #[action]
    fn noted(&self) -> Vec<u64> {
        self.seen.clone()
    }

    /// Calls whoever it was given.
    #[action]
    async fn ask(&self, who: AnyHandle, name: String) -> Result<String, BadThing> {
        let answer = who.call("hello", serde_json::json!([name])).await;
        let answer = answer.map_err(|error| BadThing { what: error.to_string() })?;
        Ok(answer.as_str().unwrap_or_default().into())
    }

    #[action]
    fn keep(&mut self, who: AnyHandle) -> String {
        let address = who.address().to_string();
        self.kept = Some(who);
        address
    }

    #[action]
    fn kept(&self) -> Option<AnyHandle> {
        self.kept.clone()
    }

    #[action]
    async fn ask_kept(&self, name: String) -> Result<String, BadThing> {
        let missing = || BadThing { what: "nobody is kept".into() };
        self.ask(self.kept.clone().ok_or_else(missing)?, name).await
    }

    #[action]
    fn me(&self, cx: &Context<Self>) -> Handle<Self> {
        cx.handle()
    }

    #[action]
    async fn forever(&self) {
        std::future::pending::<()>().await;
    }

    #[action]
    fn counts(&self, to: u64) -> impl Stream<Item = u64> + Send + 'static {
        stream::iter(0..to)
    }

    #[action]
    fn forecast_hours(&self) -> u64 {
        24
    }
}

/// A service within `house`, which is an agent of its own.
#[derive(Default)]
pub(crate) struct Forecast;

#[agent]
impl Forecast {
    #[action]
    fn latest(&self, hours: Option<usize>) -> Vec<f64> {
        vec![21.5; hours.unwrap_or(1)]
    }
}
