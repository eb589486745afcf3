//! Calls and one-way messages to agents of the other node.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use lyceum_core::CallError;
use lyceum_core::exchange::{Expects, Fault, Origin, Outgoing, Remote, Reply, Request};
use lyceum_wire::link::{
    self, ActionKey, CHUNK_SIZE, Call, FaultKind, Head, Message, Outcome, PushError, Withdrawal,
};
use lyceum_wire::{AgentId, AgentKey, CodecKind, Encoding, Style};
use tokio::sync::mpsc;

use super::calls::{Arrived, ArrivedItem, STREAM_AHEAD, Share};
use super::encoding::Received;
use super::{BYTES_PER_PERMIT, Channel, faults};
use crate::network::{Sender, Turn};

/// After how many results their sender is allowed as many more.
const CREDIT_BATCH: u32 = STREAM_AHEAD / 2;

/// A call that is not over. Dropping it gives the call up.
pub(super) struct InFlight {
    channel: Arc<Channel>,
    id: u64,
    over: bool,
}

impl InFlight {
    pub(super) fn new(channel: &Arc<Channel>, id: u64) -> Self {
        Self { channel: channel.clone(), id, over: false }
    }

    pub(super) fn over(mut self) {
        self.over = true;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let withdrawn = self.channel.outbox().withdraw(self.id);
        if withdrawn == Withdrawal::InTime {
            self.channel.traffic.take_back();
            self.channel.calls().forget(self.id);
        } else if self.channel.calls().abandon(self.id) {
            self.channel.push_small(Message::new(Head::Cancel { id: self.id }));
        }
    }
}

/// A message that is to leave.
struct Departing {
    request: Request,
    sender: Sender,
    /// Its place among the messages of its sender, until it has left.
    turn: Option<Turn>,
}

/// What came of one attempt to send a message.
enum Attempt {
    Over(Result<Reply, Fault>),
    /// The action has another type there: its arguments must be told apart by name.
    Mismatch(Box<dyn Outgoing>),
}

