//! The one connection of a node to a server, whether it is up or not.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use lyceum_core::exchange::Door;
use lyceum_wire::Endpoint;
use lyceum_wire::academy::link::{
    FrameError, MESSAGE_BYTES, Packed, Said, ToClient, ToServer, Verb, Why, cut, decode, encode,
};
use lyceum_wire::academy::{Message, Uuid};
use tokio::sync::{Notify, oneshot};

use super::asked::{Again, Answered, LIMIT, Questions, Request, Who, refused};
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
    /// Mailboxes that the server could not give back just now.
    unresumed: BTreeSet<Uuid>,
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

    pub(super) fn message_limit(&self) -> Option<u64> {
        self.lock().message_limit
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
            let known = state.leases.get(&mailbox);
            if let Some(lease) = known.filter(|lease| lease.ended() != Some(End::Unknown)) {
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
        let held = lease.clone();
        let who = |sender| Who::Leasing(sender, held);
        let asked = self.ask_with(&verb, |_| Ok(()), Again::Always, who);
        let (line, held) = (self.clone(), lease.clone());
        let began = async move {
            match asked.await {
                Ok(Some(Said::Leased { .. })) => Ok(()),
                Ok(_) => Err(MailboxError::Answer("a lease without a generation".into())),
                Err(error) => {
                    held.end((&error).into());
                    line.forget_ended(mailbox);
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

    /// Notes that a request waits no more that was taken out of a mailbox.
    pub(super) fn made_room(&self, mailbox: Uuid) {
        let mut state = self.lock();
        let Some(lease) = state.leases.get(&mailbox).cloned() else { return };
        let before = state.frames.len();
        let is_urgent = lease.made_room(&mut state.frames);
        if !state.is_up {
            state.frames.truncate(before);
        } else if is_urgent {
            self.wake.notify_one();
        }
    }

    /// Takes what is to be sent, up to what one message of the socket may have.
    pub(super) fn outgoing(&self) -> Bytes {
        cut(&mut self.lock().frames, MESSAGE_BYTES)
    }

    /// Ends what could not be sent for long, and asks once more what was refused for now. Called
    /// once a second.
    pub(super) fn grow_old(&self) {
        let mut state = self.lock();
        state.questions.grow_old();
        if state.is_up {
            let State { questions, frames, .. } = &mut *state;
            questions.send_postponed(frames);
            std::mem::take(&mut state.unresumed).into_iter().for_each(|one| state.resume(one));
        }
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
        state.unresumed.clear();
        let mailboxes: Vec<Uuid> = state.leases.keys().copied().collect();
        mailboxes.into_iter().for_each(|mailbox| state.resume(mailbox));
        // What was asked before the limit was known.
        state.questions.end_longer(message_limit.saturating_add(HEAD_LIMIT), |size| {
            too_large(size, message_limit)
        });
        let State { questions, frames, .. } = &mut *state;
        questions.send_all(frames);
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

    /// Ends what waits, since the server does not let this side in.
    pub(super) fn refused(&self, why: &str) {
        self.lock().questions.fail_but_answers(|| MailboxError::Unauthorized(why.into()));
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
                    let number = (generation, sequence);
                    let has_told = self.lock().deliver(mailbox, number, &frame.body, attempt)?;
                    if has_told {
                        self.wake.notify_one();
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

/// Returns whether the same is worth asking again, without anybody's doing.
fn may_pass(error: &MailboxError) -> bool {
    use MailboxError::{Lost, Overloaded, StorageFull};
    matches!(error, StorageFull | Overloaded(_) | Lost(_))
}

impl State {
    /// Asks for a mailbox that was held over the connection before.
    fn resume(&mut self, mailbox: Uuid) {
        let Some(lease) = self.leases.get(&mailbox) else { return };
        if lease.ended().is_some() || lease.generation().is_none() {
            return;
        }
        let (resume, credit) = lease.resume();
        let verb = Verb::Lease { mailbox, resume, credit };
        let head = ToServer::Ask { id: self.questions.number(), verb };
        let asked = self.questions.ask(b"", true, Again::ForAWhile, Who::Resuming(mailbox));
        asked.expect("there is room for what the line asks");
        encode(&head, b"", &mut self.frames).expect("what is held is bounded");
    }

    /// Takes in a message for a mailbox; says whether the server is to be told something.
    fn deliver(
        &mut self,
        mailbox: Uuid,
        (generation, sequence): (u64, u64),
        body: &[u8],
        attempt: u32,
    ) -> Result<bool, FrameError> {
        let Some(lease) = self.leases.get(&mailbox) else { return Ok(false) };
        let before = self.frames.len();
        let frames = &mut self.frames;
        match read(body) {
            Ok(message) => {
                let delivered = Delivered { message, attempt };
                lease.deliver(generation, sequence, delivered, frames)?;
            }
            Err(error) => {
                tracing::warn!(%mailbox, %error, "dropped what is no message");
                lease.skip(generation, sequence, frames);
            }
        }
        if !self.is_up {
            self.frames.truncate(before);
        }
        Ok(self.frames.len() > before)
    }

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
            if self.is_up && start > LIMIT.1 && matches!(who, Who::Somebody(_)) {
                let text = format!("{start} bytes wait for the connection");
                return Err(MailboxError::Overloaded(text));
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
        if let Err(error) = &answered
            && self.is_kept(id)
            && may_pass(error)
        {
            return self.questions.postpone(id);
        }
        let Some(who) = self.questions.answered(id) else { return };
        match &who {
            Who::Answering(_, request) => {
                if let Some(lease) = self.leases.get(&request.mailbox) {
                    lease.answered(*request);
                }
                if answered.is_ok() {
                    self.questions.send_postponed(&mut self.frames);
                }
            }
            Who::Leasing(_, lease) => self.leased(lease, &answered),
            Who::Resuming(mailbox) => self.resumed(*mailbox, &answered),
            Who::Somebody(_) | Who::Nobody => {}
        }
        who.tell(answered);
    }

    /// Returns whether a question is an answer, and the mailbox that it comes from is held.
    fn is_kept(&self, id: u32) -> bool {
        let Some(Who::Answering(_, request)) = self.questions.who(id) else { return false };
        self.leases.get(&request.mailbox).is_some_and(|lease| lease.ended().is_none())
    }

    /// Notes that the server has given out a mailbox.
    fn leased(&mut self, lease: &Arc<Lease>, answered: &Answered) {
        let Ok(Some(Said::Leased { generation })) = *answered else { return };
        lease.begin(generation);
        let mailbox = lease.mailbox();
        // A later question for it is on its way if another lease is known.
        if !self.leases.contains_key(&mailbox) {
            let verb = Verb::Release { mailbox, generation };
            let asked = self.ask(&verb, |_| Ok(()), Again::ForAWhile, Who::Nobody);
            // A line that is closed ends the connection, and the mailbox is left with it.
            drop(asked);
        }
    }

    /// Notes what became of a mailbox that was held over the connection before.
    fn resumed(&mut self, mailbox: Uuid, answered: &Answered) {
        let Some(lease) = self.leases.get(&mailbox) else { return };
        match answered {
            Ok(Some(Said::Leased { generation })) => lease.begin(*generation),
            Err(error) if may_pass(error) => drop(self.unresumed.insert(mailbox)),
            Err(error) => lease.end(error.into()),
            Ok(_) => lease.end(End::Unknown),
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({}{})", self.endpoint, self.prefix)
    }
}
