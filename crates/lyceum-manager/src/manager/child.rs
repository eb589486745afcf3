//! One agent that a manager looks after.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use lyceum_core::AnyHandle;
use lyceum_core::exchange::Peer;
use lyceum_wire::{Address, AgentKey, AgentName, Endpoint, NodeId};
use tokio::sync::watch;

use super::handing::HandedOut;
use super::health::{Facts, Health, State};
use super::watched::Watched;
use crate::serve::Report;
use crate::ticket::Wanted;

/// One agent that a manager looks after, over all its restarts.
pub(super) struct Child {
    pub(super) name: AgentName,
    pub(super) kind: String,
    /// How it is called among the manager's own addresses.
    pub(super) number: u64,
    /// The name of its launcher, which handles must not keep alive.
    pub(super) launcher: Arc<str>,
    pub(super) seat: Seat,
    /// Known once its launch begins.
    wanted: OnceLock<Wanted>,
    pub(super) stage: Watched<Stage>,
    orders: Watched<Option<Order>>,
    /// Its first start, if its launcher took a whole batch.
    handed: Mutex<Option<HandedOut>>,
    /// Who is to be up before it is called: the members of its batch, until all have been.
    siblings: Mutex<Vec<Weak<Self>>>,
    facts: Mutex<Facts>,
}

/// Where an agent is.
pub(super) enum Seat {
    /// On the manager's own node.
    Here(OnceLock<AnyHandle>),
    /// On a node of its launcher's.
    Elsewhere {
        /// Where its node listens, at each start anew; none if only its node can tell.
        endpoint: Option<Endpoint>,
        reports: watch::Sender<Option<(u32, Result<NodeId, String>)>>,
    },
}

/// What its life has come to.
#[derive(Clone)]
pub(super) enum Stage {
    /// It has no place at its launcher yet.
    Waiting,
    Starting,
    Up(Way),
    /// It is gone for good.
    Ended(End),
}

/// How an agent that is up is reached.
#[derive(Clone)]
pub(super) enum Way {
    /// It is on the manager's own node.
    Here,
    /// Its node is reached by this.
    Peer(Arc<dyn Peer>),
}

/// How an agent, or one start of it, ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// It was asked to, or is done: how.
    Wanted(String),
    /// It failed: why.
    Failed(String),
}

/// What a user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Stop,
    Kill,
}

impl End {
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Wanted(why) | Self::Failed(why) => why,
        }
    }

    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl Seat {
    pub(super) fn elsewhere(endpoint: Option<Endpoint>) -> Self {
        Self::Elsewhere { endpoint, reports: watch::Sender::new(None) }
    }
}

impl Child {
    pub(super) fn new(
        name: AgentName,
        kind: String,
        number: u64,
        launcher: Arc<str>,
        seat: Seat,
    ) -> Self {
        Self {
            name,
            kind,
            number,
            launcher,
            seat,
            wanted: OnceLock::new(),
            stage: Watched::new(Stage::Waiting),
            orders: Watched::new(None),
            handed: Mutex::default(),
            siblings: Mutex::default(),
            facts: Mutex::default(),
        }
    }

    /// Says what it is made from; the first word counts.
    pub(super) fn want(&self, wanted: Wanted) {
        // A launch begins once.
        let _ = self.wanted.set(wanted);
    }

    pub(super) fn wanted(&self) -> Option<&Wanted> {
        self.wanted.get()
    }

    /// Returns what it is made from.
    ///
    /// # Panics
    ///
    /// If its launch has not begun.
    pub(super) fn begun(&self) -> &Wanted {
        self.wanted.get().expect("its launch has begun")
    }

    pub(super) fn hand_out(&self, start: HandedOut) {
        *self.handed.lock().unwrap_or_else(PoisonError::into_inner) = Some(start);
    }

    /// Takes its first start, if that was handed out and not taken yet.
    pub(super) fn handed_out(&self) -> Option<HandedOut> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn health(&self) -> Health {
        let facts = self.facts();
        let (state, failed) = match &*self.stage.borrow() {
            Stage::Waiting => (State::Waiting, false),
            Stage::Starting if facts.restarts > 0 => (State::Restarting, false),
            Stage::Starting => (State::Starting, false),
            Stage::Up(_) => (State::Up, false),
            Stage::Ended(end) => (State::Ended(end.why().into()), end.is_failure()),
        };
        Health {
            name: self.name.to_string(),
            kind: self.kind.clone(),
            launcher: self.launcher.to_string(),
            mailbox: self.wanted().and_then(|wanted| wanted.mailbox.as_ref()?.id.clone()),
            state,
            failed,
            process: facts.process,
            restarts: facts.restarts,
            last_exit: facts.last_exit.clone(),
            last_failure: facts.last_failure.clone(),
            ping: None,
        }
    }

