//! What can be asked of a reference to an agent, whatever its type.

use std::future::poll_fn;
use std::task::{Poll, Waker};

use lyceum_wire::Address;

use crate::AgentRef;
use crate::life::Mode;

impl AgentRef {
    /// Returns the agent's address.
    pub fn address(&self) -> Address {
        self.node.address(self.id)
    }

    /// Returns why the agent ended, as text.
    pub(crate) fn reason_text(&self) -> String {
        let reason = self.extras().as_ref().and_then(|extras| extras.reason.clone());
        reason.unwrap_or(crate::DownReason::Stopped).to_string()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        matches!(self.mode(), Mode::Stopping | Mode::Ended)
    }

    /// Waits until the agent begins to stop.
    pub(crate) async fn wait_stopping(&self) {
        poll_fn(|cx| {
            let mut extras = self.extras();
            if self.is_stopping() {
                return Poll::Ready(());
            }
            let wakers = &mut extras.get_or_insert_with(Box::default).stop_wakers;
            if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
                wakers.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Sets a flag, and wakes those who wait for it.
    pub(crate) fn set_flag(&self, name: &str) {
        let wakers = self.with_extras(|extras| {
            let flag = extras.flags.entry(name.into()).or_default();
            flag.set = true;
            std::mem::take(&mut flag.wakers)
        });
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until a flag is set, and clears it.
    pub(crate) async fn wait_flag(&self, name: &str) {
        poll_fn(|cx| {
            self.with_extras(|extras| {
                let flag = extras.flags.entry(name.into()).or_default();
                if std::mem::take(&mut flag.set) {
                    return Poll::Ready(());
                }
                flag.wakers.retain(|waker| !waker.will_wake(cx.waker()));
                flag.wakers.push(cx.waker().clone());
                Poll::Pending
            })
        })
        .await;
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
                let reason = crate::DownReason::Linked(format!("{one:?}: {}", one.reason_text()));
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
