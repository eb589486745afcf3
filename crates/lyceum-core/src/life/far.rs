//! The ends of agents elsewhere: waited for, monitored, and spread by links.

use futures_util::future::BoxFuture;
use lyceum_wire::Address;
use serde::Deserialize;
use serde_json::Value;

use super::{Down, DownReason, Extras, fail};
use crate::cell::Place;
use crate::exchange::{Question, Remote};
use crate::node::Job;
use crate::{AgentRef, CallError, Recipient};

/// Waits until an agent elsewhere is gone for good, or nobody knows any more.
pub(super) fn ended(target: &Recipient, remote: &Remote) -> BoxFuture<'static, DownReason> {
    let asked = target.node.ahead(remote.peer().ask(remote.agent(), Question::Ended));
    let node = target.node.clone();
    Box::pin(async move { node.driven(async move { reason(asked.await) }).await })
}

/// Waits for the end of the present generation of an agent elsewhere.
pub(super) fn down(target: &Recipient, remote: &Remote) -> BoxFuture<'static, Down> {
    let asked = target.node.ahead(remote.peer().ask(remote.agent(), Question::Monitor));
    let (node, address) = (target.node.clone(), remote.address());
    Box::pin(async move { node.driven(async move { news(address, asked.await) }).await })
}

fn news(address: Address, told: Result<Value, CallError>) -> Down {
    let down = told.as_ref().ok().and_then(|told| Down::deserialize(told).ok());
    down.unwrap_or_else(|| {
        let reason = reason(told);
        Down { address, generation: 0, reason, restarts: false }
    })
}

fn reason(told: Result<Value, CallError>) -> DownReason {
    match told {
        Ok(told) => serde_json::from_value(told).unwrap_or(DownReason::Gone),
        Err(CallError::NoSuchAgent(_) | CallError::Terminated(_)) => DownReason::Gone,
        Err(error) => DownReason::Disconnected(error.to_string()),
    }
}

/// Lets an agent go down with one elsewhere.
pub(crate) fn link_far(agent: &AgentRef, other: &Recipient) {
    let Place::There(remote) = other.place() else { return };
    let address = remote.address();
    let known = |extras: &mut Extras| extras.far_links.iter().any(|link| link.0 == address);
    if agent.with_extras(known) {
        return;
    }
    let (down, this, gone) = (down(other, remote), agent.clone(), address.clone());
    let watch = agent.node.spawn(None, async move {
        let down = down.await;
        let done = this.with_extras(|extras| take_link(extras, &gone));
        if let Some(done) = done {
            // It is ending here: there is nothing left to cancel.
            done.detach();
        }
        if !down.reason.is_normal() {
            fail(&this, DownReason::Linked(format!("{gone}: {}", down.reason)));
        }
    });
    agent.with_extras(|extras| extras.far_links.push((address, watch)));
}

/// Removes such a link.
pub(crate) fn unlink_far(agent: &AgentRef, other: &Recipient) {
    let address = other.address();
    // Bound to a variable: it is dropped after the lock.
    let _watch = agent.with_extras(|extras| take_link(extras, &address));
}

fn take_link(extras: &mut Extras, address: &Address) -> Option<Job<()>> {
    let index = extras.far_links.iter().position(|(linked, _)| linked == address)?;
    Some(extras.far_links.swap_remove(index).1)
}
