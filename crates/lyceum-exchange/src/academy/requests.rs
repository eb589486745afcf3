//! Requests to one agent of ours, from its mailbox.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::AnyHandle;
use lyceum_wire::academy::pickle::Exception;
use lyceum_wire::academy::{
    ActionRequest, Body, EntityId, ErrorCode, Header, Kind, Message, MessageError, Serialization,
    Uuid, payload,
};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::bulk::{self, Fetched, Kept};
use super::failure::Failure;
use super::parking::Parking;
use super::reception::{Held, Left, Receiver};
use super::service::LEAVE_LIMIT;
use super::session::Session;
use super::{Delivered, Mailbox, MailboxError, Promise};

/// Requests of one agent that are served at a time. More wait.
pub(super) const REQUEST_LIMIT: usize = 1024;

/// Requests that are served and answers that are sent at a time, for one agent.
const TASK_LIMIT: usize = 2 * REQUEST_LIMIT;

/// How long what is on its way may take when a mailbox is left.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);

/// How many requests are known again if they come twice.
const RECENT_LIMIT: usize = 4096;

/// How long requests that are being served may take when the agent has ended.
const FINISH_LIMIT: Duration = Duration::from_secs(5);

/// What serves the mailbox of one agent.
pub(super) struct Requests {
    pub(super) session: Arc<Session>,
    pub(super) held: Held,
    pub(super) agent: AnyHandle,
    /// Whether the mailbox ends with the agent; a shutdown may say otherwise.
    terminates: Mutex<bool>,
    state: Mutex<State>,
    stop: Notify,
    /// Says that the last message came.
    drained: Notify,
    /// Wakes whoever waits for the end.
    over: Notify,
    /// Where requests wait that are not served yet.
    pub(super) parking: Arc<Parking>,
}

#[derive(Default)]
struct State {
    tasks: JoinSet<()>,
    recent: Recent,
    /// Requests that are being answered, by tag, and whether they came again since.
    answering: HashMap<Uuid, bool>,
    /// The actions that run, by the tags of their requests: who takes one out answers it.
    running: HashMap<Uuid, AbortHandle>,
    /// What is freed when a request was answered, by its tag.
    kept: HashMap<Uuid, Kept>,
    /// The tag of the last message that is taken, once this is left.
    last: Option<Uuid>,
    /// Whether what is being served is not waited for at the end.
    is_urgent: bool,
    /// Whether nothing more is taken.
    is_full: bool,
    /// Whether another program holds the mailbox.
    is_replaced: bool,
    /// Whether all of this is over.
    is_over: bool,
}

impl Requests {
    pub(super) fn new(
        session: Arc<Session>,
        held: Held,
        agent: AnyHandle,
        terminates: bool,
    ) -> Self {
        Self {
            session,
            held,
            agent,
            terminates: terminates.into(),
            state: Mutex::default(),
            stop: Notify::new(),
            drained: Notify::new(),
            over: Notify::new(),
            parking: Arc::default(),
        }
    }

    pub(super) fn id(&self) -> &EntityId {
        self.held.mailbox.id()
    }

    pub(super) fn mailbox(&self) -> &Arc<dyn Mailbox> {
        &self.held.mailbox
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs what answers a request beside everything. If there is too much of that already, it is
    /// returned, to be done before the next message is taken.
    fn spawn(&self, work: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        let mut state = self.lock();
        while state.tasks.try_join_next().is_some() {}
        if state.tasks.len() >= TASK_LIMIT || state.is_full {
            return work;
        }
        state.tasks.spawn(work);
        ready(()).boxed()
    }

    /// Notes a request; `false` if it came before.
    fn is_new(&self, tag: Uuid) -> bool {
        let mut state = self.lock();
        if let Some(came_again) = state.answering.get_mut(&tag) {
            *came_again = true;
        }
        state.recent.insert(tag)
    }

    /// Answers a request, as [`spawn`](Self::spawn) does it.
    pub(super) fn answer(self: &Arc<Self>, header: Header, body: Body) -> BoxFuture<'static, ()> {
        let this = self.clone();
        self.spawn(async move { this.reply(&header, body).await }.boxed())
    }

