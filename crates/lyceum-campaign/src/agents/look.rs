//! Looks at something that does not call: after a while, and again, without a step in between.

use std::time::Duration;

use lyceum_macros::Event;
use lyceum_universe::Step;
use serde::{Deserialize, Serialize};

/// How long one waits between two looks, for what need not be known at once.
pub(super) const WHILE: Duration = Duration::from_millis(100);

/// The time has come for the next look; sent to the agent alone that waits for it.
#[derive(Serialize, Deserialize, Event)]
#[event(name = "look")]
pub(super) struct Look {
    session: u64,
}

impl Look {
    /// Lets the agent that acts look again after a while.
    pub(super) fn after(pause: Duration, cx: &mut Step<'_>) {
        let (node, session) = (cx.node().clone(), cx.session().number());
        cx.ask(async move { node.sleep(pause).await }, move |()| Self { session });
    }

    /// Returns whether it is of a session that is over.
    pub(super) fn is_late(&self, cx: &mut Step<'_>) -> bool {
        cx.session().number() != self.session
    }
}
