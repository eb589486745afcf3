//! Behaviours that are values, with state, subscriptions and a bounded queue of their own.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::BehaviourState;
use super::schedule::{failed, note};
use crate::clock::{Sleep, When};
use crate::life::try_run_job;
use crate::topic::{Listener, Pattern, Publication, TopicError};
use crate::{Agent, BoxError, Context};

/// A behaviour with state of its own, which an agent of type `A` adds and removes while it runs.
///
/// `setup` runs first, then `run`; `teardown` follows when `run` returns, also because the agent
/// stops. Removing the behaviour drops it.
///
/// ```
/// # use lyceum::prelude::*;
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// #     #[on_start] async fn start(&mut self, cx: &Context<Self>) {
/// #         cx.add_behaviour("ping", Ping { seen: 0 }).expect("the pattern is one");
/// #     }
/// # }
/// struct Ping { seen: u64 }
///
/// impl Behaviour<Counter> for Ping {
///     fn subscriptions(&self) -> Vec<String> {
///         vec!["ping".into()]
///     }
///
///     async fn run(&mut self, cx: &mut BehaviourContext<Counter>) -> Result<(), BoxError> {
///         while let Some(_ping) = cx.receive().await {
///             self.seen += 1;
///             let seen = self.seen;
///             cx.with(move |counter| counter.value = seen).await?;
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Behaviour<A: Agent>: Send + 'static {
    /// Returns the patterns of the topics that [`BehaviourContext::receive`] listens to.
    fn subscriptions(&self) -> Vec<String> {
        Vec::new()
    }

    /// Runs first.
    fn setup(
        &mut self,
        cx: &mut BehaviourContext<A>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = cx;
        async { Ok(()) }
    }

    /// Does the behaviour's work.
    fn run(
        &mut self,
        cx: &mut BehaviourContext<A>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Runs last.
    fn teardown(
        &mut self,
        cx: &mut BehaviourContext<A>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = cx;
        async { Ok(()) }
    }
}

/// What a behaviour gets of its agent: everything of [`Context`], and its own messages.
pub struct BehaviourContext<A: Agent> {
    cx: Context<A>,
    listener: Listener,
}

impl<A: Agent> BehaviourContext<A> {
    /// Waits for the next message of the behaviour's subscriptions; `None` once the agent stops.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if the future is dropped.
    pub async fn receive(&mut self) -> Option<Publication> {
        if let Some(message) = self.try_receive() {
            return Some(message);
        }
        let stopping = pin!(self.cx.stopping());
        match select(pin!(self.listener.receive()), stopping).await {
            Either::Left((message, _)) => message,
            Either::Right(_) => None,
        }
    }

    /// Waits for the next message until a deadline; `None` if that passes first.
    pub async fn receive_until(&mut self, deadline: impl Into<When>) -> Option<Publication> {
        let node = self.cx.shared().clone();
        let due = node.clock.resolve(deadline.into());
        match select(pin!(self.receive()), Sleep::until(node, due)).await {
            Either::Left((message, _)) => message,
            Either::Right(_) => None,
        }
    }

    /// Waits for the next message for at most so long; `None` if none comes.
    pub async fn receive_timeout(&mut self, time: Duration) -> Option<Publication> {
        let deadline = self.cx.now() + time;
        self.receive_until(deadline).await
    }

    /// Returns the next message if one is there.
    pub fn try_receive(&mut self) -> Option<Publication> {
        self.listener.try_receive()
    }
}

impl<A: Agent> Deref for BehaviourContext<A> {
    type Target = Context<A>;

    fn deref(&self) -> &Context<A> {
        &self.cx
    }
}

/// Adds and starts a behaviour that is a value; `Ok(false)` if the name is taken.
pub(crate) fn add_value<A: Agent, B: Behaviour<A>>(
    cx: &Context<A>,
    name: &str,
    mut behaviour: B,
) -> Result<bool, TopicError> {
    let patterns = behaviour.subscriptions();
    let patterns = patterns.iter().map(|pattern| pattern.parse());
    let patterns = patterns.collect::<Result<Vec<Pattern>, TopicError>>()?;
    let listener = Listener::new(cx.shared().clone(), patterns);
    let agent = cx.agent();
    if !agent.with_extras(|extras| extras.behaviours.add(name, "value".into())) {
        return Ok(false);
    }
    let mut own = BehaviourContext { cx: Context::of_agent(&agent), listener };
    let (owner, label) = (agent.clone(), name.to_string());
    let job = try_run_job(&agent, async move {
        note(&owner, &label, BehaviourState::Running);
        let result = work(&mut behaviour, &mut own).await;
        let state = if result.is_ok() { BehaviourState::Done } else { BehaviourState::Failed };
        note(&owner, &label, state);
        if let Err(error) = result {
            failed(&owner, &label, &error);
        }
    });
    match job {
        Ok(job) => agent.with_extras(|extras| extras.behaviours.set_job(name, job)),
        Err(error) => {
            agent.with_extras(|extras| extras.behaviours.remove(name));
            panic!("{error}");
        }
    }
    Ok(true)
}

async fn work<A: Agent, B: Behaviour<A>>(
    behaviour: &mut B,
    cx: &mut BehaviourContext<A>,
) -> Result<(), BoxError> {
    behaviour.setup(cx).await?;
    let result = behaviour.run(cx).await;
    behaviour.teardown(cx).await?;
    result
}

impl<A: Agent> fmt::Debug for BehaviourContext<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BehaviourContext({:?})", self.cx)
    }
}
