//! The life of one agent that a launcher starts: start, watch, restart, end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_core::exchange::{Door, Peer, Question};
use lyceum_core::{AnyHandle, DownReason, Intensity, Value};
use lyceum_wire::{Address, AgentKey, Endpoint};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::Children;
use super::child::{Child, End, Order, Stage, Way};
use crate::Ticket;
use crate::launcher::{Exit, Output, Place, Running};
use crate::serve::{ANYWHERE, is_wanted};

/// How long a process without a channel may take to end by itself.
const LAST_SIGN: Duration = Duration::from_secs(1);

/// Looks after a child for as long as it is there.
pub(super) struct Looking(pub(super) Arc<Child>);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.abandon("what looked after it failed");
    }
}

/// What happened first to a child that is up.
enum News {
    Exited(Exit),
    /// The agent ended in its process, or the channel to it was lost.
    Ended(DownReason),
    Ordered(Order),
}

/// Why a child that runs is not ready.
enum Unready {
    /// It said so, and ends by itself.
    Told(String),
    /// It has to be ended.
    Useless(String),
}

/// What was started for a child, by this manager or a former one.
pub(super) struct Started {
    pub(super) running: Box<dyn Running>,
    pub(super) output: Output,
}

/// How a child is started again after failures.
#[derive(Default)]
struct Failures {
    since_up: Intensity,
    /// How often its first start failed.
    before_up: u32,
}

impl Failures {
    /// Counts a failure; returns how long to wait before the next start, or why there is none.
    fn count(
        &mut self,
        children: &Children,
        child: &Child,
        why: String,
    ) -> Result<Duration, String> {
        let (policy, retries) = (child.begun().restart, child.begun().retries);
        if !child.facts().was_up {
            self.before_up += 1;
            let backoff = policy.unwrap_or_default().backoff;
            let is_left = self.before_up <= retries;
            return if is_left { Ok(backoff.before(self.before_up)) } else { Err(why) };
        }
        let Some(policy) = policy else { return Err(why) };
        match self.since_up.count(children.node.now(), policy) {
            Some(nth) => Ok(policy.backoff.before(nth)),
            None => Err(format!("it failed more often than its restart policy allows: {why}")),
        }
    }
}

impl Children {
    /// Starts a child, and again after each failure that its policy forgives.
    pub(super) async fn look_after(self: Arc<Self>, child: Arc<Child>, found: Option<Started>) {
        // Dropped last, and also if what takes the output panics: whoever waits is told.
        let _looking = Looking(child.clone());
        let end = self.lead(&child, found).await;
        // Dropped, and with it what was started, if its end came first.
        drop(child.handed_out());
        child.stage.replace(Stage::Ended(end));
        self.note_change();
    }

    async fn lead(&self, child: &Child, mut found: Option<Started>) -> End {
        let _place = match self.placed(child).await {
            Ok(place) => place,
            Err(order) => return ordered(order),
        };
        child.stage.replace(Stage::Starting);
        let mut failures = Failures::default();
        loop {
            let end = match found.take() {
                Some(started) => self.live_on(child, started).await,
                None => self.live(child).await,
            };
            {
                let mut facts = child.facts();
                (facts.process, facts.mark) = (None, None);
            }
            let why = match end {
                End::Failed(why) => why,
                end => return end,
            };
            child.facts().last_failure = Some(why.clone());
            let pause = match failures.count(self, child, why.clone()) {
                Ok(pause) => pause,
                Err(why) => return End::Failed(why),
            };
            tracing::warn!(agent = %child.name, why, "an agent is started again");
            child.stage.replace(Stage::Starting);
            {
                let mut facts = child.facts();
                facts.restarts += 1;
                facts.generation += 1;
            }
            self.note_change();
            let pause = Box::pin(self.node.sleep(pause));
            if let Either::Right((order, _)) = select(pause, Box::pin(child.ordered())).await {
                return ordered(order);
            }
        }
    }

    /// Waits for a place at the child's launcher, unless its end is asked for before.
    pub(super) async fn placed(&self, child: &Child) -> Result<OwnedSemaphorePermit, Order> {
        let site = self.site_of(child);
        if !child.is_ordered()
            && let Some(place) = site.place_now()
        {
            return Ok(place);
        }
        match select(Box::pin(site.place()), Box::pin(child.ordered())).await {
            Either::Left((place, _)) => Ok(place),
            Either::Right((order, _)) => Err(order),
        }
    }

