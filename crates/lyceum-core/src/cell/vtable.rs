//! What the type-erased parts of the cell need to know of types.

use std::any::{Any, TypeId};
use std::ptr::NonNull;
use std::task;

use futures_util::future::BoxFuture;
use lyceum_wire::AgentDescription;

use super::block::Block;
use super::header::Header;
use super::profile::Profile;
use super::recipient::Class;
use crate::{ActionInfo, Agent, AgentRef, BoxError, CallError, Route};

/// What is known of a type of agent.
#[repr(C)]
pub(crate) struct AgentVTable {
    /// What is known of all recipients; the base of a cell points to it.
    pub(super) class: Class,
    pub(crate) name: &'static str,
    /// What handles are looked up by.
    pub(crate) client_id: TypeId,
    /// Drops the agent's state in place. Only the holder calls it, once.
    pub(super) drop_state: unsafe fn(NonNull<Header>),
    pub(crate) interface: fn(TypeId) -> Option<&'static (dyn Any + Send + Sync)>,
    pub(crate) describe: fn() -> AgentDescription,
    pub(crate) route: fn(&str) -> Option<&'static Route>,
    pub(crate) interfaces: fn() -> Vec<String>,
    /// Returns a flag that a behaviour waits for, by its name.
    pub(crate) flag: fn(&str) -> Option<&'static str>,
    /// Whether the type has behaviours, subscriptions or hooks.
    pub(crate) life: Life,
    /// Runs the start hook in a turn.
    pub(crate) start: fn(AgentRef) -> HookRun,
    /// Runs the stop hook in a turn, after the turns that run.
    pub(crate) stop: fn(AgentRef) -> HookRun,
    /// Waits until the mailbox is served.
    pub(crate) ping: fn(AgentRef) -> PingRun,
    /// Starts behaviours and subscriptions, after the start hook.
    pub(crate) begin: fn(&AgentRef),
    /// Puts a new state into the cell. Only the holder calls it, while there is none.
    pub(super) put_state: unsafe fn(&AgentRef, Box<dyn Any + Send>),
}

/// The way of a ping.
pub(crate) type PingRun = BoxFuture<'static, Result<(), CallError>>;

/// The run of a hook.
pub(crate) type HookRun = BoxFuture<'static, Result<(), CallError<BoxError>>>;

/// What happens at the ends of an agent's life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) on_start: bool,
    pub(crate) on_stop: bool,
    pub(crate) behaviours: bool,
    pub(crate) subscriptions: bool,
}

impl Life {
    /// Returns what happens at the ends of the life of agents of type `A`.
    pub(crate) const fn of<A: Agent>() -> Self {
        let blueprint = const { &A::BLUEPRINT };
        let mut life = Self {
            on_start: blueprint.on_start.is_some(),
            on_stop: blueprint.on_stop.is_some(),
            behaviours: !blueprint.behaviours.is_empty(),
            subscriptions: !blueprint.subscriptions.is_empty(),
        };
        let mut index = 0;
        while index < blueprint.interfaces.len() {
            life.behaviours |= !blueprint.interfaces[index].behaviours.is_empty();
            life.subscriptions |= !blueprint.interfaces[index].subscriptions.is_empty();
            index += 1;
        }
        life
    }

    /// Returns whether a launch has more to do than to make the cell.
    pub(crate) const fn is_eventful(self) -> bool {
        self.on_start || self.behaviours || self.subscriptions
    }
}

/// How a turn went, seen by the holder that polled it.
pub(super) type TurnPoll = task::Poll<()>;

/// What is known of a kind of message to a type of agent.
pub(crate) struct BlockVTable {
    pub(crate) info: &'static ActionInfo,
    pub(crate) profile: fn() -> &'static Profile,
    /// The largest of message, future and result, in bytes.
    pub(super) size: usize,
    /// How the payload is to be aligned.
    pub(super) align: usize,
    /// Turns the message in the payload into the action's future. May panic, after which the
    /// content is empty.
    pub(super) build: unsafe fn(NonNull<Block>),
    /// Polls the future in the payload; once it is done the payload holds the result.
    pub(super) poll: unsafe fn(NonNull<Block>, &mut task::Context<'_>) -> TurnPoll,
    /// Whether dropping a result does nothing.
    pub(super) plain_result: bool,
    pub(super) drop_message: unsafe fn(NonNull<u8>),
    pub(super) drop_future: unsafe fn(NonNull<u8>),
    pub(super) drop_result: unsafe fn(NonNull<u8>),
}
