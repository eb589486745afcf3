//! Mailboxes of agents on exchanges.

#[cfg(feature = "academy")]
use lyceum_core::exchange::Door;
use lyceum_core::{AnyHandle, Node};
#[cfg(feature = "academy")]
use lyceum_exchange::academy::{AcademyExt, EntityId, OpenError, Role, Uuid};
use lyceum_wire::AgentName;

use crate::ticket::MailboxAt;

/// An agent's mailbox on an exchange.
pub(crate) struct Lodging {
    #[cfg(feature = "academy")]
    registered: lyceum_exchange::academy::Registered,
}

/// Gives an agent its mailbox on an exchange, with all that waits in it.
///
/// # Errors
///
/// Says why it has none.
#[cfg(feature = "academy")]
pub(crate) async fn lodge(
    node: &Node,
    agent: &AnyHandle,
    at: &MailboxAt,
) -> Result<Lodging, String> {
    open(node, at)?;
    // It outlives this start of the agent, however that ends.
    let register = node.register_mailbox(&at.url, agent).keep();
    let register = if at.has_id() { register.id(number(at)?) } else { register };
    Ok(Lodging { registered: register.await.map_err(|error| failed(&error))? })
}

/// Lets handles of agents on an exchange lead there.
///
/// # Errors
///
/// Says why they cannot.
#[cfg(feature = "academy")]
pub(crate) fn open(node: &Node, at: &MailboxAt) -> Result<(), String> {
    let academy = node.academy();
    at.token
        .as_ref()
        .map_or(Ok(()), |token| academy.authorize(&at.url, token).map_err(|error| failed(&error)))
}

/// Returns the handle that leads to who has a mailbox, or will have it.
///
/// # Errors
///
/// Says why there is none.
#[cfg(feature = "academy")]
pub(crate) fn tenant(node: &Node, at: &MailboxAt) -> Result<AnyHandle, String> {
    open(node, at)?;
    let address =
        node.academy().mailbox_address(&at.url, number(at)?).map_err(|error| failed(&error))?;
    Door::of(node).revive(&address).map_err(|error| error.to_string())
}

/// Makes the mailbox of an agent that comes later.
///
/// # Errors
///
/// Says why there is none.
#[cfg(feature = "academy")]
pub(crate) async fn make(
    node: &Node,
    at: &MailboxAt,
    name: &AgentName,
    kind: &str,
) -> Result<(), String> {
    let id = EntityId { uid: number(at)?, name: Some(name.to_string()), role: Role::Agent };
    node.academy().make_mailbox(&at.url, &id, kind).await.map(drop).map_err(|error| failed(&error))
}

/// Ends a mailbox that nobody has any more.
#[cfg(feature = "academy")]
pub(crate) async fn terminate(node: &Node, at: &MailboxAt) {
    let Ok(uid) = number(at) else { return };
    if let Err(error) = node.academy().terminate_mailbox(&at.url, uid).await {
        tracing::debug!(%error, "a mailbox that nobody has is left behind");
    }
}

#[cfg(feature = "academy")]
fn failed(error: &OpenError) -> String {
    lyceum_core::full_text(error)
}

#[cfg(feature = "academy")]
fn number(at: &MailboxAt) -> Result<Uuid, String> {
    let id = at.id.as_deref().unwrap_or_default();
    id.parse().map_err(|_| format!("`{id}` is no id of a mailbox: expected a UUID"))
}

/// Says that this program knows no exchanges.
#[cfg(not(feature = "academy"))]
pub(crate) fn open(_: &Node, at: &MailboxAt) -> Result<(), String> {
    let url = &at.url;
    Err(format!("cannot use `{url}`: this program was built without the feature `academy`"))
}

#[cfg(not(feature = "academy"))]
pub(crate) async fn lodge(node: &Node, _: &AnyHandle, at: &MailboxAt) -> Result<Lodging, String> {
    open(node, at).map(|()| Lodging {})
}

#[cfg(not(feature = "academy"))]
pub(crate) fn tenant(node: &Node, at: &MailboxAt) -> Result<AnyHandle, String> {
    Err(open(node, at).expect_err("it knows no exchanges"))
}

#[cfg(not(feature = "academy"))]
pub(crate) async fn make(
    node: &Node,
    at: &MailboxAt,
    _: &AgentName,
    _: &str,
) -> Result<(), String> {
    open(node, at)
}

#[cfg(not(feature = "academy"))]
pub(crate) async fn terminate(_: &Node, _: &MailboxAt) {}

impl Lodging {
    /// Leaves the mailbox to whoever has it next, with what waits in it.
    #[cfg_attr(not(feature = "academy"), expect(clippy::unused_async, reason = "there is none"))]
    pub(crate) async fn leave(self) {
        #[cfg(feature = "academy")]
        self.registered.stop().await;
    }

    /// Ends the mailbox for good: its agent is done.
    #[cfg_attr(not(feature = "academy"), expect(clippy::unused_async, reason = "there is none"))]
    pub(crate) async fn terminate(self) {
        #[cfg(feature = "academy")]
        self.registered.terminate().await;
    }
}
