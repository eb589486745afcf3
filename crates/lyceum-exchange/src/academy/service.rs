//! Services: one exchange of Academy's, as a node uses it.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::exchange::Door;
use lyceum_wire::academy::{Body, EntityId, Kind, Message, Unread, Uuid};
use lyceum_wire::aiomas::TypeTable;
use lyceum_wire::{AgentKey, Endpoint};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::bulk::Bulk;
use super::deliveries::Deliveries;
use super::hub::Hub;
use super::pending::Pending;
use super::reception::{Held, Receiver};
use super::requests::Requests;
use super::{Attributes, Delivered, Mailbox, MailboxError, Promise};

/// How long an exchange may take to hear that a mailbox is left.
pub(super) const LEAVE_LIMIT: Duration = Duration::from_secs(3);

/// Destinations whose order is kept at a time.
const LANE_LIMIT: usize = 4096;

/// One exchange, as a node uses it.
pub(super) struct Service {
    pub(super) this: Weak<Self>,
    pub(super) hub: Weak<Hub>,
    pub(super) door: Door,
    /// Its URL, without options.
    pub(super) url: Endpoint,
    runtime: Handle,
    /// The mailbox of what is no agent: programs, and agents that are not registered.
    user: Mutex<Arc<dyn Mailbox>>,
    /// Where bodies go that are larger than a message may be.
    pub(super) bulk: Option<Arc<Bulk>>,
    /// Whether that mailbox exists and is listened to.
    is_open: tokio::sync::Mutex<bool>,
    pub(super) pending: Arc<Pending>,
    /// Which actions of its agents are durable.
    pub(super) deliveries: Deliveries,
    pub(super) types: TypeTable,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tasks: JoinSet<()>,
    /// Messages to one mailbox go one after the other.
    lanes: HashMap<Uuid, Arc<tokio::sync::Mutex<()>>>,
    /// The agents of the node that have a mailbox there.
    agents: HashMap<Uuid, Arc<Requests>>,
}

impl Service {
    pub(super) fn new(
        hub: &Arc<Hub>,
        url: Endpoint,
        runtime: Handle,
        user: Arc<dyn Mailbox>,
        bulk: Option<Arc<Bulk>>,
    ) -> Arc<Self> {
        let pending: Arc<Pending> = Arc::default();
        let answered = pending.clone();
        user.hand_answers_to(Arc::new(move |message| answered.answer(message)));
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            hub: Arc::downgrade(hub),
            door: hub.door.clone(),
            url,
            runtime,
            user: user.into(),
            bulk,
            is_open: tokio::sync::Mutex::default(),
            pending,
            deliveries: Deliveries::default(),
            types: lyceum_wire::academy::handle::table(),
            state: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a future until it is over or the service is closed.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut state = self.lock();
        while state.tasks.try_join_next().is_some() {}
        state.tasks.spawn_on(future, &self.runtime);
    }

