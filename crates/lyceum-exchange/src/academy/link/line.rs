//! The one connection of a node to a server, whether it is up or not.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use lyceum_core::exchange::Door;
use lyceum_wire::Endpoint;
use lyceum_wire::academy::link::{
    FrameError, Packed, Resume, Said, ToClient, ToServer, Verb, Why, decode, encode,
};
use lyceum_wire::academy::{Message, Uuid};
use tokio::sync::{Notify, oneshot};

use super::asked::{Again, Answered, Questions, Request, Who, refused};
use super::lease::{CREDIT, End, Lease, Next};
use crate::Transport;
use crate::academy::{Asked, Delivered, MailboxError};

/// Bytes of the head of a frame with a message.
const HEAD_LIMIT: u64 = 64;

/// A connection to a server.
pub(crate) struct Line {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) endpoint: Endpoint,
    pub(super) prefix: String,
    /// Whose randomness keeps many nodes from coming at once.
    pub(super) door: Door,
    state: Mutex<State>,
    /// Says that something is to be sent, or that the line is closed.
    pub(super) wake: Notify,
}

#[derive(Default)]
struct State {
    /// What is to be sent over the connection that there is.
    frames: BytesMut,
    questions: Questions,
    leases: HashMap<Uuid, Arc<Lease>>,
    /// Where room for the next frame is kept.
    scratch: BytesMut,
    message_limit: Option<u64>,
    is_up: bool,
    is_closed: bool,
    token: Option<String>,
}

