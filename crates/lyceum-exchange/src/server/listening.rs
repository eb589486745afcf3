//! Messages that go out: one at a time, or as a stream of events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{Stream, unfold};
use lyceum_wire::academy::EntityId;
use lyceum_wire::academy::link::Packed;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::mailbox::{Acknowledge, Delivery, Letter, MailboxError, MailboxId, Parcel};
use crate::server::holding::Connection;
use crate::server::hub::Hub;
use crate::server::leaving::Handout;
use crate::server::metrics::count;
use crate::server::reply::Refusal;
use crate::server::words::entity;
use crate::store::Level;

/// Messages that are taken at once, and about how many bytes.
const BATCH: (usize, u64) = (64, 1 << 20);

/// How soon a client is to listen again. Academy's clients wait for a second unless told otherwise.
const RETRY_SOON: &str = "retry: 1\r\n\r\n";

/// The same for a program that was replaced: it never comes back on its own.
const RETRY_NEVER: &str = "retry: 2147483647\r\n\r\n";

const PING: &str = ": ping\r\n\r\n";

/// A message, and how often it was delivered.
pub(crate) struct Outgoing {
    pub(crate) text: Bytes,
    pub(crate) deliveries: u32,
}

/// A stream of events that is open.
struct Listening {
    hub: Arc<Hub>,
    connection: Arc<Connection>,
    mailbox: MailboxId,
    generation: u64,
    stream: u64,
    /// How long without a message until the server ends it.
    patience: Duration,
    ends: Instant,
    watch: Option<Arc<Notify>>,
    stage: Stage,
}

enum Stage {
    Begin,
    On,
    Over,
}

impl Hub {
    /// Takes what waits in a mailbox; nothing is handed out that is not as safe as was promised.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, everything is put back.
    async fn take(
        self: &Arc<Self>,
        mailbox: MailboxId,
        generation: u64,
        most: (usize, u64),
    ) -> Result<Option<(Vec<Outgoing>, Handout)>, Refusal> {
        let pin = self.keeper.pin();
        let (parcels, mut ticket) = self.keeper.change(Level::Written, |mailboxes, log| {
            mailboxes.take(log, mailbox, generation, most, Acknowledge::AtOnce)
        });
        let parcels = parcels?;
        if parcels.is_empty() {
            return Ok(None);
        }
        let mut handout = Handout::new(self, (mailbox, generation), &parcels, pin);
        self.room.notify_waiters();
        let is_durable = |parcel: &Parcel| parcel.letter.delivery == Delivery::Durable;
        if parcels.iter().any(is_durable) {
            ticket = self.keeper.change(Level::Synced, |_, _| ()).1;
        }
        self.keeper.done(ticket).await?;
        let mut outgoing = Vec::with_capacity(parcels.len());
        for parcel in &parcels {
            let text = self.in_json(parcel, self.keeper.body(parcel.place).await?);
            outgoing.push(Outgoing { text, deliveries: parcel.deliveries });
            count(&self.metrics.delivered);
        }
        let texts = outgoing.iter().map(|outgoing| &outgoing.text);
        handout.has_read(parcels.iter().map(|parcel| parcel.place).zip(texts));
        Ok(Some((outgoing, handout)))
    }

    /// Returns a message as programs of Academy read it.
    fn in_json(&self, parcel: &Parcel, body: Bytes) -> Bytes {
        if !Packed::is_packed(&body) {
            return body;
        }
        // What was accepted was read.
        let Ok(packed) = Packed::read(&body) else { return body };
        let Letter { from, to, .. } = parcel.letter;
        let (src, dest) = self.keeper.look(|mailboxes| {
            let known = |mailbox: MailboxId, role| match mailboxes.profile(mailbox) {
                Some(profile) => entity(mailbox, profile),
                None => EntityId { uid: mailbox.uuid(), name: None, role },
            };
            (known(from, packed.post.from_role), known(to, packed.post.to_role))
        });
        packed.to_json(src, dest).into()
    }