impl Channel {
    /// Sends a message to an agent of the other node, and waits for what comes of it.
    pub(crate) async fn send(
        self: &Arc<Self>,
        remote: &Remote,
        request: Request,
        sender: Sender,
        turn: Option<Turn>,
    ) -> Result<Reply, Fault> {
        let typed = request.message.fingerprint().filter(|print| print.is_ordered());
        let style = match typed {
            Some(print) if !self.knows_mismatch(print) => Style::Positional,
            _ => Style::SelfDescribing,
        };
        let mut departing = Departing { request, sender, turn };
        let message = match self.attempt(remote, &mut departing, style).await {
            Attempt::Over(result) => return result,
            Attempt::Mismatch(message) => message,
        };
        if let Some(print) = typed {
            self.note_mismatch(print);
        }
        departing.request.message = message;
        match self.attempt(remote, &mut departing, Style::SelfDescribing).await {
            Attempt::Over(result) => result,
            Attempt::Mismatch(message) => Err(CallError::BadArguments(
                remote
                    .fault(message.action())
                    .with_detail("the action has another type on the other node")
                    .with_started(false),
            )),
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        remote: &Remote,
        departing: &mut Departing,
        style: Style,
    ) -> Attempt {
        let request = &mut departing.request;
        let expects = request.expects;
        let message = std::mem::replace(&mut request.message, Box::new(Sent));
        let action = message.action().to_owned();
        let encoded = self.encode(&*message, style);
        let (encoding, body) = match encoded {
            Ok(encoded) => encoded,
            Err(error) => {
                let fault = remote.fault(&action).with_detail(error.to_string());
                return Attempt::Over(Err(CallError::Codec(
                    fault.with_message(message.undelivered()),
                )));
            }
        };
        let Some(share) = self.share(body.len()).await else {
            return Attempt::Over(Err(self.lost(remote, &action, Some(message))));
        };
        let id = self.fresh_id();
        let head = self.head(id, remote.agent(), &*message, encoding, request, expects);
        let (answer, items) = match expects {
            Expects::Stream => {
                let (answer, items) = self.calls().insert_stream(id, share);
                (answer, Some(items))
            }
            Expects::Value | Expects::Acceptance => (self.calls().insert(id, share), None),
        };
        let flight = InFlight::new(self, id);
        let frame = Message::with_body(Head::Call(head), body);
        let pushed = self.push_call(departing.sender, frame).await;
        // The next message of the sender may go.
        departing.turn = None;
        if let Err(error) = pushed {
            flight.channel.calls().forget(id);
            flight.over();
            let fault = remote.fault(&action).with_message(message.undelivered());
            return Attempt::Over(Err(match error {
                PushError::Full(_) => CallError::Disconnected(fault.with_detail(self.why())),
                refused => CallError::TooLarge(fault.with_detail(text_of(&refused))),
            }));
        }
        match answer.await {
            Ok(arrived) => self.read(remote, &action, message, flight, arrived, items),
            Err(_) => {
                let unsent = self.outbox().withdraw(id) == Withdrawal::InTime;
                flight.over();
                Attempt::Over(Err(self.lost(remote, &action, unsent.then_some(message))))
            }
        }
    }

    fn encode(
        &self,
        message: &dyn Outgoing,
        style: Style,
    ) -> Result<(Encoding, Bytes), lyceum_wire::CodecError> {
        let codec = match style {
            _ if message.json().is_some() => CodecKind::Json,
            Style::Positional => self.terms.codec,
            Style::SelfDescribing => self.terms.named_codec.unwrap_or(CodecKind::Json),
        };
        let encoding = Encoding::new(codec, style).compressed(self.terms.compression);
        let (encoding, bytes) = message.encode(encoding)?;
        Ok((encoding, bytes.into()))
    }

    fn head(
        &self,
        id: u64,
        to: &AgentKey,
        message: &dyn Outgoing,
        encoding: Encoding,
        request: &Request,
        expects: Expects,
    ) -> Call {
        let name = message.action().to_owned();
        let action = match message.fingerprint() {
            Some(fingerprint) if encoding.style == Style::Positional => {
                ActionKey::Typed { name, fingerprint }
            }
            _ => ActionKey::Name(name),
        };
        let chain = request.hops.iter().map(|hop| link::Hop { node: hop.node, call: hop.call });
        Call {
            reply: match expects {
                Expects::Value => link::Reply::Result,
                Expects::Stream => link::Reply::Stream,
                Expects::Acceptance => link::Reply::Receipt,
            },
            time_left: request.time_left,
            chain: chain.collect(),
            trace: request.trace,
            from: request.from.as_ref().and_then(sender_id),
            ..Call::new(id, to.clone(), action, encoding)
        }
    }

    /// Takes a share of the other side's windows; `None` if the channel has ended.
    async fn share(&self, bytes: usize) -> Option<Share> {
        let call = self.call_window.clone().acquire_owned().await.ok()?;
        if bytes <= CHUNK_SIZE {
            // The window of calls bounds small ones, which do not wait for large ones.
            return Some(Share { _call: Some(call), _bytes: None });
        }
        let permits = (bytes as u64).div_ceil(BYTES_PER_PERMIT);
        // A body larger than the window goes alone.
        let permits = u32::try_from(permits).unwrap_or(u32::MAX).min(self.byte_permits);
        let bytes = Some(self.byte_window.clone().acquire_many_owned(permits).await.ok()?);
        Some(Share { _call: Some(call), _bytes: bytes })
    }

    /// Pushes a call after all earlier ones of its sender.
    async fn push_call(&self, sender: Sender, message: Message) -> Result<(), PushError> {
        let mut message = message;
        loop {
            let room = self.room.wait();
            if self.end().is_some() || self.retired.load(Ordering::Acquire) {
                return Err(PushError::Full(Box::new(message)));
            }
            self.traffic.note_sent();
            let pushed = self.outbox().push_from(sender.bits(), message);
            if pushed.is_err() {
                self.traffic.take_back();
            }
            match pushed {
                Ok(()) => {
                    self.wake_driver();
                    return Ok(());
                }
                Err(PushError::Full(full)) => message = *full,
                refused => return refused,
            }
            room.await;
        }
    }

    fn read(
        self: &Arc<Self>,
        remote: &Remote,
        action: &str,
        message: Box<dyn Outgoing>,
        flight: InFlight,
        arrived: Arrived,
        items: Option<mpsc::Receiver<ArrivedItem>>,
    ) -> Attempt {
        let limit = self.plain_limit();
        match (arrived.outcome, items) {
            (Outcome::Streaming, Some(items)) => {
                let items = self.stream(remote.clone(), action.to_owned(), flight, items);
                Attempt::Over(Ok(Reply::Stream(items)))
            }
            (outcome, _) => {
                flight.over();
                match outcome {
                    Outcome::Result(encoding) => Attempt::Over(Ok(Reply::Value(Received::boxed(
                        encoding,
                        arrived.body,
                        limit,
                    )))),
                    Outcome::Accepted => Attempt::Over(Ok(Reply::Accepted)),
                    Outcome::Fault(fault) if fault.kind == FaultKind::Mismatch => {
                        Attempt::Mismatch(message)
                    }
                    outcome => {
                        let error =
                            faults::of_outcome(remote, action, outcome, arrived.body, limit);
                        Attempt::Over(Err(give_back(error, message)))
                    }
                }
            }
        }
    }

    /// Receives a stream of results, and allows its sender more as they are taken.
    fn stream(
        self: &Arc<Self>,
        remote: Remote,
        action: String,
        flight: InFlight,
        items: mpsc::Receiver<ArrivedItem>,
    ) -> BoxStream<'static, Result<Box<dyn lyceum_core::exchange::Encoded>, CallError>> {
        let state =
            Inflow { channel: self.clone(), flight: Some(flight), items, taken: 0, remote, action };
        Box::pin(stream::unfold(state, |mut inflow| async move {
            let item = inflow.next().await?;
            Some((item, inflow))
        }))
    }

