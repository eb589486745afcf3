//! Batches: agents that start together, and may know each other before.

use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use lyceum_core::{Agent, AnyHandle, Handle, Node, Restart, Value};

use super::Children;
use super::child::{Child, Order, Seat};
use super::launch::{StartError, Terms};
use crate::lodging;
use crate::registry::Reserved;
use crate::ticket::MailboxAt;

/// Agents that start together, and may know each other before.
///
/// A member has its handle as soon as it is [reserved](Self::reserve), and so arguments of others
/// may hold it. Calls by it wait until the member is ready, and whoever starts with it. All start,
/// or none stays.
///
/// ```
/// use lyceum::manager::{InProcess, Manager, Registry};
/// use lyceum::prelude::*;
/// use serde_json::json;
///
/// #[derive(serde::Deserialize)]
/// struct Player { other: Handle<Player> }
///
/// #[agent]
/// impl Player {
///     #[action]
///     fn value(&self) -> u64 { 42 }
///
///     #[action]
///     async fn ask(&self) -> Result<u64, String> {
///         self.other.value().await.map_err(|error| error.to_string())
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> lyceum::Result<()> {
/// let node = Node::local();
/// let launcher = InProcess::new(Registry::default().with::<Player>());
/// let manager = Manager::builder(&node).start(launcher).await?;
///
/// let mut batch = manager.batch();
/// let left: Handle<Player> = batch.reserve("left")?;
/// let right: Handle<Player> = batch.reserve("right")?;
/// batch.made_from("left", &json!({ "other": right }))?;
/// batch.made_from("right", &json!({ "other": left }))?;
/// batch.start().await?;
/// assert_eq!(left.ask().await?, 42);
/// # Ok(())
/// # }
/// ```
#[must_use = "a batch starts by `start`; dropping it gives it up"]
pub struct Batch {
    children: Arc<Children>,
    launcher: Option<String>,
    terms: Terms,
    members: Vec<Member>,
}

struct Member {
    child: Arc<Child>,
    arguments: Value,
    terms: Terms,
    /// Of one on the manager's own node.
    reserved: Option<Box<dyn Reserved>>,
}

impl Batch {
    pub(super) fn new(children: &Arc<Children>) -> Self {
        Self {
            children: children.clone(),
            launcher: None,
            terms: Terms::default(),
            members: Vec::new(),
        }
    }

    /// Uses the launcher of that name for members that are reserved from now on, or the usual one.
    pub fn on<'l>(&mut self, launcher: impl Into<Option<&'l str>>) -> &mut Self {
        self.launcher = launcher.into().map(Into::into);
        self
    }

    /// Restarts members that are reserved from now on by this policy, or by none.
    pub fn restart(&mut self, policy: Option<Restart>) -> &mut Self {
        self.terms.restart = policy;
        self
    }

    /// Tries the first start of members that are reserved from now on again so often.
    pub fn retries(&mut self, times: u32) -> &mut Self {
        self.terms.retries = times;
        self
    }

    /// Asks members that are reserved from now on by this action whether they are ready; see
    /// [`LaunchChild::ready_by`](super::LaunchChild::ready_by).
    pub fn ready_by(&mut self, action: Option<&str>) -> &mut Self {
        self.terms.ready = action.map(Into::into);
        self
    }

    /// Gives members that are reserved from now on a mailbox on an exchange, or none.
    pub fn mailbox(&mut self, mailbox: Option<MailboxAt>) -> &mut Self {
        self.terms.mailbox = mailbox;
        self
    }

    /// Reserves the name of a member, and returns its handle.
    ///
    /// # Errors
    ///
    /// The name is taken or none, or there is no such launcher or type.
    pub fn reserve<A: Agent>(&mut self, name: &str) -> Result<Handle<A>, StartError> {
        let handle = self.reserve_any(A::NAME, name)?;
        Ok(handle.downcast().expect("the type of an agent is taken on trust"))
    }

    /// Reserves the name of a member whose type is only known by its name.
    ///
    /// # Errors
    ///
    /// As for [`reserve`](Self::reserve).
    pub fn reserve_any(&mut self, kind: &str, name: &str) -> Result<AnyHandle, StartError> {
        let children = &self.children;
        let child = children.enlist(kind, Some(name), self.launcher.as_deref())?;
        let forget = |why: String| {
            let error = StartError::of(&child, why);
            child.abandon("it was never launched");
            error
        };
        let reserved = match (&child.seat, children.site_of(&child).launcher.registry()) {
            (Seat::Here(place), Some(registry)) => {
                let reserved = registry.reserve(&children.node, kind, &child.name);
                let reserved = reserved.map_err(forget)?;
                // It was enlisted just now.
                let _ = place.set(reserved.handle());
                Some(reserved)
            }
            _ => None,
        };
        let mut terms = self.terms.clone();
        let mailbox = terms.mailbox.take().map(|mailbox| children.numbered(&child.name, mailbox));
        let handle = match mailbox.as_ref().filter(|mailbox| mailbox.is_known) {
            Some(mailbox) => lodging::tenant(&children.node, mailbox).map_err(forget)?,
            None => children.revive(&child).ok_or_else(|| forget("its node has ended".into()))?,
        };
        terms.mailbox = mailbox;
        self.members.push(Member { child, arguments: Value::Null, terms, reserved });
        Ok(handle)
    }

    /// Says what a member is made from; from nothing unless set.
    ///
    /// # Errors
    ///
    /// No member has the name, or the arguments have no form as JSON.
    pub fn made_from(
        &mut self,
        name: &str,
        arguments: &impl serde::Serialize,
    ) -> Result<&mut Self, StartError> {
        let member = self.members.iter_mut().find(|member| member.child.name.as_str() == name);
        let Some(member) = member else {
            let why = "it was not reserved in this batch".into();
            return Err(StartError::Start { kind: "an agent".into(), name: name.into(), why });
        };
        let kind = member.child.kind.clone();
        member.arguments = serde_json::to_value(arguments)
            .map_err(|cause| StartError::Arguments { kind, cause })?;
        Ok(self)
    }

    /// Starts all members at once, and waits until all are ready.
    ///
    /// # Errors
    ///
    /// Says which member did not start, the first one that was reserved if there are several. The
    /// others are stopped then.
    ///
    /// # Cancel safety
    ///
    /// The batch starts even if the future is dropped; where its members are
    /// [known by their mailboxes](MailboxAt::known), once these are made.
    pub async fn start(mut self) -> Result<(), StartError> {
        let known = self.known();
        let node = self.children.node.clone();
        make_mailboxes(&node, &known).await?;
        let members = std::mem::take(&mut self.members);
        let children: Vec<_> = members.iter().map(|member| member.child.clone()).collect();
        let elsewhere = |child: &&Arc<Child>| matches!(child.seat, Seat::Elsewhere { .. });
        let apart: Vec<_> = children.iter().filter(elsewhere).map(Arc::downgrade).collect();
        for child in children.iter().filter(elsewhere).filter(|_| apart.len() > 1) {
            child.await_siblings(apart.clone());
        }
        let mut begun = Vec::with_capacity(members.len());
        for Member { child, arguments, terms, reserved } in members {
            self.children.describe(&child, arguments, terms);
            begun.push((child, reserved));
        }
        self.children.hand_over(&children);
        for (child, reserved) in begun {
            self.children.clone().begin_life(&child, reserved);
        }
        let mut failed = None;
        // One after the other: they start beside each other, whoever is waited for.
        for child in &children {
            let up = child.came_up().await;
            failed = failed.or_else(|| Some((child, up.err()?)));
        }
        let Some((child, why)) = failed else { return Ok(()) };
        children.iter().for_each(|child| child.order(Order::Stop));
        join_all(children.iter().map(|child| child.ended())).await;
        join_all(known.iter().map(|(_, mailbox)| lodging::terminate(&node, mailbox))).await;
        Err(StartError::of(child, why))
    }

    /// Returns the members that others know by their mailboxes.
    fn known(&self) -> Vec<(Arc<Child>, MailboxAt)> {
        let members = self.members.iter().filter_map(|member| {
            let mailbox = member.terms.mailbox.clone().filter(|mailbox| mailbox.is_known)?;
            Some((member.child.clone(), mailbox))
        });
        members.collect()
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        for member in &self.members {
            member.child.abandon("its batch was given up");
        }
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("members", &self.members.len()).finish_non_exhaustive()
    }
}

/// Makes the mailboxes of members, in which messages wait for them.
async fn make_mailboxes(node: &Node, known: &[(Arc<Child>, MailboxAt)]) -> Result<(), StartError> {
    for (index, (child, mailbox)) in known.iter().enumerate() {
        if let Err(why) = lodging::make(node, mailbox, &child.name, &child.kind).await {
            for (_, mailbox) in &known[..index] {
                lodging::terminate(node, mailbox).await;
            }
            return Err(StartError::of(child, why));
        }
    }
    Ok(())
}
