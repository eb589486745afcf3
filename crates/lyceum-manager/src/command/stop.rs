//! `stop`: the end of an agent.

use clap::Args;
use lyceum_core::DownReason;
use serde_json::json;

use super::{Failure, Print, Reach, Shared};

/// Who is to end.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Address of the agent, as in tcp://127.0.0.1:5555/counter or unix:///run/mesh.sock#counter
    url: String,

    /// Ends it at once: what it has begun is dropped
    #[arg(long)]
    kill: bool,

    #[command(flatten)]
    pub(super) shared: Shared,
}

impl Options {
    pub(super) async fn execute(&self, reach: &Reach, print: &Print) -> Result<(), Failure> {
        let agent = reach.agent(&self.url).await?;
        let ended = if self.kill { agent.kill() } else { agent.stop() };
        let verb = if self.kill { "kill" } else { "stop" };
        let reason = reach.within(&self.url, verb, false, async { Ok(ended.await) }).await?;
        if let DownReason::Disconnected(why) = &reason {
            return Err(Failure::unreachable(&self.url, why));
        }
        print.either(
            |_| format!("{} ended: {reason}", agent.type_name()),
            || json!({ "ended": true, "reason": reason }),
        )
    }
}