    /// Returns how many plain bytes a value may have that arrives.
    pub(super) fn plain_limit(&self) -> usize {
        usize::try_from(self.terms.message_limit).unwrap_or(usize::MAX)
    }

    pub(super) fn why(&self) -> String {
        self.end().unwrap_or_else(|| "the channel was closed".into())
    }

    /// Reports that the channel was lost; with the message if it did not leave.
    fn lost(&self, remote: &Remote, action: &str, message: Option<Box<dyn Outgoing>>) -> Fault {
        let fault = remote.fault(action).with_detail(self.why());
        CallError::Disconnected(match message {
            Some(message) => fault.with_message(message.undelivered()),
            None => fault,
        })
    }
}

/// A stream of results that comes in.
struct Inflow {
    channel: Arc<Channel>,
    flight: Option<InFlight>,
    items: mpsc::Receiver<ArrivedItem>,
    taken: u32,
    remote: Remote,
    action: String,
}

impl Inflow {
    async fn next(&mut self) -> Option<Result<Box<dyn lyceum_core::exchange::Encoded>, CallError>> {
        self.flight.as_ref()?;
        match self.items.recv().await {
            Some(ArrivedItem::Item(encoding, bytes)) => {
                self.taken += 1;
                if self.taken >= CREDIT_BATCH
                    && let Some(flight) = &self.flight
                {
                    let count = std::mem::take(&mut self.taken);
                    let credit = Head::ItemCredit { id: flight.id, count };
                    self.channel.push_small(Message::new(credit));
                }
                Some(Ok(Received::boxed(encoding, bytes, self.channel.plain_limit())))
            }
            Some(ArrivedItem::End(fault)) => {
                self.flight.take()?.over();
                fault.map(|fault| Err(faults::from_link(&self.remote, &self.action, fault)))
            }
            None => {
                self.flight.take()?.over();
                let fault = self.remote.fault(&self.action).with_detail(self.channel.why());
                Some(Err(CallError::Disconnected(fault.with_started(true))))
            }
        }
    }
}

/// Stands for a message that was sent.
#[derive(Debug)]
struct Sent;

impl Outgoing for Sent {
    fn action(&self) -> &str {
        ""
    }

    fn fingerprint(&self) -> Option<lyceum_wire::Fingerprint> {
        None
    }

    fn arguments(&self, _: Style) -> Box<dyn erased_serde::Serialize + '_> {
        Box::new(())
    }

    fn undelivered(self: Box<Self>) -> Option<lyceum_core::Undelivered> {
        None
    }
}

/// Returns the message with an error that says that it did not start.
fn give_back(mut error: Fault, message: Box<dyn Outgoing>) -> Fault {
    if error.started() == Some(false)
        && let Some(fault) = error.fault_mut()
    {
        fault.message = message.undelivered();
    }
    error
}

fn sender_id(from: &lyceum_wire::Address) -> Option<AgentId> {
    match from.agent {
        AgentKey::Id(id) => Some(id),
        AgentKey::Name(_) => None,
    }
}

fn text_of(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => cause.to_string(),
        None => error.to_string(),
    }
}

/// Makes the origin of a message that came in.
pub(super) fn origin_of(call: &Call, channel: &Channel) -> Origin {
    let hops =
        call.chain.iter().map(|hop| lyceum_core::exchange::Hop { node: hop.node, call: hop.call });
    Origin::new(
        hops.collect(),
        call.trace,
        call.from.map(|id| lyceum_wire::Address {
            node: Some(channel.node),
            endpoint: channel.endpoints.first().cloned(),
            agent: AgentKey::Id(id),
        }),
    )
}
