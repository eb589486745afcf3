//! What can be asked of a reference to an agent, whatever its type.

use std::task::Waker;

use lyceum_wire::{Address, AgentDescription};

use crate::cell::Standing;
use crate::exchange::Status;
use crate::life::{DownReason, Ended, Extras, Flagged, Mode, Stopping, end_now, stop};
use crate::{AgentRef, BehaviourInfo, Stats};

impl AgentRef {
    /// Returns the agent's address.
    pub(crate) fn address(&self) -> Address {
        self.node.address(self.id)
    }

    /// Returns the agent's name, if it has one.
    pub(crate) fn name(&self) -> Option<String> {
        let extras = self.extras();
        Some(extras.as_ref()?.name.as_ref()?.to_string())
    }

    /// Returns whether the agent was launched with all of these attributes.
    pub(crate) fn has_attributes(&self, wanted: &[(String, String)]) -> bool {
        if wanted.is_empty() {
            return true;
        }
        let extras = self.extras();
        let Some(extras) = extras.as_ref() else { return false };
        wanted.iter().all(|(key, value)| extras.attributes.get(key) == Some(value))
    }

    /// Returns what there is to know of the agent now.
    pub(crate) fn status(&self) -> Status {
        Status {
            id: self.id,
            name: self.name(),
            kind: self.vtable().name.into(),
            interfaces: Some((self.vtable().interfaces)()),
            mode: self.mode(),
            generation: self.generation(),
            stats: Stats::of(self),
            behaviours: self.behaviours(),
        }
    }

    /// Returns what the agent can do.
    pub(crate) fn describe(&self) -> AgentDescription {
        (self.vtable().describe)()
    }

    /// Lists the agent's behaviours.
    pub(crate) fn behaviours(&self) -> Vec<BehaviourInfo> {
        self.extras().as_ref().map_or_else(Vec::new, |extras| extras.behaviours.list())
    }

    /// Lets the agent finish what it has begun, then ends it.
    pub(crate) fn stop(&self) -> Ended {
        stop(self, DownReason::Stopped);
        self.ended()
    }

    /// Ends the agent at once.
    pub(crate) fn kill(&self) -> Ended {
        end_now(self, DownReason::Killed);
        self.ended()
    }

    /// Waits until the agent is gone for good.
    pub(crate) fn ended(&self) -> Ended {
        Ended::public(self.clone())
    }

    /// Switches the agent off; false if it is not active.
    pub(crate) fn deactivate(&self) -> bool {
        self.change(Standing::switch_off)
    }

    /// Switches the agent on again; false if it is not switched off.
    pub(crate) fn activate(&self) -> bool {
        let changed = self.change(Standing::switch_on);
        if changed {
            // What was never begun begins now.
            (self.vtable().begin)(self);
        }
        changed
    }

    /// Returns whether this is the agent's generation, and its behaviours were started.
    pub(crate) fn has_begun(&self, extras: &Extras, generation: u32) -> bool {
        extras.begun && self.generation() == generation
    }

    /// Returns why the agent or its former generation ended, as text.
    pub(crate) fn reason_text(&self) -> String {
        let reason = self.extras().as_ref().and_then(|extras| extras.reason.clone());
        match reason {
            Some(reason) => reason.to_string(),
            None if self.is_stopping() => DownReason::Stopped.to_string(),
            None => "it restarted".into(),
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        matches!(self.mode(), Mode::Stopping | Mode::Ended)
    }

    /// Waits until the agent begins to stop.
    pub(crate) fn wait_stopping(&self) -> Stopping {
        Stopping::of(self.clone())
    }

    /// Sets a flag, and wakes the behaviours that wait for it; nothing remembers any other one.
    pub(crate) fn set_flag(&self, name: &str) {
        let Some(flag) = (self.vtable().flag)(name) else { return };
        let wakers = self.with_extras(|extras| {
            let flag = extras.flags.entry(flag).or_default();
            flag.set = true;
            flag.waiters.take()
        });
        wakers.for_each(Waker::wake);
    }

    /// Waits until a flag is set, and clears it.
    pub(crate) fn wait_flag(&self, flag: &'static str) -> Flagged {
        Flagged::of(self.clone(), flag)
    }

    /// Links two agents: if one goes down and was not asked to, the other does, too.
    pub(crate) fn link(&self, other: &Self) {
        if self == other {
            return;
        }
        for (one, two) in [(self, other), (other, self)] {
            one.with_extras(|extras| {
                if !extras.links.contains(&two.id) {
                    extras.links.push(two.id);
                }
            });
        }
        for (one, two) in [(self, other), (other, self)] {
            if one.mode() == Mode::Ended {
                two.unlink(one);
                let end = one.extras().as_ref().and_then(|extras| extras.reason.clone());
                if end.is_none_or(|end| end.is_normal()) {
                    continue;
                }
                let reason = DownReason::Linked(format!("{one:?}: {}", one.reason_text()));
                crate::life::fail(two, reason);
            }
        }
    }

    /// Removes a link.
    pub(crate) fn unlink(&self, other: &Self) {
        self.with_extras(|extras| extras.links.retain(|id| *id != other.id));
        other.with_extras(|extras| extras.links.retain(|id| *id != self.id));
    }
}
