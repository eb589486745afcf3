//! Mailboxes of agents on exchanges.

use lyceum_core::{AnyHandle, Node};

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
    use lyceum_core::full_text;
    use lyceum_exchange::academy::{AcademyExt, Uuid};

    let failed = |error: lyceum_exchange::academy::OpenError| full_text(&error);
    if let Some(token) = &at.token {
        node.academy().authorize(&at.url, token).map_err(failed)?;
    }
    // It outlives this start of the agent, however that ends.
    let register = node.register_mailbox(&at.url, agent).keep();
    let register = match &at.id {
        Some(id) => {
            let uid: Result<Uuid, _> = id.parse();
            register.id(uid.map_err(|_| format!("`{id}` is no id of a mailbox: expected a UUID"))?)
        }
        None => register,
    };
    Ok(Lodging { registered: register.await.map_err(failed)? })
}

/// Says that this program knows no exchanges.
#[cfg(not(feature = "academy"))]
pub(crate) async fn lodge(_: &Node, _: &AnyHandle, at: &MailboxAt) -> Result<Lodging, String> {
    let url = &at.url;
    Err(format!("cannot use `{url}`: this program was built without the feature `academy`"))
}

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
