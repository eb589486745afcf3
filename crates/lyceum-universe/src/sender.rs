//! Senders: how events get into a universe from outside of its steps.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_core::Node;
use lyceum_core::wire::NodeId;
use serde_json::Value;
use tokio::sync::Notify;

use crate::error::SendFault;
use crate::{AgentNumber, Event, SendError};

/// How many events may wait for the next step.
const LIMIT: usize = 65_536;

/// The senders of the universes of this process, by node.
static SENDERS: Mutex<BTreeMap<NodeId, Sender>> = Mutex::new(BTreeMap::new());

/// Sends events into a universe from outside of its steps: from other threads, from actions and
/// behaviours of its agents, from programs. They are handled in the next step.
///
/// What comes by a sender is an input of the run, and stands in its log.
#[derive(Clone)]
pub struct Sender(Arc<Gate>);

#[derive(Default)]
struct Gate {
    inputs: Mutex<VecDeque<Input>>,
    /// Whether there may be some, for a glimpse.
    filled: AtomicBool,
    closed: AtomicBool,
    /// Whether a log says what comes: what others send is left out.
    scripted: AtomicBool,
    arrived: Notify,
}

/// An event that came from outside.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Input {
    pub(crate) event: String,
    pub(crate) arguments: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<AgentNumber>,
    /// The session that it belongs to: it does not reach another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<u64>,
}

impl Sender {
    pub(crate) fn new(node: &Node) -> Self {
        let sender = Self(Arc::default());
        senders().insert(node.id(), sender.clone());
        sender
    }

    /// Returns the sender of the universe whose node this is, if it has one: for actions and
    /// behaviours, by `cx.node()`.
    pub fn of(node: &Node) -> Option<Self> {
        senders().get(&node.id()).cloned()
    }

    /// Sends an event to all that listen.
    ///
    /// # Errors
    ///
    /// 65,536 events wait for the next step already, or the universe is gone; the event comes back.
    pub fn send<E: Event>(&self, event: E) -> Result<(), SendError<E>> {
        self.post(None, None, event)
    }

    /// Sends an event to one agent, if it listens to it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_to<E: Event>(&self, to: AgentNumber, event: E) -> Result<(), SendError<E>> {
        self.post(Some(to), None, event)
    }

    /// Sends the answer to what an agent has asked in a session.
    pub(crate) fn answer<E: Event>(
        &self,
        to: AgentNumber,
        session: Option<u64>,
        event: E,
    ) -> Result<(), SendError<E>> {
        self.post(Some(to), session, event)
    }

    fn post<E: Event>(
        &self,
        to: Option<AgentNumber>,
        session: Option<u64>,
        event: E,
    ) -> Result<(), SendError<E>> {
        let arguments = match serde_json::to_value(&event) {
            Ok(arguments) => arguments,
            Err(error) => {
                let fault = SendFault::Arguments { detail: error.to_string() };
                return Err(SendError { event, name: E::NAME.into(), fault });
            }
        };
        let input = Input { event: E::NAME.into(), arguments, to, session };
        self.push(input).map_err(|(_, fault)| SendError { event, name: E::NAME.into(), fault })
    }

    /// Sends an event by its name.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_named(&self, name: &str, arguments: Value) -> Result<(), SendError<Value>> {
        let input = Input { event: name.into(), arguments, to: None, session: None };
        self.push(input).map_err(|(input, fault)| SendError {
            event: input.arguments,
            name: input.event,
            fault,
        })
    }

    fn push(&self, input: Input) -> Result<(), (Input, SendFault)> {
        if self.0.closed.load(Ordering::Acquire) {
            return Err((input, SendFault::Ended));
        }
        if self.is_scripted() {
            return Ok(());
        }
        let mut inputs = self.inputs();
        if inputs.len() >= LIMIT {
            let (messages, deliveries) = (inputs.len(), inputs.len());
            return Err((input, SendFault::Full { messages, deliveries, limit: LIMIT }));
        }
        inputs.push_back(input);
        self.0.filled.store(true, Ordering::Release);
        drop(inputs);
        self.0.arrived.notify_one();
        Ok(())
    }

    /// Takes what came since it was last asked.
    #[inline]
    pub(crate) fn take(&self) -> VecDeque<Input> {
        if !self.0.filled.load(Ordering::Acquire) {
            return VecDeque::new();
        }
        let mut inputs = self.inputs();
        self.0.filled.store(false, Ordering::Release);
        std::mem::take(&mut *inputs)
    }

    /// Returns whether a log says what comes.
    pub(crate) fn is_scripted(&self) -> bool {
        self.0.scripted.load(Ordering::Acquire)
    }

    /// Says whether a log says what comes.
    pub(crate) fn set_scripted(&self, scripted: bool) {
        self.0.scripted.store(scripted, Ordering::Release);
    }

    /// Waits until something has come.
    pub(crate) async fn arrived(&self) {
        self.0.arrived.notified().await;
    }

    /// Refuses what comes from now on.
    pub(crate) fn close(&self, node: &Node) {
        self.0.closed.store(true, Ordering::Release);
        senders().remove(&node.id());
    }

    fn inputs(&self) -> MutexGuard<'_, VecDeque<Input>> {
        self.0.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn senders() -> MutexGuard<'static, BTreeMap<NodeId, Sender>> {
    SENDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("waiting", &self.inputs().len()).finish()
    }
}
