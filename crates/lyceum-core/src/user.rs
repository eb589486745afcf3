//! Users: programs that are no agents, but have an id, a mailbox and handles.

use std::fmt;
use std::future::{Future, poll_fn};
use std::task::Poll;

use lyceum_wire::{AccessKind, Address, AgentKey};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::unconstrained;

use crate::cell::{Entry, Profile};
use crate::exchange::Wire;
use crate::route::take;
use crate::{
    Action, ActionInfo, Agent, ArgumentSource, BadArguments, Blueprint, BoxError, Call, Client,
    Context, Ends, Exclusive, Handle, LaunchError, Message, Node, Parameter, Recipient, Target,
    VisitArgument, WireMessage, one_value,
};

/// How many messages wait for a user.
const MAILBOX: usize = 1024;

/// A message in a user's mailbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// What it is about.
    pub subject: String,
    /// The message.
    pub body: Value,
}

/// A program with an id and a mailbox of its own: others reach it as agents reach each other.
///
/// Dropping it ends its mailbox.
///
/// ```
/// # use lyceum::prelude::*;
/// # use serde_json::json;
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let mut ada = node.user("ada").await?;
/// let postbox: Handle<Inbox> = ada.handle();
/// postbox.deliver("greeting".into(), json!("hello")).await?;
/// let mail = ada.receive().await.expect("the node lives");
/// assert_eq!(mail.body, json!("hello"));
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
pub struct User {
    handle: Handle<Inbox>,
    mail: mpsc::Receiver<Mail>,
}

/// The agent behind a user: takes mail.
pub struct Inbox {
    sender: mpsc::Sender<Mail>,
}

/// Typed client of [`Inbox`].
pub struct InboxActions(Recipient);

/// Mail on its way to a user.
pub struct Deliver(Mail);

impl User {
    pub(crate) async fn register(node: &Node, name: &str) -> Result<Self, LaunchError> {
        let (sender, mail) = mpsc::channel(MAILBOX);
        let handle = node.launch(Inbox { sender }).named(name).await?;
        Ok(Self { handle, mail })
    }

    /// Returns how the user is called on its node.
    pub fn key(&self) -> AgentKey {
        self.handle.key()
    }

    /// Returns the user's address.
    pub fn address(&self) -> Address {
        self.handle.address()
    }

    /// Returns a handle by which others reach the user.
    pub fn handle(&self) -> Handle<Inbox> {
        self.handle.clone()
    }

    /// Waits for the next message; `None` once the node has ended.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped.
    pub async fn receive(&mut self) -> Option<Mail> {
        poll_fn(|cx| {
            loop {
                // Tokio's budget must not look like an empty mailbox.
                let receive = poll_fn(|cx| self.mail.poll_recv(cx));
                let polled = std::pin::pin!(unconstrained(receive)).poll(cx);
                if polled.is_ready() || !self.handle.recipient().node.drive(cx) {
                    return polled;
                }
            }
        })
        .await
    }

    /// Returns the next message if one is there.
    pub fn try_receive(&mut self) -> Option<Mail> {
        match poll_now(&mut self.mail) {
            Poll::Ready(mail) => mail,
            Poll::Pending => None,
        }
    }
}

fn poll_now(mail: &mut mpsc::Receiver<Mail>) -> Poll<Option<Mail>> {
    mail.try_recv().map_or(Poll::Pending, |mail| Poll::Ready(Some(mail)))
}

impl Drop for User {
    fn drop(&mut self) {
        // Nobody waits for it here.
        self.handle.stop();
    }
}

impl InboxActions {
    /// Puts a message into the user's mailbox, and waits for room in it.
    pub fn deliver(&self, subject: String, body: Value) -> Call<'_, Deliver> {
        Call::new(&self.0, Deliver(Mail { subject, body }))
    }
}

impl Client for InboxActions {
    fn wrap(target: Recipient) -> Self {
        Self(target)
    }

    fn target(&self) -> &Recipient {
        &self.0
    }
}

impl Target for Inbox {
    type Actions = InboxActions;
    const NAME: &'static str = "User";
}

impl Agent for Inbox {
    const BLUEPRINT: Blueprint<Self> =
        Blueprint { doc: "A program.", routes: &[Deliver::ENDS.route], ..Blueprint::EMPTY };
}

impl Message for Deliver {
    type Output = ();
    type Error = BoxError;
    const INFO: &'static ActionInfo = &ActionInfo {
        doc: "Puts a message into the user's mailbox, and waits for room in it.",
        ..ActionInfo::new("User", "deliver", AccessKind::Exclusive)
    };

    fn profile() -> &'static Profile {
        static PROFILE: Profile = Profile::new();
        &PROFILE
    }

    fn entry(_: &Recipient) -> Option<Entry<Self>> {
        Some(Entry::of::<Inbox>())
    }

    fn wire() -> Option<Wire<Self>> {
        Some(Self::ENDS.wire)
    }
}

impl Action<Inbox> for Deliver {
    type Access = Exclusive;

    async fn run<'a>(self, inbox: &'a mut Inbox, _: &'a Context<Inbox>) -> Result<(), BoxError> {
        Ok(inbox.sender.send(self.0).await?)
    }
}

impl WireMessage for Deliver {
    const ENDS: Ends<Self> = one_value();
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::of::<String>("subject"), Parameter::of::<Value>("body")];

    fn from_arguments(arguments: &mut dyn ArgumentSource) -> Result<Self, BadArguments> {
        let (subject, body) = (take(arguments, "subject")?, take(arguments, "body")?);
        Ok(Self(Mail { subject, body }))
    }

    fn visit(&self, visit: VisitArgument<'_>) {
        visit("subject", &self.0.subject);
        visit("body", &self.0.body);
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({})", self.handle)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbox")
    }
}

impl fmt::Debug for InboxActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InboxActions({:?})", self.0)
    }
}

impl fmt::Debug for Deliver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deliver")
    }
}
