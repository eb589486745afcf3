//! The life of one agent that a manager looks after: start, watch, restart, end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_core::exchange::{Peer, Question};
use lyceum_core::{DownReason, Restart, Time};
use lyceum_wire::{AgentKey, Endpoint};
use serde::Deserialize;

use super::Children;
use super::child::{Child, Order, Stage};
use crate::Ticket;
use crate::launcher::{Exit, Output, Place, Running};
use crate::serve::is_wanted;

/// How long a process without a channel may take to end by itself.
const LAST_SIGN: Duration = Duration::from_secs(1);

/// How a start of an agent ended.
enum End {
    /// It was asked to, or is done.
    Wanted(String),
    /// It failed: why.
    Failed(String),
}

/// Looks after a child for as long as it is there.
struct Looking(Arc<Child>);

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

/// The starts of an agent within a period.
#[derive(Default)]
struct Starts(VecDeque<Time>);

impl Starts {
    /// Counts a failure; returns which restart within the period it leads to, if that is allowed.
    fn count(&mut self, now: Time, policy: Restart) -> Option<u32> {
        while self.0.front().is_some_and(|first| now - *first > policy.within) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        u32::try_from(self.0.len()).ok().filter(|nth| *nth <= policy.limit)
    }
}

impl Children {
    /// Starts a child, and again after each failure that its policy forgives.
    pub(super) async fn look_after(self: Arc<Self>, child: Arc<Child>) {
        // Dropped last, and also if what takes the output panics: whoever waits is told.
        let _looking = Looking(child.clone());
        let mut failures = Starts::default();
        let mut generation = 0;
        let why = loop {
            let was_up = generation > 0;
            let end = self.live(&child, generation).await;
            child.facts().process = None;
            let why = match end {
                End::Wanted(why) => break why,
                End::Failed(why) => why,
            };
            child.facts().last_failure = Some(why.clone());
            let was_up = was_up || matches!(*child.stage.borrow(), Stage::Up(_));
            let (Some(policy), true) = (child.wanted.restart, was_up) else { break why };
            let Some(nth) = failures.count(self.node.now(), policy) else {
                break format!("it failed more often than its restart policy allows: {why}");
            };
            tracing::warn!(agent = %child.wanted.name, why, "an agent is started again");
            child.stage.send_replace(Stage::Starting);
            child.facts().restarts += 1;
            let pause = Box::pin(self.node.sleep(policy.backoff.before(nth)));
            if let Either::Right((order, _)) = select(pause, Box::pin(child.ordered())).await {
                break wanted(order);
            }
            generation += 1;
        };
        child.stage.send_replace(Stage::Ended(why));
    }

    /// Starts a child once, and watches it to its end.
    async fn live(&self, child: &Child, generation: u32) -> End {
        let output = Output::new(child.wanted.name.clone(), self.take.clone());
        let launched = self.launcher.launch(self.ticket(child, generation), output.clone()).await;
        let mut running = match launched {
            Ok(running) => running,
            Err(error) => return End::Failed(error.to_string()),
        };
        child.facts().process = running.process();
        let end = match self.started(child, generation, &mut *running).await {
            Ok(peer) => {
                child.stage.send_replace(Stage::Up(peer.clone()));
                self.watch(child, &peer, &mut *running).await
            }
            Err(end) => end,
        };
        match end {
            End::Failed(why) => End::Failed(with_last_lines(why, &output)),
            wanted => wanted,
        }
    }

    fn ticket(&self, child: &Child, generation: u32) -> Ticket {
        let (manager, endpoint) = match self.launcher.place() {
            Place::Here => (Some(&self.address), child.endpoint.clone()),
            Place::Elsewhere => (self.outside.as_ref(), Endpoint::new("tcp", "0.0.0.0:0")),
        };
        Ticket {
            wanted: child.wanted.clone(),
            generation,
            endpoint,
            manager: manager.expect("a manager is asked for that when it is made").clone(),
            token: self.token.clone(),
            heartbeat: self.heartbeat,
        }
    }

    /// Waits until a child is up; returns what leads to it.
    async fn started(
        &self,
        child: &Child,
        generation: u32,
        running: &mut dyn Running,
    ) -> Result<Arc<dyn Peer>, End> {
        let reported = Box::pin(child.reported(generation));
        let begun = running.begun();
        let limit = async {
            begun.await;
            self.node.sleep(self.start_limit).await;
        };
        let ordered = select(Box::pin(child.ordered()), Box::pin(limit));
        let waited = {
            let exited = running.exited();
            match select(select(reported, exited), ordered).await {
                Either::Left((Either::Left((report, _)), _)) => Ok(report),
                Either::Left((Either::Right((exit, _)), _)) => Err(Either::Left(exit)),
                Either::Right((Either::Left((order, _)), _)) => Err(Either::Right(Some(order))),
                Either::Right((Either::Right(_), _)) => Err(Either::Right(None)),
            }
        };
        match waited {
            Ok(Ok(node)) => match self.peer(node, child) {
                Some(peer) => Ok(peer),
                None => Err(self.give_up(child, running, "the channel to it was lost").await),
            },
            Ok(Err(why)) => {
                self.finish(child, running).await;
                Err(End::Failed(why))
            }
            Err(Either::Left(exit)) => Err(self.exited(child, exit)),
            Err(Either::Right(Some(order))) => Err(self.obey(child, running, order).await),
            Err(Either::Right(None)) => {
                let why = format!("it did not start within {:?}", self.start_limit);
                Err(self.give_up(child, running, &why).await)
            }
        }
    }

    /// Watches a child that is up, to its end.
    async fn watch(&self, child: &Child, peer: &Arc<dyn Peer>, running: &mut dyn Running) -> End {
        let agent = AgentKey::Name(child.wanted.name.clone());
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
        if order == Order::Stop {
            running.terminate();
        }
        if order == Order::Kill {
            running.kill();
        }
        self.finish(child, running).await;
        End::Wanted(wanted(order))
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

fn wanted(order: Order) -> String {
    match order {
        Order::Stop => DownReason::Stopped.to_string(),
        Order::Kill => DownReason::Killed.to_string(),
    }
}

/// Adds what a process printed last, which often says why it failed.
fn with_last_lines(why: String, output: &Output) -> String {
    let last = output.last();
    if last.is_empty() { why } else { format!("{why}; it printed last:\n  {}", last.join("\n  ")) }
}