    /// Returns the mailbox of what is no agent.
    pub(super) fn user(&self) -> Arc<dyn Mailbox> {
        self.user.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether answers come in already.
    pub(super) fn is_ready(&self) -> bool {
        self.is_open.try_lock().is_ok_and(|is_open| *is_open)
    }

    /// Sees to it that answers come in.
    pub(super) async fn open(&self) -> Result<(), MailboxError> {
        let mut is_open = self.is_open.lock().await;
        if *is_open {
            return Ok(());
        }
        let held = Held {
            mailbox: self.user(),
            ancestors: None,
            attributes: Attributes::new(),
            door: self.door.clone(),
        };
        held.register().await?;
        *is_open = true;
        let (this, receiving) = (self.this.clone(), held.clone());
        self.spawn(async move {
            receiving.receive(this.clone()).await;
            if let Some(service) = this.upgrade() {
                service.lose_user().await;
            }
        });
        self.spawn(async move { held.beat().await });
        Ok(())
    }

    /// Takes another mailbox for what is no agent: somebody terminated the one that there was, with
    /// the answers that were to come.
    async fn lose_user(&self) {
        let mut is_open = self.is_open.lock().await;
        *is_open = false;
        {
            let mut user = self.user.lock().unwrap_or_else(PoisonError::into_inner);
            tracing::warn!(id = %user.id(), url = %self.url, "the node's mailbox was terminated");
            let next = EntityId { uid: self.uuid(), ..user.id().clone() };
            let next = user.open(next);
            *user = next;
        }
        self.pending.fail();
    }

    /// Draws a number that nothing else has.
    pub(super) fn uuid(&self) -> Uuid {
        self.hub.upgrade().map_or_else(Uuid::nil, |hub| hub.uuid())
    }

    /// Returns the turn of messages to a mailbox.
    pub(super) fn lane(&self, to: Uuid) -> Arc<tokio::sync::Mutex<()>> {
        let mut state = self.lock();
        if state.lanes.len() >= LANE_LIMIT {
            // Whoever waits or sends holds one.
            state.lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
        }
        state.lanes.entry(to).or_default().clone()
    }

    /// Makes an agent's mailbox known here; `false` if the agent has one already.
    pub(super) fn enlist(&self, requests: &Arc<Requests>) -> bool {
        let mut state = self.lock();
        let uid = requests.id().uid;
        let agent = requests.agent.key();
        let is_known = |own: &Arc<Requests>| own.agent.key() == agent;
        if state.agents.contains_key(&uid) || state.agents.values().any(is_known) {
            return false;
        }
        state.agents.insert(uid, requests.clone());
        true
    }

    /// Forgets an agent's mailbox.
    pub(super) fn forget(&self, uid: Uuid) {
        let gone = self.lock().agents.remove(&uid);
        drop(gone);
    }

    /// Returns the agent of this node that has a mailbox.
    pub(super) fn agent(&self, uid: Uuid) -> Option<AgentKey> {
        Some(self.lock().agents.get(&uid)?.agent.key())
    }

    /// Returns the mailbox that an agent of this node has.
    pub(super) fn mailbox_of(&self, agent: &AgentKey) -> Option<Arc<dyn Mailbox>> {
        let agent = self.door.find(agent)?.key();
        let state = self.lock();
        let own = state.agents.values().find(|own| own.agent.key() == agent)?;
        Some(own.mailbox().clone())
    }

    /// Ends everything, and the mailbox of what is no agent. Those of agents end as they are to.
    pub(super) async fn close(&self) {
        let agents: Vec<_> = self.lock().agents.values().cloned().collect();
        agents.iter().for_each(|requests| requests.close());
        futures_util::future::join_all(agents.iter().map(|requests| requests.ended())).await;
        self.pending.close();
        if *self.is_open.lock().await {
            let user = self.user();
            // The node ends whether the exchange hears of it or not.
            let _ = timeout(LEAVE_LIMIT, user.terminate(user.id())).await;
        }
        let mut tasks = std::mem::take(&mut self.lock().tasks);
        tasks.shutdown().await;
    }
}

impl Receiver for Service {
    fn take(self: Arc<Self>, delivered: Delivered) -> BoxFuture<'static, ()> {
        let Delivered { message, .. } = delivered;
        if message.header.kind == Kind::Response {
            self.pending.answer(message);
            return ready(()).boxed();
        }
        async move {
            let user = self.user();
            user.made_room();
            let (code, own) = refusal_of_user(&message, user.id());
            let refusal =
                message.answer(Body::AcademyErrorResponse { error_code: code, mailbox_id: own });
            if let Err(error) = user.send(&refusal, Promise::default()).await {
                tracing::debug!(%error, "cannot refuse a request");
            }
        }
        .boxed()
    }
}

/// Returns why a request to a user is not served.
fn refusal_of_user(
    message: &Message<Unread>,
    own: &EntityId,
) -> (lyceum_wire::academy::ErrorCode, Option<EntityId>) {
    use lyceum_wire::academy::{ErrorCode, is_compatible};
    let code = if is_compatible(message.header.protocol_version.as_deref()) {
        ErrorCode::InvalidClient
    } else {
        ErrorCode::IncompatibleProtocol
    };
    (code, Some(own.clone()))
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({})", self.url)
    }
}
