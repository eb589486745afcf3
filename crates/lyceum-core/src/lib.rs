//! Agents in one process: cell, mailbox, handle, behaviour, topic, clock, node.
//!
//! Users depend on the crate `lyceum`, which re-exports what they need. In reading order:
//!
//! - [`Node`] hosts agents; [`Launch`] starts one.
//! - [`Agent`], [`Message`] and [`Action`] are what the macros make of a type and its methods.
//! - [`Handle`] and [`AnyHandle`] reach an agent; [`Call`], [`Tell`] and [`Pending`] are messages
//!   under way; [`CallError`] says how a call can end.
//! - [`Context`] is what an agent gets of its surroundings.
//! - [`Behaviour`], [`Topics`], [`Restart`], [`Supervisor`]: what agents do by themselves, who
//!   hears of it, and what happens when it fails.

mod action;
mod agent;
mod behaviour;
mod call;
mod caught;
mod cell;
mod clock;
mod context;
mod error;
pub mod exchange;
mod handle;
mod life;
mod mailbox;
mod node;
#[doc(hidden)]
pub mod probe;
mod recipient;
mod reference;
mod route;
mod run;
mod stream;
#[doc(hidden)]
pub mod support;
mod topic;
mod user;

pub use action::{
    Access, Action, ActionInfo, Detached, Dispatch, Exclusive, Message, NoError, OnCancel, Shared,
    TryParts,
};
pub use agent::{Agent, Blueprint, Client, InterfaceEntry, StartHook, StopHook, Target};
pub use behaviour::{
    Behaviour, BehaviourContext, BehaviourEntry, BehaviourInfo, BehaviourState, First, Kind,
};
pub use call::{AnyCall, AnyPending, AnyTell, Call, CallOptions, Pending, Tell};
pub(crate) use cell::AgentRef;
pub use cell::{Entry, Hold, Profile, Recipient};
pub use clock::{ClockKind, Sleep, Time, TimeoutError, When};
pub use context::{BlockingError, Busy, Context, JobHandle};
pub use error::{
    BadArguments, BoxError, CallError, CallFault, DecodeError, Error, Failure, LaunchError,
    NameError, NodeError, Result, TellError, Undelivered, full_text,
};
pub use handle::{AnyHandle, Handle, ReviveError, Stats};
pub use life::{
    Backoff, Down, DownReason, Ended, FromConstructor, FromValue, Intensity, JobError, Launch,
    Launching, Leftovers, Mode, Monitor, OnFailure, Reservation, Restart, Restartable, Strategy,
    Supervisor, SupervisorBuilder,
};
pub use lyceum_wire as wire;
pub use mailbox::{DeadLetter, LostReason, Overflow};
pub use node::{ClockDriver, Finder, Node, NodeBuilder, Task, Trace, TraceEvent};
pub use route::{
    Answer, ArgumentFault, ArgumentSource, Arguments, Ends, Parameter, ReadArgument, Route,
    VisitArgument, WireMessage, many_values, one_value,
};
pub use run::block_on;
pub use schemars::{Schema, SchemaGenerator};
pub use serde_json::Value;
pub use stream::Results;
pub use topic::{
    Listener, Pattern, Publication, PublishError, Subscription, TopicError, TopicMessage,
    TopicName, Topics,
};
pub use user::{Deliver, Inbox, InboxActions, Mail, User};