    /// Runs an action, as long as there are not too many; `false` if there are.
    pub(super) fn run(
        self: &Arc<Self>,
        tag: Uuid,
        action: impl Future<Output = Body> + Send + 'static,
        header: Header,
    ) -> bool {
        let this = self.clone();
        let mut state = self.lock();
        while state.tasks.try_join_next().is_some() {}
        let place = if state.is_full { None } else { self.parking.enter() };
        let Some(place) = place else { return false };
        let task = state.tasks.spawn(async move {
            let _place = place;
            let body = action.await;
            let is_mine = this.lock().running.remove(&tag).is_some();
            if is_mine {
                this.reply(&header, body).await;
            }
        });
        // The task cannot end before: it needs the lock that is held.
        state.running.insert(tag, task);
        true
    }

    /// Answers a request. What is too large, or has no form, is answered with an exception.
    pub(super) async fn reply(&self, header: &Header, body: Body) {
        let kept = self.lock().kept.remove(&header.tag);
        let is_answered = self.send_answer(header, body).await;
        // Otherwise it comes again, here or elsewhere.
        if let Some(kept) = kept.filter(|_| is_answered) {
            kept.free().await;
        }
    }

    /// Sends an answer, and says whether the exchange has it.
    async fn send_answer(&self, header: &Header, body: Body) -> bool {
        let (mut answer, mut is_short) = (header.answer(body), false);
        loop {
            self.lock().answering.insert(header.tag, false);
            let sent = self.mailbox().send(&answer, Promise::default()).await;
            let asks_again = self.was_answered(header.tag, sent.is_ok());
            match sent {
                Ok(()) => return true,
                Err(MailboxError::TooLarge(limit)) if !is_short => {
                    let shorter = match &self.session.service.bulk {
                        Some(bulk) => bulk.refer(header, &answer.body).await,
                        None => None,
                    };
                    let shorter = shorter.unwrap_or_else(|| too_large(&answer.body, &limit));
                    answer = header.answer(shorter);
                    is_short = true;
                }
                Err(_) if asks_again => {}
                // Sent again, it might come twice, which ends the listener of Academy's callers.
                Err(error) => {
                    tracing::debug!(to = %header.src, %error, "cannot answer a request");
                    return false;
                }
            }
        }
    }

    /// Notes that an answer was sent or refused; says whether the request came again meanwhile, and
    /// is still to be answered. An exchange that keeps messages may also send it later.
    fn was_answered(&self, tag: Uuid, is_done: bool) -> bool {
        let is_kept = self.mailbox().keeps_messages();
        let mut state = self.lock();
        let came_again = state.answering.remove(&tag).unwrap_or_default();
        if is_done || !is_kept {
            return false;
        }
        if !came_again {
            state.recent.remove(tag);
        }
        came_again
    }

