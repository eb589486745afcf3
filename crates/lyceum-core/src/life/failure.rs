//! What happens when a turn panics or a behaviour fails.

use serde::{Deserialize, Serialize};

use super::{DownReason, Mode, restart, starting, stop};
use crate::cell::Header;
use crate::{ActionInfo, AgentRef};

/// What an agent does after a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// As the kind of failure says: a panic in an action goes on, a behaviour's failure restarts
    /// an agent that can, and stops another.
    #[default]
    Usual,
    /// It goes on with the next message.
    GoOn,
    /// It starts anew, as its restart policy says; without one it stops.
    Restart,
    /// It stops.
    Stop,
}

/// Follows the agent's policy after a panic of one of its turns, which has been answered.
pub(crate) fn turn_panicked(header: &Header, info: &ActionInfo, text: &str) {
    panicked(header, info.name, text);
}

/// Follows the agent's policy after a panic in something that it runs.
#[cold]
pub(crate) fn panicked(header: &Header, what: &str, text: &str) {
    let agent = header.vtable().name;
    tracing::error!(agent, id = %header.id, what, panic = text, "an agent panicked");
    header.node.note(header.id, "panic");
    let policy = header.extras().as_ref().map_or(OnFailure::Usual, |extras| {
        match (extras.on_panic, extras.restart().is_some() || extras.member.is_some()) {
            (OnFailure::Usual, true) => OnFailure::Restart,
            (policy, _) => policy,
        }
    });
    let reason = || DownReason::Panicked(text.into());
    let agent = || header.node.registry.by_id(header.id);
    match policy {
        OnFailure::Usual | OnFailure::GoOn => {}
        OnFailure::Restart => {
            if let Some(agent) = agent() {
                fail(&agent, reason());
            }
        }
        OnFailure::Stop => {
            if let Some(agent) = agent() {
                stop::end_now(&agent, reason());
            }
        }
    }
}

/// Ends an agent's generation after a failure: it restarts if it can, and ends otherwise.
pub(crate) fn fail(agent: &AgentRef, reason: DownReason) {
    if matches!(agent.mode(), Mode::Stopping | Mode::Ended) {
        return;
    }
    tracing::warn!(agent = ?agent, %reason, "an agent failed");
    if starting::fail(agent, &reason) {
        // Whoever starts it goes on from there.
        return;
    }
    let member = agent.extras().as_ref().and_then(|extras| extras.member.clone());
    if let Some(member) = member {
        member.failed(agent, &reason);
        return;
    }
    let plan = agent.extras().as_ref().and_then(|extras| extras.plan.clone());
    match plan {
        Some(plan) if plan.takes_part(agent) => restart::restart(agent, plan, reason),
        _ => stop::end_now(agent, reason),
    }
}
