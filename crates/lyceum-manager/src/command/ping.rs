//! `ping`: whether an agent answers.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::{Failure, Print, Reach, Shared};

/// Who is asked.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Address of the agent, as in tcp://127.0.0.1:5555/counter or unix:///run/mesh.sock#counter
    url: String,

    #[command(flatten)]
    pub(super) shared: Shared,
}

impl Options {
    pub(super) async fn execute(&self, reach: &Reach, print: &Print) -> Result<(), Failure> {
        let agent = reach.agent(&self.url).await?;
        let ping = agent.with_timeout(reach.rest());
        let took = ping.ping().await.map_err(|error| reach.ended(&self.url, "ping", error))?;
        print.either(
            |paint| format!("{} after {}", paint.calm("answered"), short(took)),
            || json!({ "answered": true, "seconds": took.as_secs_f64() }),
        )
    }
}

/// Returns a time with three digits at most before the point.
fn short(time: Duration) -> String {
    match time.as_micros() {
        0..1_000 => format!("{} µs", time.as_micros()),
        1_000..1_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}