    /// Asks for its end. An order to kill is not taken back by one to stop.
    pub(super) fn order(&self, order: Order) {
        self.orders.modify(|orders| {
            let is_new = *orders != Some(Order::Kill) && *orders != Some(order);
            if is_new {
                *orders = Some(order);
            }
            is_new
        });
    }

    /// Waits until its end is asked for.
    pub(super) async fn ordered(&self) -> Order {
        self.orders.wait_for(|order| *order).await
    }

    pub(super) fn is_ordered(&self) -> bool {
        self.orders.borrow().is_some()
    }

    /// Waits until it is to end at once.
    pub(super) async fn ordered_to_die(&self) {
        self.orders.wait_for(|order| (*order == Some(Order::Kill)).then_some(())).await;
    }

    /// Takes a report for who waits for it.
    pub(super) fn report(&self, report: Report) {
        if report.endpoint.is_some() {
            self.facts().endpoint = report.endpoint;
        }
        if let Seat::Elsewhere { reports, .. } = &self.seat {
            reports.send_replace(Some((report.generation, report.started)));
        }
    }

    /// Returns where others reach its node, as far as that is known.
    pub(super) fn reached_at(&self) -> Option<Endpoint> {
        let told = match &self.seat {
            Seat::Elsewhere { endpoint, .. } => endpoint.clone(),
            Seat::Here(_) => None,
        };
        told.or_else(|| self.facts().endpoint.clone())
    }

    /// Returns the address of the agent that is up now, as far as that is known.
    pub(super) fn whereabouts(&self) -> Option<Address> {
        let Seat::Elsewhere { reports, .. } = &self.seat else { return None };
        let node = match &*reports.borrow() {
            Some((_, Ok(node))) => Some(*node),
            // A former manager heard it.
            _ => None,
        };
        // Where it said that it listens, other machines reach it, too.
        let told = self.facts().endpoint.clone();
        let endpoint = Some(told.or_else(|| self.reached_at())?);
        Some(Address { node, endpoint, agent: AgentKey::Name(self.name.clone()) })
    }

    /// Waits for the report of one start.
    pub(super) async fn reported(&self, generation: u32) -> Result<NodeId, String> {
        let Seat::Elsewhere { reports, .. } = &self.seat else {
            return Err("agents of the manager's own node do not report".into());
        };
        let mut reports = reports.subscribe();
        let is_it = |report: &Option<(u32, _)>| report.as_ref().is_some_and(|r| r.0 == generation);
        let report = reports.wait_for(is_it).await.ok().and_then(|report| report.clone());
        report.expect("a child outlives who waits for its reports").1
    }

    /// Waits until it is up, and returns how it is reached; why not once it is gone for good.
    pub(super) async fn up(&self) -> Result<Way, String> {
        let is_over = |stage: &Stage| match stage {
            Stage::Up(way) => Some(Ok(way.clone())),
            Stage::Ended(end) => Some(Err(end.why().into())),
            Stage::Waiting | Stage::Starting => None,
        };
        self.stage.wait_for(is_over).await
    }

    /// Waits until it was ready once, however soon it ended afterwards; says why it never was.
    pub(super) async fn came_up(&self) -> Result<(), String> {
        match self.up().await {
            Err(why) if !self.facts().was_up => Err(why),
            _ => Ok(()),
        }
    }

    /// Has calls wait until all of these were up once.
    pub(super) fn await_siblings(&self, siblings: Vec<Weak<Self>>) {
        *self.siblings.lock().unwrap_or_else(PoisonError::into_inner) = siblings;
    }

    /// Waits until its siblings are up, which it may call when it is called. Those that have ended,
    /// or have no place at their launcher yet, are not waited for.
    pub(super) async fn assembled(&self) {
        let siblings = self.siblings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if siblings.is_empty() {
            return;
        }
        for sibling in siblings.iter().filter_map(Weak::upgrade) {
            let begun = |stage: &Stage| (!matches!(stage, Stage::Starting)).then_some(());
            sibling.stage.wait_for(begun).await;
        }
        self.await_siblings(Vec::new());
    }

    /// Waits until it is gone for good, and returns how it ended.
    pub(super) async fn ended(&self) -> End {
        let ended = |stage: &Stage| match stage {
            Stage::Ended(end) => Some(end.clone()),
            _ => None,
        };
        self.stage.wait_for(ended).await
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Up(_))
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Ended(_))
    }

    /// Notes that nobody looks after it any more, and why.
    pub(super) fn abandon(&self, why: &str) {
        if !self.has_ended() {
            self.stage.replace(Stage::Ended(End::Failed(why.into())));
        }
    }
}