    /// Waits for one message, which that connection is to send.
    pub(crate) async fn receive(
        self: &Arc<Self>,
        connection: &Connection,
        mailbox: MailboxId,
        generation: u64,
        patience: Duration,
    ) -> Result<Outgoing, Refusal> {
        let ends = after(patience);
        let watch = self.keeper.watch(mailbox);
        let mut drain = self.drain.subscribe();
        let received = loop {
            let changed = watch.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.take(mailbox, generation, (1, u64::MAX)).await {
                Err(error) => break Err(error),
                Ok(None) => {}
                Ok(Some((mut outgoing, handout))) => {
                    let Some(outgoing) = outgoing.pop() else { continue };
                    connection.handouts.push(handout, outgoing.text.len());
                    break Ok(outgoing);
                }
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(ends) => break Err(Refusal::NothingCame),
                _ = drain.wait_for(|drain| *drain) => break Err(Refusal::Draining),
            }
        };
        self.keeper.unwatch(mailbox, watch);
        received
    }

    /// Makes a stream of events of what comes in a mailbox.
    pub(crate) fn listen(
        self: &Arc<Self>,
        connection: Arc<Connection>,
        mailbox: MailboxId,
        (generation, stream): (u64, u64),
        patience: Duration,
    ) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
        count(&self.metrics.streams);
        let listening = Listening {
            hub: self.clone(),
            connection,
            mailbox,
            generation,
            stream,
            patience,
            ends: after(patience),
            watch: Some(self.keeper.watch(mailbox)),
            stage: Stage::Begin,
        };
        unfold(listening, |mut listening| async move {
            let event = listening.next().await?;
            Some((Ok(event), listening))
        })
    }
}

impl Listening {
    /// Returns what is to be sent next; nothing when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        match self.stage {
            Stage::Begin => {
                self.stage = Stage::On;
                Some(Bytes::from_static(RETRY_SOON.as_bytes()))
            }
            Stage::Over => None,
            Stage::On => self.event().await,
        }
    }

    async fn event(&mut self) -> Option<Bytes> {
        let watch = self.watch.clone()?;
        let mut drain = self.hub.drain.subscribe();
        let ping = after(self.hub.settings.ping);
        loop {
            let changed = watch.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if !self.hub.is_current(self.mailbox, self.stream) {
                return self.replaced();
            }
            match self.hub.take(self.mailbox, self.generation, BATCH).await {
                Ok(None) => {}
                Ok(Some((outgoing, handout))) => {
                    self.ends = after(self.patience);
                    let events = events(&outgoing);
                    self.connection.handouts.push(handout, events.len());
                    return Some(events);
                }
                Err(Refusal::Mailbox(MailboxError::Stale { .. })) => return self.replaced(),
                Err(_) => return self.end(),
            }
            tokio::select! {
                () = changed => {}
                reached = timeout_at(self.ends.min(ping), drain.wait_for(|drain| *drain)) => {
                    let is_ping = reached.is_err() && ping < self.ends;
                    return if is_ping {
                        Some(Bytes::from_static(PING.as_bytes()))
                    } else {
                        self.end()
                    };
                }
            }
        }
    }

    /// Ends the stream in order: its program may listen again.
    fn end(&mut self) -> Option<Bytes> {
        self.hub.pause(self.mailbox, self.stream);
        self.stage = Stage::Over;
        None
    }

    fn replaced(&mut self) -> Option<Bytes> {
        self.stage = Stage::Over;
        Some(Bytes::from_static(RETRY_NEVER.as_bytes()))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.hub.metrics.streams.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        if let Some(watch) = self.watch.take() {
            self.hub.keeper.unwatch(self.mailbox, watch);
        }
    }
}

/// Writes messages as events. A comment says how often one was delivered, from the second time.
fn events(outgoing: &[Outgoing]) -> Bytes {
    let size: usize = outgoing.iter().map(|one| one.text.len() + 32).sum();
    let mut events = String::with_capacity(size);
    for Outgoing { text, deliveries } in outgoing {
        if *deliveries > 1 {
            let _ = write!(events, ": delivery {deliveries}\r\n");
        }
        events.push_str("data: ");
        events.push_str(&String::from_utf8_lossy(text));
        events.push_str("\r\n\r\n");
    }
    events.into()
}

/// Returns when so much time will have passed.
fn after(time: Duration) -> Instant {
    tokio::time::sleep(time).deadline()
}
