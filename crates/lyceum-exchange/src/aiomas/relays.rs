//! Relays: agents elsewhere that were shown to the other side of a connection.
//!
//! The other side can call what lies on this side alone, and so this side passes its calls on. It
//! can do so to agents that were shown to it, and to no others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lyceum_core::AnyHandle;

/// Agents that one connection may be shown.
pub(super) const RELAY_LIMIT: usize = 65_536;

/// What stands before the number of a relay, and before no name of an agent.
const MARK: char = '@';

/// Agents elsewhere that were shown to the other side of a connection.
#[derive(Default)]
pub(super) struct Relays(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    agents: Vec<AnyHandle>,
    numbers: HashMap<AnyHandle, usize>,
}

impl Relays {
    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows an agent; returns what it is called, or `None` if too many are shown already.
    pub(super) fn show(&self, agent: AnyHandle) -> Option<String> {
        let mut shown = self.lock();
        let number = match shown.numbers.get(&agent) {
            Some(number) => *number,
            None if shown.agents.len() >= RELAY_LIMIT => return None,
            None => {
                let number = shown.agents.len();
                shown.agents.push(agent.clone());
                shown.numbers.insert(agent, number);
                number
            }
        };
        Some(format!("{MARK}{number}"))
    }

    /// Returns the agent that is called so, if it was shown; `None` if such a name is no relay's.
    pub(super) fn find(&self, aid: &str) -> Option<Option<AnyHandle>> {
        let number = aid.strip_prefix(MARK)?;
        let shown = self.lock();
        Some(number.parse().ok().and_then(|number: usize| shown.agents.get(number).cloned()))
    }
}