impl Line {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        endpoint: Endpoint,
        prefix: &str,
        door: Door,
    ) -> Arc<Self> {
        let (prefix, state, wake) = (prefix.to_owned(), Mutex::default(), Notify::new());
        Arc::new(Self { transport, endpoint, prefix, door, state, wake })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a token from the next connection on.
    pub(crate) fn authorize(&self, token: &str) {
        self.lock().token = Some(token.into());
    }

    pub(super) fn token(&self) -> Option<String> {
        self.lock().token.clone()
    }

    /// Ends the connection, and all that waits.
    pub(crate) fn close(&self) {
        let leases = {
            let mut state = self.lock();
            state.is_closed = true;
            state.questions.fail(|| MailboxError::Ended);
            std::mem::take(&mut state.leases)
        };
        leases.values().for_each(|lease| lease.end(End::Over));
        self.wake.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Returns whether somebody wants a connection.
    pub(super) fn is_wanted(&self) -> bool {
        let state = self.lock();
        !state.questions.is_empty() || !state.leases.is_empty()
    }

    /// Asks something. It leaves now, or as soon as there is a connection, whoever polls.
    pub(super) fn ask(&self, verb: &Verb, again: Again) -> Asked<Option<Said>> {
        self.ask_with(verb, |_| Ok(()), again, Who::Somebody)
    }

    /// Puts a message.
    pub(super) fn put(&self, message: &Message, verb: &Verb, again: Again) -> Asked<Option<Said>> {
        let (from, to) = (message.header.src.uid, message.header.dest.uid);
        let request = Request { mailbox: from, from: to, tag: message.header.tag };
        let is_answer = message.header.kind == lyceum_wire::academy::Kind::Response;
        let pack = |into: &mut BytesMut| {
            Packed::write(message, into);
            Ok(())
        };
        self.ask_with(verb, pack, again, |sender| {
            if is_answer { Who::Answering(sender, request) } else { Who::Somebody(sender) }
        })
    }

    fn ask_with(
        &self,
        verb: &Verb,
        pack: impl FnOnce(&mut BytesMut) -> Result<(), FrameError>,
        again: Again,
        who: impl FnOnce(oneshot::Sender<Answered>) -> Who,
    ) -> Asked<Option<Said>> {
        let (sender, receiver) = oneshot::channel();
        let asked = self.lock().ask(verb, pack, again, who(sender));
        self.wake.notify_one();
        Box::pin(async move {
            asked?;
            receiver.await.unwrap_or(Err(MailboxError::Ended))
        })
    }

    /// Returns what the holder of a mailbox has of it, which it holds from now on.
    pub(super) fn lease(self: &Arc<Self>, mailbox: Uuid) -> (Arc<Lease>, Option<Asked<()>>) {
        let lease = {
            let mut state = self.lock();
            if let Some(lease) = state.leases.get(&mailbox) {
                return (lease.clone(), None);
            }
            let lease = Arc::new(Lease::new(mailbox));
            if state.is_closed {
                lease.end(End::Over);
                return (lease, None);
            }
            state.leases.insert(mailbox, lease.clone());
            lease
        };
        let verb = Verb::Lease { mailbox, resume: None, credit: CREDIT };
        let asked = self.ask(&verb, Again::Always);
        let (line, held) = (self.clone(), lease.clone());
        let began = async move {
            match asked.await {
                Ok(Some(Said::Leased { generation })) => {
                    held.begin(generation);
                    Ok(())
                }
                Ok(_) => Err(MailboxError::Answer("a lease without a generation".into())),
                Err(error) => {
                    line.forget(mailbox);
                    Err(error)
                }
            }
        };
        (lease, Some(Box::pin(began)))
    }

    /// Forgets a mailbox, and returns what its holder had of it.
    pub(super) fn forget(&self, mailbox: Uuid) -> Option<Arc<Lease>> {
        self.lock().leases.remove(&mailbox)
    }

    /// Forgets a mailbox that is not held any more.
    pub(super) fn forget_ended(&self, mailbox: Uuid) {
        let mut state = self.lock();
        if state.leases.get(&mailbox).is_some_and(|lease| lease.ended().is_some()) {
            state.leases.remove(&mailbox);
        }
    }

    /// Returns the generation in which the node holds a mailbox, or that it does not any more.
    pub(super) fn generation(&self, mailbox: Uuid) -> Result<Option<u64>, MailboxError> {
        let Some(lease) = self.lock().leases.get(&mailbox).cloned() else { return Ok(None) };
        match lease.ended() {
            Some(End::Replaced) => Err(MailboxError::Stale),
            _ => Ok(lease.generation()),
        }
    }

    /// Takes the next message of a mailbox.
    pub(super) fn next(&self, lease: &Lease) -> Result<Option<Delivered>, MailboxError> {
        let mut state = self.lock();
        let before = state.frames.len();
        let next = lease.next(&mut state.frames)?;
        let Some(Next { delivered, is_urgent }) = next else { return Ok(None) };
        // What the server hears of it goes with what is sent next, unless it waits for it.
        if !state.is_up {
            state.frames.truncate(before);
        } else if is_urgent {
            self.wake.notify_one();
        }
        Ok(Some(delivered))
    }

    /// Takes what is to be sent.
    pub(super) fn outgoing(&self) -> Bytes {
        self.lock().frames.split().freeze()
    }

    /// Ends what could not be sent for long. Called once a second.
    pub(super) fn grow_old(&self) {
        let mut state = self.lock();
        state.questions.grow_old();
        if !state.frames.is_empty() {
            self.wake.notify_one();
        }
    }

    /// Goes on over a new connection: mailboxes are taken up again, and then everything is sent
    /// that is not answered.
    pub(super) fn up(&self, message_limit: u64) {
        let mut state = self.lock();
        state.message_limit = Some(message_limit);
        state.frames.clear();
        let leases: Vec<(Uuid, Option<Resume>)> = state
            .leases
            .iter()
            .filter(|(_, lease)| lease.ended().is_none() && lease.generation().is_some())
            .map(|(mailbox, lease)| (*mailbox, lease.resume()))
            .collect();
        let mut frames = BytesMut::new();
        for (mailbox, resume) in leases {
            let verb = Verb::Lease { mailbox, resume, credit: CREDIT };
            let head = ToServer::Ask { id: state.questions.number(), verb };
            let resuming = Who::Resuming(mailbox);
            let asked = state.questions.ask(b"", true, Again::ForAWhile, resuming);
            if asked.is_ok() {
                encode(&head, b"", &mut frames).expect("what is held is bounded");
            }
        }
        // What was asked before the limit was known.
        state.questions.end_longer(message_limit.saturating_add(HEAD_LIMIT), |size| {
            too_large(size, message_limit)
        });
        state.questions.send_all(&mut frames);
        state.frames = frames;
        state.is_up = true;
        self.wake.notify_one();
    }

    /// Notes that the connection is lost.
    pub(super) fn down(&self, why: &str) {
        let mut state = self.lock();
        state.is_up = false;
        state.frames.clear();
        state.questions.lost(why);
    }

    /// Ends all that waits, since the server does not let this side in.
    pub(super) fn refused(&self, why: &str) {
        self.lock().questions.fail(|| MailboxError::Unauthorized(why.into()));
    }

    /// Takes in what the server said.
    pub(super) fn take_in(&self, mut bytes: Bytes, limit: usize) -> Result<(), FrameError> {
        while let Some(frame) = decode::<ToClient>(&mut bytes, limit)? {
            match frame.head {
                ToClient::Done { ids } => {
                    let mut state = self.lock();
                    ids.into_iter().for_each(|id| state.answered(id, Ok(None)));
                }
                ToClient::Answer { id, said } => {
                    let answered = match said {
                        Said::Refused { code, text } => Err(refused(code, text)),
                        said => Ok(Some(said)),
                    };
                    self.lock().answered(id, answered);
                }
                ToClient::Deliver { mailbox, generation, sequence, attempt } => {
                    let lease = self.lock().leases.get(&mailbox).cloned();
                    let Some(lease) = lease else { continue };
                    match read(&frame.body) {
                        Ok(message) => {
                            lease.deliver(generation, sequence, Delivered { message, attempt });
                        }
                        Err(error) => {
                            tracing::warn!(%mailbox, %error, "dropped what is no message");
                            lease.skip(sequence);
                        }
                    }
                }
                ToClient::Lost { mailbox, generation, why } => self.lose(mailbox, generation, why),
                ToClient::Goodbye { reason } => {
                    tracing::info!(endpoint = %self.endpoint, reason, "the server says goodbye");
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn lose(&self, mailbox: Uuid, generation: u64, why: Why) {
        let Some(lease) = self.lock().leases.get(&mailbox).cloned() else { return };
        if lease.generation().is_some_and(|own| own != generation) {
            return;
        }
        lease.end(if why == Why::Replaced { End::Replaced } else { End::Terminated });
    }
}

fn too_large(size: u64, limit: u64) -> MailboxError {
    MailboxError::TooLarge(format!("message of size {size} larger than limit {limit}"))
}

/// Reads a message, packed or in JSON.
fn read(body: &[u8]) -> Result<Message<lyceum_wire::academy::Unread>, MailboxError> {
    if Packed::is_packed(body) {
        let unfit = |error: FrameError| MailboxError::Answer(error.to_string());
        return Packed::read(body).and_then(Packed::message).map_err(unfit);
    }
    Ok(Message::read(body)?)
}

impl State {
    fn ask(
        &mut self,
        verb: &Verb,
        pack: impl FnOnce(&mut BytesMut) -> Result<(), FrameError>,
        again: Again,
        who: Who,
    ) -> Result<(), MailboxError> {
        if self.is_closed {
            return Err(MailboxError::Ended);
        }
        let mut body = std::mem::take(&mut self.scratch);
        body.clear();
        let start = self.frames.len();
        let id = self.questions.number();
        let head = ToServer::Ask { id, verb: verb.clone() };
        let encoded = pack(&mut body).and_then(|()| encode(&head, &body, &mut self.frames));
        let size = body.len() as u64;
        self.scratch = body;
        let unfit = |error: FrameError| MailboxError::Answer(error.to_string());
        let asked = encoded.map_err(unfit).and_then(|()| {
            if let Some(limit) = self.message_limit.filter(|limit| size > *limit) {
                return Err(too_large(size, limit));
            }
            let frame = &self.frames[start..];
            self.questions.ask(frame, self.is_up, again, who)
        });
        if asked.is_err() || !self.is_up {
            self.frames.truncate(start);
        }
        asked
    }

    fn answered(&mut self, id: u32, answered: Answered) {
        let Some(who) = self.questions.answered(id) else { return };
        match (&who, &answered) {
            (Who::Answering(_, request), _) => {
                if let Some(lease) = self.leases.get(&request.mailbox) {
                    lease.answered(*request);
                }
            }
            (Who::Resuming(mailbox), answered) => {
                let Some(lease) = self.leases.get(mailbox) else { return };
                match answered {
                    Ok(Some(Said::Leased { generation })) => lease.begin(*generation),
                    Err(MailboxError::Stale) => lease.end(End::Replaced),
                    Err(MailboxError::Terminated) => lease.end(End::Terminated),
                    // It is registered again, and then held anew.
                    _ => lease.end(End::Unknown),
                }
            }
            (Who::Somebody(_), _) => {}
        }
        who.tell(answered);
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({}{})", self.endpoint, self.prefix)
    }
}
