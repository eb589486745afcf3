//! Turns that an agent takes by itself: hooks, behaviours, `cx.with`.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use lyceum_wire::AccessKind;

use crate::call::{CallOptions, CallResult, State, poll_ticket, submit_to};
use crate::cell::{Entry, HookRun, PingRun, Profile};
use crate::{
    Action, ActionInfo, Agent, AgentRef, BoxError, Context, Detached, Dispatch, Exclusive, Message,
    NoError, OnCancel, Recipient,
};

/// A turn of an agent's own, ahead of messages and without a deadline.
pub(crate) struct OwnTurn<A: Agent, M: Action<A>> {
    // Before the target: a ticket is dropped while its agent is surely alive.
    state: State<M>,
    target: AgentRef,
    options: CallOptions,
    agent: PhantomData<fn() -> A>,
}

impl<A: Agent, M: Action<A>> OwnTurn<A, M> {
    pub(crate) fn new(target: AgentRef, message: M) -> Self {
        Self::with_options(target, message, CallOptions::own_turn())
    }

    fn with_options(target: AgentRef, message: M, options: CallOptions) -> Self {
        Self { state: State::Fresh(message), target, options, agent: PhantomData }
    }
}

impl<A: Agent, M: Action<A>> Future for OwnTurn<A, M> {
    type Output = CallResult<M>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let State::Fresh(_) = this.state {
            let State::Fresh(message) = std::mem::replace(&mut this.state, State::Done) else {
                unreachable!("the state was just looked at");
            };
            let entry = Entry::<M>::of::<A>();
            match submit_to(entry, this.target.recipient(), message, &this.options) {
                Ok(result) => return Poll::Ready(result),
                Err(wait) => this.state = wait.into(),
            }
        }
        poll_ticket(this.target.recipient(), &mut this.state, cx)
    }
}

// Nothing in a turn's wait is pinned.
impl<A: Agent, M: Action<A>> Unpin for OwnTurn<A, M> {}

/// Runs the start hook in a turn.
pub(crate) fn run_start_hook<A: Agent>(agent: AgentRef) -> HookRun {
    Box::pin(OwnTurn::<A, _>::new(agent, StartTurn))
}

/// Runs the stop hook in a turn, after the turns that run.
pub(crate) fn run_stop_hook<A: Agent>(agent: AgentRef) -> HookRun {
    Box::pin(OwnTurn::<A, _>::new(agent, StopTurn))
}

/// Waits until the agent's mailbox is served, whatever is suspended.
pub(crate) fn run_ping<A: Agent>(agent: AgentRef) -> PingRun {
    let options = CallOptions { control: true, ..CallOptions::default() };
    Box::pin(OwnTurn::<A, _>::with_options(agent, PingTurn, options))
}

/// The start hook as a turn.
pub(crate) struct StartTurn;

/// The stop hook as a turn; without one, waits for the turns that run.
pub(crate) struct StopTurn;

/// A turn that touches nothing.
struct PingTurn;

/// A closure that reaches the state.
pub(crate) struct With<F, T>(pub(crate) F, pub(crate) PhantomData<fn() -> T>);

const fn own(name: &'static str, access: AccessKind) -> ActionInfo {
    ActionInfo {
        owner: "agent",
        name,
        doc: "",
        access,
        dispatch: Dispatch::Inline,
        on_cancel: OnCancel::Finish,
        timeout: None,
        durable: false,
    }
}

macro_rules! hook {
    ($turn:ty, $name:literal, $run:ident) => {
        impl Message for $turn {
            type Output = ();
            type Error = BoxError;
            const INFO: &'static ActionInfo = &own($name, AccessKind::Exclusive);

            fn profile() -> &'static Profile {
                static PROFILE: Profile = Profile::new();
                &PROFILE
            }

            fn entry(_: &Recipient) -> Option<Entry<Self>> {
                None
            }
        }

        impl<A: Agent> Action<A> for $turn {
            type Access = Exclusive;

            async fn run<'a>(self, agent: &'a mut A, cx: &'a Context<A>) -> Result<(), BoxError> {
                $run(agent, cx).await
            }
        }
    };
}

hook!(StartTurn, "on_start", start);
hook!(StopTurn, "on_stop", close);

async fn start<A: Agent>(agent: &mut A, cx: &Context<A>) -> Result<(), BoxError> {
    if let Some(hook) = A::BLUEPRINT.on_start {
        hook(agent, cx).await?;
    }
    cx.header().standing.set_started(true);
    Ok(())
}

/// What never started has nothing to stop: its start was overtaken by the stop, or failed.
async fn close<A: Agent>(agent: &mut A, cx: &Context<A>) -> Result<(), BoxError> {
    match A::BLUEPRINT.on_stop {
        Some(hook) if cx.header().standing.has_started() => hook(agent, cx).await,
        _ => Ok(()),
    }
}

impl Message for PingTurn {
    type Output = ();
    type Error = NoError;
    const INFO: &'static ActionInfo = &own("ping", AccessKind::Detached);

    fn profile() -> &'static Profile {
        static PROFILE: Profile = Profile::new();
        &PROFILE
    }

    fn entry(_: &Recipient) -> Option<Entry<Self>> {
        None
    }
}

impl<A: Agent> Action<A> for PingTurn {
    type Access = Detached;

    async fn run(self, (): (), _: &Context<A>) -> Result<(), NoError> {
        Ok(())
    }
}

impl<F: Send + 'static, T: Send + 'static> Message for With<F, T> {
    type Output = T;
    type Error = NoError;
    const INFO: &'static ActionInfo = &own("with", AccessKind::Exclusive);

    fn profile() -> &'static Profile {
        static PROFILE: Profile = Profile::new();
        &PROFILE
    }

    fn entry(_: &Recipient) -> Option<Entry<Self>> {
        None
    }
}

impl<A, F, T> Action<A> for With<F, T>
where
    A: Agent,
    F: FnOnce(&mut A) -> T + Send + 'static,
    T: Send + 'static,
{
    type Access = Exclusive;

    async fn run<'a>(self, agent: &'a mut A, _: &'a Context<A>) -> Result<T, NoError> {
        Ok((self.0)(agent))
    }
}
