//! How agents end.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};

use super::restart::{own_error, state_gone};
use super::{DownReason, Mode, ended, jobs};
use crate::AgentRef;
use crate::caught::into_full_text;
use crate::cell::Asked;
use crate::clock::{Sleep, Time};
use crate::node::Shared;

/// Lets an agent finish what it has begun, and ends it.
///
/// Returns at once; [`Ended`](super::Ended) waits.
pub(crate) fn stop(agent: &AgentRef, reason: DownReason) {
    if !agent.standing.stop() {
        // Another stop or the end came first.
        return;
    }
    if is_simple(agent) {
        end_now(agent, reason);
        return;
    }
    agent.notify();
    let waiters = agent.with_extras(|extras| {
        extras.reason.get_or_insert(reason);
        extras.stop_waiters.take()
    });
    waiters.for_each(Waker::wake);
    let stopping = agent.clone();
    agent.node.spawn(None, async move { finish(stopping).await }).detach();
}

/// Returns whether nothing of the agent's needs time to end.
fn is_simple(agent: &AgentRef) -> bool {
    let lonely =
        agent.is_plain() || agent.extras().as_ref().is_none_or(|extras| extras.is_lonely());
    lonely && !agent.vtable().life.on_stop && agent.word.is_quiet()
}

/// Ends an agent without letting it finish: turns and jobs are dropped.
pub(crate) fn end_now(agent: &AgentRef, reason: DownReason) {
    if agent.mode() == Mode::Ended {
        return;
    }
    let usual = reason == DownReason::Stopped && agent.is_plain();
    if !usual {
        agent.with_extras(|extras| {
            extras.reason.get_or_insert(reason);
        });
    }
    // An end that follows from another one is left to a pump: families and links may be long.
    if BURYING.get() || !agent.end_if_idle() {
        agent.ask(Asked::END);
    }
}

thread_local! {
    /// Whether this thread is telling others of an end.
    static BURYING: Cell<bool> = const { Cell::new(false) };
}

/// Stops an agent in good order, within its grace time.
async fn finish(agent: AgentRef) {
    let node = agent.node.clone();
    let grace = agent.with_extras(|extras| extras.grace).unwrap_or(node.grace);
    let deadline = node.clock.now() + grace;
    end_children(&agent).await;
    within(&node, deadline, jobs::all_over(&agent)).await;
    jobs::cancel_all(&agent).await;
    // A restart that the stop came into drops the state, and with it what the hook is about.
    let gone = pin!(state_gone(&agent));
    let hook = select((agent.vtable().stop)(agent.clone()), gone);
    match select(hook, Sleep::until(node.clone(), deadline)).await {
        Either::Left((Either::Left((Err(error), _)), _)) => {
            let error = into_full_text(own_error(error));
            tracing::error!(agent = ?agent, error, "a stop hook failed");
        }
        Either::Left(_) => {}
        Either::Right((_, hook)) => {
            // A suspended turn is in the hook's way, or the hook itself takes too long.
            agent.ask(Asked::DROP_TURNS);
            within(&node, node.clock.now() + grace, hook).await;
        }
    }
    agent.ask(Asked::END);
}

/// Lets the children of an agent end; returns those that live.
pub(super) fn stop_children(agent: &AgentRef) -> Vec<AgentRef> {
    let ids = agent.with_extras(|extras| extras.children.clone());
    let living = ids.into_iter().filter_map(|id| agent.node.registry.by_id(id));
    let living: Vec<_> = living.collect();
    for child in &living {
        stop(child, DownReason::ParentEnded);
    }
    living
}

/// Lets the children of an agent end, and waits until there are none.
pub(super) async fn end_children(agent: &AgentRef) {
    loop {
        let living = stop_children(agent);
        if living.is_empty() {
            return;
        }
        join_all(living.into_iter().map(ended::Ended::of)).await;
    }
}

/// Waits for a future until a deadline.
async fn within(node: &Arc<Shared>, deadline: Time, work: impl Future) {
    let sleep = Sleep::until(node.clone(), deadline);
    // Whichever ended: the caller goes on.
    let _ = select(std::pin::pin!(work), sleep).await;
}

