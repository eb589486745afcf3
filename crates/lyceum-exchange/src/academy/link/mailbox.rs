//! One mailbox on Lyceum's exchange server.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use lyceum_wire::academy::link::{Said, Statistics, Verb};
use lyceum_wire::academy::{EntityId, Kind, Message};

use super::asked::Again;
use super::lease::End;
use super::line::Line;
use crate::academy::{Asked, Delivered, Mailbox, MailboxError, MailboxStats, Promise};

/// One mailbox, over the node's link.
#[derive(Debug)]
pub(crate) struct LinkMailbox {
    line: Arc<Line>,
    id: EntityId,
}

impl LinkMailbox {
    pub(crate) fn new(line: Arc<Line>, id: EntityId) -> Self {
        Self { line, id }
    }

    /// Asks for something that is done or not.
    fn tell(&self, verb: &Verb) -> Asked<()> {
        self.line.ask(verb, Again::ForAWhile).map(|said| said.map(drop)).boxed()
    }

    /// Asks, and makes something of the answer.
    fn ask<T: Send + 'static>(
        &self,
        verb: &Verb,
        read: impl FnOnce(Said) -> Option<T> + Send + 'static,
    ) -> Asked<T> {
        let asked = self.line.ask(verb, Again::ForAWhile);
        let unfit = || MailboxError::Answer("another answer than was asked for".into());
        async move { asked.await?.and_then(read).ok_or_else(unfit) }.boxed()
    }
}

impl Mailbox for LinkMailbox {
    fn id(&self) -> &EntityId {
        &self.id
    }

    fn open(&self, id: EntityId) -> Arc<dyn Mailbox> {
        Arc::new(Self::new(self.line.clone(), id))
    }

    fn register(&self, id: &EntityId, ancestors: Option<&[String]>) -> Asked<()> {
        // Whoever comes back to it means to hold it.
        self.line.forget_ended(id.uid);
        let classes = ancestors.map(<[String]>::to_vec);
        self.tell(&Verb::Register { mailbox: id.clone(), classes })
    }

    fn keeps_messages(&self) -> bool {
        true
    }

    fn keeps_order(&self) -> bool {
        true
    }

    fn message_limit(&self) -> Option<u64> {
        self.line.message_limit()
    }

    fn send(&self, message: &Message, promise: Promise) -> Asked<()> {
        let generation = match self.line.generation(message.header.src.uid) {
            Ok(generation) => generation,
            Err(error) => return ready(Err(error)).boxed(),
        };
        let time_left = promise.time_left.map(|time| time.as_millis());
        let time_left_millis = time_left.map(|time| u64::try_from(time).unwrap_or(u64::MAX));
        let verb = Verb::Put { generation, durable: promise.durable, time_left_millis };
        let again = match (message.header.kind, promise.durable) {
            // The server knows the answer to a durable request by its tag, however often it comes,
            // and throws away what answers nothing.
            (_, true) | (Kind::Response, _) => Again::Always,
            (Kind::Request, false) => Again::Unsent,
        };
        let sent = self.line.put(message, &verb, again);
        sent.map(|said| said.map(drop)).boxed()
    }

    fn receive(&self) -> BoxFuture<'_, Result<Delivered, MailboxError>> {
        let (lease, began) = self.line.lease(self.id.uid);
        async move {
            if let Some(began) = began {
                began.await?;
            }
            loop {
                match self.line.next(&lease) {
                    Ok(Some(delivered)) => return Ok(delivered),
                    Ok(None) => lease.news().await,
                    Err(error) => {
                        if lease.ended() == Some(End::Unknown) {
                            self.line.forget(self.id.uid);
                        }
                        return Err(error);
                    }
                }
            }
        }
        .boxed()
    }

    fn waits_for_room(&self) -> bool {
        true
    }

    fn made_room(&self) {
        self.line.made_room(self.id.uid);
    }

    fn close(&self) -> Asked<()> {
        let mailbox = self.id.uid;
        let generation = self.line.forget(mailbox).and_then(|lease| {
            let generation = lease.generation().filter(|_| lease.ended().is_none());
            lease.end(End::Over);
            generation
        });
        match generation {
            Some(generation) => self.tell(&Verb::Release { mailbox, generation }),
            None => ready(Ok(())).boxed(),
        }
    }

    fn discover(&self, class: &str, with_descendants: bool) -> Asked<Vec<EntityId>> {
        let verb = Verb::Discover { class: class.into(), with_descendants };
        self.ask(&verb, |said| match said {
            Said::Found(found) => Some(found),
            _ => None,
        })
    }

    fn named(&self, name: &str) -> Asked<Vec<EntityId>> {
        self.ask(&Verb::Find { name: name.into() }, |said| match said {
            Said::Found(found) => Some(found),
            _ => None,
        })
    }

    fn terminate(&self, id: &EntityId) -> Asked<()> {
        if let Some(lease) = self.line.forget(id.uid) {
            lease.end(End::Terminated);
        }
        self.tell(&Verb::Terminate { mailbox: id.uid })
    }

    fn heartbeat(&self) -> Asked<()> {
        self.tell(&Verb::Beat { mailbox: self.id.uid })
    }

    fn last_heartbeat(&self, id: &EntityId) -> Asked<Option<Duration>> {
        self.ask(&Verb::LastBeat { mailbox: id.uid }, |said| match said {
            Said::LastBeat { millis } => Some(millis.map(Duration::from_millis)),
            _ => None,
        })
    }

    fn stats(&self, id: &EntityId) -> Asked<MailboxStats> {
        self.ask(&Verb::Statistics { mailbox: id.uid }, |said| match said {
            Said::Statistics(found) => Some(stats(found)),
            _ => None,
        })
    }
}

fn stats(found: Statistics) -> MailboxStats {
    MailboxStats {
        incoming: found.incoming,
        outgoing: found.outgoing,
        completed: found.completed,
        in_progress: found.in_progress,
        queued: found.queued,
    }
}