    /// Starts a child once, and watches it to its end.
    async fn live(&self, child: &Child) -> End {
        let may_start =
            select(Box::pin(self.site_of(child).start()), Box::pin(child.ordered())).await;
        let start = match may_start {
            Either::Left((start, _)) => start,
            Either::Right((order, _)) => return ordered(order),
        };
        // Whoever comes after a manager that is killed knows of it then.
        self.remember().await;
        let generation = child.facts().generation;
        let (output, launched) = match child.handed_out() {
            Some(handed_out) => (handed_out.output, handed_out.running.await),
            None => {
                let output = Output::new(child.name.clone(), self.take.clone());
                let launch = self
                    .site_of(child)
                    .launcher
                    .launch(self.ticket(child, generation), output.clone());
                (output, launch.await)
            }
        };
        let mut running = match launched {
            Ok(running) => running,
            Err(error) => return End::Failed(error.to_string()),
        };
        self.note_running(child, running.process(), running.mark()).await;
        let end = match self.started(child, generation, &mut *running).await {
            Ok(peer) => {
                drop(start);
                self.watch(child, &peer, &mut *running).await
            }
            Err(end) => end,
        };
        with_last_lines(end, &output)
    }

    /// Watches a child to its end that a former manager started.
    async fn live_on(&self, child: &Child, mut started: Started) -> End {
        let running = &mut *started.running;
        self.note_running(child, running.process(), running.mark()).await;
        let end = match self.found_again(child).await {
            Some(peer) => self.watch(child, &peer, running).await,
            None => self.give_up(child, running, "it did not answer the new manager").await,
        };
        with_last_lines(end, &started.output)
    }

    /// Notes what runs for a child, for users and for the next manager.
    async fn note_running(&self, child: &Child, process: Option<u32>, mark: Option<String>) {
        {
            let mut facts = child.facts();
            (facts.process, facts.mark) = (process, mark);
        }
        self.remember().await;
    }

    /// Returns the ticket of a child's next start.
    pub(super) fn ticket(&self, child: &Child, generation: u32) -> Ticket {
        let mut wanted = child.begun().clone();
        let (manager, endpoint) = match self.site_of(child).launcher.place() {
            Place::Here => (Some(&self.address), child.reached_at()),
            Place::Elsewhere => {
                wanted.arguments = self.for_outside(wanted.arguments);
                (self.outside.as_ref(), Endpoint::new("tcp", ANYWHERE))
            }
        };
        let is_here = self.site_of(child).launcher.place() == Place::Here;
        let outside = self.outside.as_ref().filter(|_| is_here && self.directory_name.is_some());
        Ticket {
            wanted,
            generation,
            endpoint,
            outside: outside.and_then(|manager| manager.endpoint.clone()),
            manager: manager.expect("a manager is asked for that when it is made").clone(),
            directory: self.directory_name.clone(),
            token: self.token.clone(),
            heartbeat: self.heartbeat,
            outlives: self.site_of(child).launcher.outlives(),
        }
    }

    /// Waits until a child is ready; returns what leads to it. It is up then.
    async fn started(
        &self,
        child: &Child,
        generation: u32,
        running: &mut dyn Running,
    ) -> Result<Arc<dyn Peer>, End> {
        let ready = Box::pin(self.ready(child, generation));
        let begun = running.begun();
        let limit = async {
            begun.await;
            self.node.sleep(self.start_limit).await;
        };
        let ordered = select(Box::pin(child.ordered()), Box::pin(limit));
        let waited = {
            let exited = running.exited();
            match select(select(ready, exited), ordered).await {
                Either::Left((Either::Left((ready, _)), _)) => Ok(ready),
                Either::Left((Either::Right((exit, _)), _)) => Err(Either::Left(exit)),
                Either::Right((Either::Left((order, _)), _)) => Err(Either::Right(Some(order))),
                Either::Right((Either::Right(_), _)) => Err(Either::Right(None)),
            }
        };
        match waited {
            Ok(Ok(peer)) => {
                {
                    let mut facts = child.facts();
                    facts.was_up = true;
                    facts.process = running.process();
                }
                // The next manager knows that it was ready once whoever waits for that does.
                self.remember().await;
                child.stage.replace(Stage::Up(Way::Peer(peer.clone())));
                Ok(peer)
            }
            Ok(Err(Unready::Told(why))) => {
                self.finish(child, running).await;
                Err(End::Failed(why))
            }
            Ok(Err(Unready::Useless(why))) => Err(self.give_up(child, running, &why).await),
            Err(Either::Left(exit)) => Err(self.exited(child, exit)),
            Err(Either::Right(Some(order))) => Err(self.obey(child, running, order).await),
            Err(Either::Right(None)) => {
                let why = format!("it did not start within {:?}", self.start_limit);
                Err(self.give_up(child, running, &why).await)
            }
        }
    }

    /// Waits until a child says that it is ready.
    async fn ready(&self, child: &Child, generation: u32) -> Result<Arc<dyn Peer>, Unready> {
        let node = child.reported(generation).await.map_err(Unready::Told)?;
        let lost = || Unready::Useless("the channel to it was lost".into());
        let peer = self.peer(node, child).ok_or_else(lost)?;
        let agent = AgentKey::Name(child.name.clone());
        let address = Address { node: Some(node), endpoint: None, agent };
        let agent = Door::of(&self.node).revive(&address).map_err(|_| lost())?;
        self.warmed_up(child, &agent).await.map_err(Unready::Useless)?;
        Ok(peer)
    }

