//! Connecting: a handle of an agent at an address, once it answers.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use lyceum_wire::{Address, AddressError};
use serde::Deserialize;
use thiserror::Error;

use super::{Question, Remote, RemoteKind, Status};
use crate::cell::Place;
use crate::clock::Sleep;
use crate::handle::recipient_at;
use crate::node::Shared;
use crate::{AnyHandle, CallError, Handle, Node, Recipient, ReviveError, Target};

/// How long one try may take.
const TRY_LIMIT: Duration = Duration::from_secs(10);
/// How long to wait before the next try, at first.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// How long to wait before the next try, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A handle of an agent at an address, once it answers; await it.
///
/// The agent may be one of the node itself, or of another one that an exchange of the node leads
/// to.
///
/// # Cancel safety
///
/// Dropping it gives up.
#[must_use = "this does nothing unless awaited"]
pub struct Connect<H> {
    node: Arc<Shared>,
    address: Result<Address, AddressError>,
    patience: Duration,
    handle: PhantomData<fn() -> H>,
}

/// Says why there is no handle of an agent at an address.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The text is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The address leads nowhere from here, or to an agent of another type.
    #[error(transparent)]
    Revive(#[from] ReviveError),
    /// The agent did not answer.
    #[error("cannot connect to `{address}`")]
    Unreachable {
        /// The address.
        address: Box<Address>,
        /// Why it did not answer.
        #[source]
        cause: CallError,
    },
}

/// A handle that an agent at an address can be checked for.
pub trait Connected: Sized + Send + 'static {
    /// Returns the handle, if the agent is of its type.
    ///
    /// # Errors
    ///
    /// Says which type was expected.
    fn of(agent: AnyHandle) -> Result<Self, ReviveError>;
}

impl Connected for AnyHandle {
    fn of(agent: AnyHandle) -> Result<Self, ReviveError> {
        Ok(agent)
    }
}

impl<A: Target + ?Sized + 'static> Connected for Handle<A> {
    fn of(agent: AnyHandle) -> Result<Self, ReviveError> {
        agent.downcast().map_err(|agent| ReviveError::OtherType {
            address: agent.address(),
            expected: A::NAME,
            found: agent.type_name().into(),
        })
    }
}

impl<H: Connected> Connect<H> {
    /// Connects to the agent at an address, by the exchanges that are attached to the node.
    pub fn new(node: &Node, address: &str) -> Self {
        let node = node.shared().clone();
        Self { node, address: address.parse(), patience: Duration::ZERO, handle: PhantomData }
    }

    /// Tries again for so long while the agent or its node is not there yet.
    ///
    /// One try is made unless this is set.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    async fn run(self) -> Result<H, ConnectError> {
        let address = self.address?;
        let node = self.node.clone();
        let end = node.clock.now() + self.patience;
        let mut pause = FIRST_PAUSE;
        loop {
            let failed = match find(&node, &address).await {
                Ok(agent) => return Ok(H::of(agent)?),
                Err(failed) => failed,
            };
            let next = node.clock.now() + pause;
            if next > end || !failed.may_pass() {
                return Err(failed);
            }
            Sleep::until(node.clone(), next).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Makes one try.
async fn find(node: &Arc<Shared>, address: &Address) -> Result<AnyHandle, ConnectError> {
    let recipient = recipient_at(node, address)?;
    let Place::There(remote) = recipient.place() else { return Ok(AnyHandle::of(recipient)) };
    let asked = remote.peer().ask(remote.agent(), Question::Status);
    let limit = Sleep::until(node.clone(), node.clock.now() + TRY_LIMIT);
    // As its exchange writes it: what was given may have a password in it.
    let unreachable = |cause| {
        let address = Box::new(remote.peer().address(remote.agent()));
        ConnectError::Unreachable { address, cause }
    };
    let told = match select(asked, limit).await {
        Either::Left((told, _)) => told.map_err(unreachable)?,
        Either::Right(_) => return Err(unreachable(CallError::Timeout(remote.fault("status")))),
    };
    let status = Status::deserialize(told).map_err(|error| {
        unreachable(CallError::Codec(remote.fault("status").with_detail(error.to_string())))
    })?;
    let kind = RemoteKind { name: status.kind, interfaces: status.interfaces };
    let known = Remote::new(remote.peer().clone(), remote.agent().clone(), Some(Arc::new(kind)));
    Ok(AnyHandle::of(Recipient::remote(node.clone(), known)))
}

impl ConnectError {
    /// Returns whether the next try may find the agent.
    fn may_pass(&self) -> bool {
        match self {
            Self::Address(_) => false,
            Self::Revive(error) => matches!(error, ReviveError::NoAgent(_)),
            Self::Unreachable { cause, .. } => matches!(
                cause,
                CallError::Disconnected(_) | CallError::NoSuchAgent(_) | CallError::Timeout(_)
            ),
        }
    }
}

impl<H: Connected> IntoFuture for Connect<H> {
    type Output = Result<H, ConnectError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let node = self.node.clone();
        Box::pin(async move { node.driven(self.run()).await })
    }
}

impl<H> fmt::Debug for Connect<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the address, which may have a password in it.
        f.debug_struct("Connect").field("patience", &self.patience).finish_non_exhaustive()
    }
}