    pub(super) fn serve(
        self: Arc<Self>,
        header: Header,
        body: Body,
        attempt: u32,
    ) -> BoxFuture<'static, ()> {
        match body {
            Body::ActionRequest(request) if bulk::refers(&request) => {
                self.serve_referred(header, request, attempt)
            }
            Body::ActionRequest(request) => self.serve_action(header, &request, attempt, None),
            Body::PingRequest => self.ping(header),
            Body::CancelRequest { target_tag } => self.cancel(header, target_tag),
            Body::ShutdownRequest { terminate } => self.shut_down(header, terminate),
            _ => ready(()).boxed(),
        }
    }

    /// Serves a request that a message refers to. Nothing else is taken before it has come, so that
    /// the order stays.
    fn serve_referred(
        self: Arc<Self>,
        header: Header,
        request: ActionRequest,
        attempt: u32,
    ) -> BoxFuture<'static, ()> {
        let whole = async move {
            let request = match &self.session.service.bulk {
                Some(bulk) => bulk.request(&request).await,
                None => {
                    let text = "this side takes no requests by reference".into();
                    Err(Exception { kind: "ValueError".into(), text })
                }
            };
            match request {
                Ok((request, Fetched { room, kept })) => {
                    if let Some(kept) = kept {
                        self.lock().kept.insert(header.tag, kept);
                    }
                    self.serve_action(header, &request, attempt, Some(room)).await;
                }
                Err(Exception { kind, text }) => {
                    self.answer(header, raised(Serialization::Json, &kind, &text)).await;
                }
            }
        };
        whole.boxed()
    }

    /// Asks the agent whether it is there, which it says when its turn comes.
    fn ping(self: Arc<Self>, header: Header) -> BoxFuture<'static, ()> {
        let (this, first) = (self.clone(), header.clone());
        let ping = async move {
            match this.agent.ping().await {
                Ok(_) => Body::SuccessResponse,
                Err(_) => refused(ErrorCode::PingCancelled, None),
            }
        };
        if self.run(header.tag, ping, header) {
            return ready(()).boxed();
        }
        self.answer(first, refused(ErrorCode::PingCancelled, None))
    }

    /// Cancels an action: it has two answers, one for each request.
    fn cancel(self: Arc<Self>, header: Header, target: Uuid) -> BoxFuture<'static, ()> {
        let task = self.lock().running.remove(&target);
        match task {
            Some(task) => task.abort(),
            None if self.withdraw(target) => {}
            None => return self.answer(header, refused(ErrorCode::ActionInvalidState, None)),
        }
        let this = self.clone();
        let answers = async move {
            this.reply(&header, Body::SuccessResponse).await;
            let first = Header { tag: target, ..header };
            this.reply(&first, refused(ErrorCode::ActionCancelled, None)).await;
        };
        self.spawn(answers.boxed())
    }

    fn shut_down(
        self: Arc<Self>,
        header: Header,
        terminate: Option<bool>,
    ) -> BoxFuture<'static, ()> {
        if let Some(terminate) = terminate {
            self.set_terminates(terminate);
        }
        let this = self.clone();
        let stopping = async move {
            this.reply(&header, Body::SuccessResponse).await;
            // Whoever waits for its end waits elsewhere.
            drop(this.agent.stop());
        };
        self.spawn(stopping.boxed())
    }

    /// Serves the mailbox until the agent, or the mailbox, or the registration has ended.
    pub(super) async fn live(self: Arc<Self>) {
        self.receive().await;
        self.finish().await;
    }

    /// Takes what comes until that is to end. Nothing is being received afterwards.
    async fn receive(self: &Arc<Self>) {
        let receiving = self.held.receive(Arc::downgrade(self));
        tokio::pin!(receiving);
        let is_left = tokio::select! {
            left = &mut receiving => {
                self.lock().is_replaced = left == Left::Replaced;
                false
            }
            () = self.held.beat() => false,
            () = self.serve_waiting() => false,
            _ = self.agent.ended() => true,
            () = self.stop.notified() => true,
        };
        if is_left && !self.terminates() && !self.mailbox().keeps_untaken() {
            self.drain(receiving).await;
        }
    }

    /// Serves what is on its way here already: the exchange has handed it out, and nobody else gets
    /// it. A ping to this very mailbox comes after all of it, and nothing is asked for after it. It
    /// is no answer, since exchanges need not deliver an answer to what nobody asked.
    async fn drain(self: &Arc<Self>, receiving: Pin<&mut (impl Future<Output = Left> + Send)>) {
        let (tag, id) = (self.session.service.uuid(), self.id().clone());
        self.lock().last = Some(tag);
        let last = Message::request(id.clone(), id, tag, Body::PingRequest);
        let told = async {
            match self.mailbox().send(&last, Promise::default()).await {
                Ok(()) => self.drained.notified().await,
                Err(error) => tracing::debug!(id = %self.id(), %error, "cannot drain a mailbox"),
            }
        };
        let drained = async {
            tokio::select! {
                _ = receiving => {}
                () = self.serve_waiting() => {}
                () = told => {}
            }
        };
        if timeout(DRAIN_LIMIT, drained).await.is_err() {
            tracing::debug!(id = %self.id(), "a mailbox is not drained in time");
        }
    }

    /// Lets requests that are being served end, and the mailbox, if it is to.
    async fn finish(self: &Arc<Self>) {
        let mut tasks = {
            let mut state = self.lock();
            state.is_full = true;
            std::mem::take(&mut state.tasks)
        };
        let all = async {
            self.clone().turn_away_waiting().await;
            while tasks.join_next().await.is_some() {}
        };
        let is_urgent = self.lock().is_urgent;
        // What takes longer is dropped.
        let _ = timeout(if is_urgent { Duration::ZERO } else { FINISH_LIMIT }, all).await;
        tasks.shutdown().await;
        let mailbox = self.mailbox();
        // What another program holds is not for this one to end.
        let ends = self.terminates() && !self.is_replaced();
        let left = if ends { mailbox.terminate(self.id()) } else { mailbox.close() };
        match timeout(LEAVE_LIMIT, left).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(id = %self.id(), %error, "cannot leave a mailbox"),
            Err(_) => tracing::debug!(id = %self.id(), "a mailbox is not left in time"),
        }
        self.session.service.forget(self.id().uid);
        self.lock().is_over = true;
        self.over.notify_waiters();
    }

    /// Says whether the mailbox ends when this does.
    pub(super) fn end(&self, terminates: bool) {
        self.set_terminates(terminates);
        // Whoever waits for an answer is told at once.
        self.lock().is_urgent = terminates;
        self.stop.notify_one();
    }

    /// Ends this, as it is to end.
    pub(super) fn close(&self) {
        self.stop.notify_one();
    }

    /// Waits until this has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub(super) async fn ended(&self) {
        loop {
            let over = self.over.notified();
            tokio::pin!(over);
            over.as_mut().enable();
            if self.lock().is_over {
                return;
            }
            over.await;
        }
    }

    /// Returns whether another program holds the mailbox, so that this one does not serve it.
    pub(super) fn is_replaced(&self) -> bool {
        self.lock().is_replaced
    }

    fn terminates(&self) -> bool {
        *self.terminates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_terminates(&self, terminates: bool) {
        *self.terminates.lock().unwrap_or_else(PoisonError::into_inner) = terminates;
    }

    /// Returns whether no more requests are served now.
    pub(super) fn is_full(&self) -> bool {
        self.parking.is_full() || self.lock().is_full
    }
}