    /// Asks an agent that has started whether it is ready, where that is wanted.
    pub(super) async fn warmed_up(&self, child: &Child, agent: &AnyHandle) -> Result<(), String> {
        let Some(action) = &child.begun().ready else { return Ok(()) };
        match agent.with_timeout(self.start_limit).call(action, json!([])).await {
            Ok(Value::Bool(false)) => Err(format!("its `{action}` says it is not ready")),
            Ok(_) => Ok(()),
            Err(error) => Err(format!("its `{action}` does not say that it is ready: {error}")),
        }
    }

    /// Watches a child that is up, to its end.
    async fn watch(&self, child: &Child, peer: &Arc<dyn Peer>, running: &mut dyn Running) -> End {
        let agent = AgentKey::Name(child.name.clone());
        let ended = peer.ask(&agent, Question::Ended);
        let news = {
            let exited = running.exited();
            match select(select(exited, ended), Box::pin(child.ordered())).await {
                Either::Left((Either::Left((exit, _)), _)) => News::Exited(exit),
                Either::Left((Either::Right((told, _)), _)) => News::Ended(match told {
                    Ok(told) => DownReason::deserialize(told).unwrap_or(DownReason::Gone),
                    Err(error) => DownReason::Disconnected(error.to_string()),
                }),
                Either::Right((order, _)) => News::Ordered(order),
            }
        };
        match news {
            News::Exited(exit) => self.exited(child, exit),
            News::Ordered(order) => self.obey(child, running, order).await,
            News::Ended(DownReason::Disconnected(_)) => {
                // A process that ended takes its channel along: its exit says more.
                let moment = self.node.sleep(LAST_SIGN);
                let exit = match select(running.exited(), moment).await {
                    Either::Left((exit, _)) => Some(exit),
                    Either::Right(_) => None,
                };
                match exit {
                    Some(exit) => self.exited(child, exit),
                    None => self.give_up(child, running, "it gave no sign of life").await,
                }
            }
            News::Ended(reason) => {
                let exit = self.finish(child, running).await;
                let text = reason.to_string();
                match exit {
                    // It stopped in good order, but nobody here had asked for it.
                    Exit::Evicted(_) => End::Failed(format!("its host {exit}")),
                    _ if is_wanted(&reason) => End::Wanted(text),
                    _ => End::Failed(text),
                }
            }
        }
    }

    /// Ends a child as a user asked.
    async fn obey(&self, child: &Child, running: &mut dyn Running, order: Order) -> End {
        match order {
            Order::Stop => running.terminate(),
            Order::Kill => running.kill(),
        }
        self.finish(child, running).await;
        ordered(order)
    }

    /// Ends a child that is of no use any more.
    async fn give_up(&self, child: &Child, running: &mut dyn Running, why: &str) -> End {
        running.kill();
        self.finish(child, running).await;
        End::Failed(why.into())
    }

    /// Waits for the end of a process, and makes it come after the grace time.
    async fn finish(&self, child: &Child, running: &mut dyn Running) -> Exit {
        running.hurry();
        let impatient = select(self.node.sleep(self.grace), Box::pin(child.ordered_to_die()));
        let exit = match select(running.exited(), impatient).await {
            Either::Left((exit, _)) => Some(exit),
            Either::Right(_) => None,
        };
        let exit = match exit {
            Some(exit) => exit,
            None => {
                running.kill();
                running.exited().await
            }
        };
        child.facts().last_exit = Some(exit.clone());
        exit
    }

    /// Notes how the process of a child ended by itself: in good order, or it failed.
    fn exited(&self, child: &Child, exit: Exit) -> End {
        let process = child.facts().process;
        let process = process.map_or("its host".into(), |process| format!("its process {process}"));
        let text = format!("{process} {exit}");
        let is_done = exit == Exit::Done;
        child.facts().last_exit = Some(exit);
        if is_done { End::Wanted(text) } else { End::Failed(text) }
    }
}

/// Returns the end of what was asked to end.
pub(super) fn ordered(order: Order) -> End {
    End::Wanted(match order {
        Order::Stop => DownReason::Stopped.to_string(),
        Order::Kill => DownReason::Killed.to_string(),
    })
}

/// Adds what a process printed last to its failure, which often says why it failed.
fn with_last_lines(end: End, output: &Output) -> End {
    let last = output.last();
    match end {
        End::Failed(why) if !last.is_empty() => {
            End::Failed(format!("{why}; it printed last:\n  {}", last.join("\n  ")))
        }
        end => end,
    }
}