/// Stops all agents of a node, the youngest first, and waits for their end.
pub(crate) async fn stop_all(node: &Arc<Shared>) {
    node.registry.close();
    let agents = node.registry.youngest_first();
    let deadline = node.clock.now() + node.grace;
    for agent in &agents {
        stop(agent, DownReason::Stopped);
        if node.clock.now() < deadline {
            // Whoever was launched earlier may be needed until then.
            within(node, deadline, ended::Ended::of(agent.clone())).await;
        }
    }
    for agent in agents {
        let hurry = agent.extras().as_ref().and_then(|extras| extras.grace).unwrap_or(node.grace);
        let limit = Sleep::until(node.clone(), node.clock.now() + hurry + Duration::from_secs(1));
        if let Either::Right((_, ended)) = select(ended::Ended::of(agent.clone()), limit).await {
            end_now(&agent, DownReason::Killed);
            drop(ended);
        }
    }
}

/// Tells everybody who is concerned that an agent is gone. Its cell is empty and held no more.
pub(crate) fn buried(agent: &AgentRef) {
    let node = &agent.node;
    node.note(agent.id, "end");
    let extras = remember(agent);
    let name = extras.as_ref().and_then(|extras| extras.name.clone());
    // The registry's count.
    drop(node.registry.remove(agent.id, name.as_ref()));
    // Whoever comes later finds the agent forgotten, and does not wait.
    let end_wakers = agent.extras().as_mut().map(|extras| extras.end_waiters.take());
    let end_wakers = end_wakers.into_iter().flatten();
    let Some(mut extras) = extras else {
        end_wakers.for_each(Waker::wake);
        return;
    };
    let outer = BURYING.replace(true);
    let reason = extras.reason.clone().unwrap_or(DownReason::Stopped);
    for id in extras.subscriptions.drain(..) {
        node.topics.remove(id);
    }
    let jobs = extras.jobs.take_all();
    let news = ended::down(agent, reason.clone(), false);
    let (monitors, links) =
        (std::mem::take(&mut extras.monitors), std::mem::take(&mut extras.links));
    let children = std::mem::take(&mut extras.children);
    let stop_wakers = extras.stop_waiters.take();
    let dropped_wakers = std::mem::take(&mut extras.dropped_wakers);
    let (parent, member) = (extras.parent, extras.member.take());
    drop(jobs);
    for monitor in monitors {
        // Nobody may be left to hear it.
        let _ = monitor.send(news.clone());
    }
    node.note_outside();
    end_wakers.chain(stop_wakers).chain(dropped_wakers).for_each(Waker::wake);
    for child in children.into_iter().filter_map(|id| node.registry.by_id(id)) {
        stop(&child, DownReason::ParentEnded);
    }
    spread(node, agent, links, &reason);
    if let Some(parent) = parent.and_then(|id| node.registry.by_id(id)) {
        parent.with_extras(|extras| extras.children.remove(&agent.id));
    }
    if let Some(member) = member {
        member.gone(agent);
    }
    BURYING.set(outer);
}

/// Takes what the agent had, but for what callers may still ask: why it ended, and its name;
/// and for those who wait for its end.
fn remember(agent: &AgentRef) -> Option<Box<super::Extras>> {
    let mut place = agent.extras();
    let mut extras = place.take()?;
    let mut remembered = Box::new(super::Extras::default());
    remembered.reason = Some(extras.reason.clone().unwrap_or(DownReason::Stopped));
    remembered.name = extras.name.clone();
    remembered.end_waiters = std::mem::take(&mut extras.end_waiters);
    *place = Some(remembered);
    Some(extras)
}

/// Ends the agents that are linked with one that went down, unless that was asked for.
pub(super) fn spread(
    node: &Shared,
    agent: &AgentRef,
    links: Vec<lyceum_wire::AgentId>,
    reason: &DownReason,
) {
    for linked in links.into_iter().filter_map(|id| node.registry.by_id(id)) {
        linked.with_extras(|extras| extras.links.retain(|other| *other != agent.id));
        if reason.is_normal() {
            continue;
        }
        let cause = match reason {
            // What began it is told on, not the way that it took.
            DownReason::Linked(cause) => cause.clone(),
            other => format!("{agent:?}: {other}"),
        };
        super::fail(&linked, DownReason::Linked(cause));
    }
}