/// The tags of the last requests: Academy may send one twice, and must not be answered twice.
#[derive(Default)]
struct Recent {
    known: HashSet<Uuid>,
    order: VecDeque<Uuid>,
}

impl Recent {
    /// Notes a tag; `false` if it is known.
    fn insert(&mut self, tag: Uuid) -> bool {
        if !self.known.insert(tag) {
            return false;
        }
        self.order.push_back(tag);
        if self.order.len() > RECENT_LIMIT
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    fn remove(&mut self, tag: Uuid) {
        if self.known.remove(&tag) {
            self.order.retain(|known| *known != tag);
        }
    }
}

impl Receiver for Requests {
    fn take(self: Arc<Self>, delivered: Delivered) -> BoxFuture<'static, ()> {
        let Delivered { message, attempt } = delivered;
        if self.lock().last == Some(message.header.tag) {
            self.drained.notify_one();
            // Whoever asks for the next message waits until nobody wants it any more.
            return std::future::pending().boxed();
        }
        if message.header.kind == Kind::Response {
            self.session.service.pending.answer(message);
            return ready(()).boxed();
        }
        let header = message.header.clone();
        if !self.is_new(header.tag) {
            tracing::debug!(id = %self.id(), "a request came twice");
            self.mailbox().made_room();
            return ready(()).boxed();
        }
        match message.body() {
            Ok(body) => self.take_in(header, body, attempt),
            Err(error) => {
                self.mailbox().made_room();
                let body = match error {
                    MessageError::Version(_) => {
                        refused(ErrorCode::IncompatibleProtocol, Some(self.id().clone()))
                    }
                    other => raised(Serialization::Json, "ValueError", &with_cause(&other)),
                };
                self.answer(header, body)
            }
        }
    }
}

fn with_cause(error: &MessageError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Makes what is answered instead of what is larger than the exchange takes.
fn too_large(answer: &Body, limit: &str) -> Body {
    let serialization = match answer {
        Body::ActionResponse(result) => result.serialization,
        Body::UserErrorResponse { serialization, .. } => *serialization,
        _ => Serialization::Json,
    };
    let text = format!("the answer is larger than the exchange takes: {limit}");
    Failure::too_large(text).body(serialization)
}

pub(super) fn refused(error_code: ErrorCode, mailbox_id: Option<EntityId>) -> Body {
    Body::AcademyErrorResponse { error_code, mailbox_id }
}

/// Makes the answer that an exception is.
pub(super) fn raised(serialization: Serialization, kind: &str, text: &str) -> Body {
    let exception = payload::write_exception(serialization, kind, text);
    Body::UserErrorResponse { serialization, exception }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Requests({})", self.id())
    }
}
