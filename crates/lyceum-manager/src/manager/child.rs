//! One agent that a manager looks after.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_core::exchange::Peer;
use lyceum_wire::{Endpoint, NodeId};
use tokio::sync::watch;

use super::health::{Facts, Health, State};
use crate::serve::Report;
use crate::ticket::Wanted;

/// One agent that a manager looks after, over all its restarts.
pub(super) struct Child {
    pub(super) wanted: Wanted,
    /// Where its node listens, at each start anew; none if only its node can tell.
    pub(super) endpoint: Option<Endpoint>,
    /// How it is called among the manager's own addresses.
    pub(super) number: u64,
    pub(super) stage: watch::Sender<Stage>,
    orders: watch::Sender<Option<Order>>,
    reports: watch::Sender<Option<(u32, Result<NodeId, String>)>>,
    facts: Mutex<Facts>,
}

/// What its life has come to.
#[derive(Clone)]
pub(super) enum Stage {
    Starting,
    /// Its node is reached by this.
    Up(Arc<dyn Peer>),
    /// It is gone for good: why.
    Ended(String),
}

/// What a user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Stop,
    Kill,
}

impl Child {
    pub(super) fn new(wanted: Wanted, endpoint: Option<Endpoint>, number: u64) -> Self {
        Self {
            wanted,
            endpoint,
            number,
            stage: watch::Sender::new(Stage::Starting),
            orders: watch::Sender::new(None),
            reports: watch::Sender::new(None),
            facts: Mutex::default(),
        }
    }

    pub(super) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn health(&self) -> Health {
        let facts = self.facts();
        let state = match &*self.stage.borrow() {
            Stage::Starting if facts.restarts > 0 => State::Restarting,
            Stage::Starting => State::Starting,
            Stage::Up(_) => State::Up,
            Stage::Ended(why) => State::Ended(why.clone()),
        };
        Health {
            name: self.wanted.name.to_string(),
            kind: self.wanted.kind.clone(),
            state,
            process: facts.process,
            restarts: facts.restarts,
            last_exit: facts.last_exit.clone(),
            last_failure: facts.last_failure.clone(),
            ping: None,
        }
    }

    /// Asks for its end. An order to kill is not taken back by one to stop.
    pub(super) fn order(&self, order: Order) {
        self.orders.send_if_modified(|orders| {
            let is_new = *orders != Some(Order::Kill) && *orders != Some(order);
            if is_new {
                *orders = Some(order);
            }
            is_new
        });
    }

    /// Waits until its end is asked for.
    pub(super) async fn ordered(&self) -> Order {
        let mut orders = self.orders.subscribe();
        let order = orders.wait_for(Option::is_some).await.ok().and_then(|order| *order);
        order.expect("a child outlives who waits for its orders")
    }

    /// Waits until it is to end at once.
    pub(super) async fn ordered_to_die(&self) {
        let mut orders = self.orders.subscribe();
        // The sender lives as long as the child.
        let _ = orders.wait_for(|order| *order == Some(Order::Kill)).await;
    }

    /// Takes a report for who waits for it.
    pub(super) fn report(&self, report: Report) {
        if report.endpoint.is_some() {
            self.facts().endpoint = report.endpoint;
        }
        self.reports.send_replace(Some((report.generation, report.started)));
    }

    /// Returns where others reach its node, as far as that is known.
    pub(super) fn reached_at(&self) -> Option<Endpoint> {
        self.endpoint.clone().or_else(|| self.facts().endpoint.clone())
    }

    /// Waits for the report of one start.
    pub(super) async fn reported(&self, generation: u32) -> Result<NodeId, String> {
        let mut reports = self.reports.subscribe();
        let is_it = |report: &Option<(u32, _)>| report.as_ref().is_some_and(|r| r.0 == generation);
        let report = reports.wait_for(is_it).await.ok().and_then(|report| report.clone());
        report.expect("a child outlives who waits for its reports").1
    }

    /// Waits until it is up, and returns by whom it is reached; an error once it is gone for good.
    pub(super) async fn up(&self) -> Result<Arc<dyn Peer>, String> {
        let mut stages = self.stage.subscribe();
        let stage = stages.wait_for(|stage| !matches!(stage, Stage::Starting)).await;
        match stage.as_deref() {
            Ok(Stage::Up(peer)) => Ok(peer.clone()),
            Ok(Stage::Ended(why)) => Err(why.clone()),
            Ok(Stage::Starting) | Err(_) => unreachable!("it was waited for"),
        }
    }

    /// Waits until it is gone for good, and returns why.
    pub(super) async fn ended(&self) -> String {
        let mut stages = self.stage.subscribe();
        let stage = stages.wait_for(|stage| matches!(stage, Stage::Ended(_))).await;
        match stage.as_deref() {
            Ok(Stage::Ended(why)) => why.clone(),
            _ => unreachable!("it was waited for"),
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Ended(_))
    }

    /// Notes that nobody looks after it any more, and why.
    pub(super) fn abandon(&self, why: &str) {
        if !self.has_ended() {
            self.stage.send_replace(Stage::Ended(why.into()));
        }
    }
}
