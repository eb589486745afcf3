//! One Redis, as a node uses it.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::Value;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connection::{Dialer, Line, Use};
use super::dispatch::{Item, Outcome, Share, at_once, run};
use super::options::{Login, Options};
use super::script::{Order, Script};
use super::{Keys, reply};
use crate::Transport;
use crate::academy::MailboxError;

/// Orders that may wait for their turn.
const ORDER_LIMIT: usize = 65_536;

/// Bytes of the orders that may wait.
const BYTE_LIMIT: usize = 256 << 20;

/// How often an order is given again whose outcome is not known.
const REPEATS: u32 = 4;

/// How long to wait before that; it doubles.
const PAUSE: Duration = Duration::from_millis(50);

/// One Redis.
pub(crate) struct Client {
    pub(super) dialer: Arc<Dialer>,
    pub(super) runtime: Handle,
    orders: mpsc::Sender<Item>,
    waiting: Arc<AtomicUsize>,
    tasks: Mutex<JoinSet<()>>,
    /// Whether it was looked at what the server keeps on disk.
    is_checked: AtomicBool,
}

impl Client {
    pub(crate) fn new(
        options: Options,
        transport: Arc<dyn Transport>,
        login: Login,
        runtime: Handle,
    ) -> Arc<Self> {
        let dialer = Arc::new(Dialer::new(options, transport, login, runtime.clone()));
        let (orders, incoming) = mpsc::channel(ORDER_LIMIT);
        let mut tasks = JoinSet::new();
        tasks.spawn_on(run(incoming, dialer.clone()), &runtime);
        let (waiting, tasks) = (Arc::default(), tasks.into());
        let is_checked = AtomicBool::new(false);
        Arc::new(Self { dialer, runtime, orders, waiting, tasks, is_checked })
    }

    pub(crate) fn options(&self) -> &Options {
        &self.dialer.options
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.options().keys
    }

    /// Says who this side is, from the next connection on.
    pub(crate) fn log_in(&self, login: Login) {
        self.dialer.log_in(login);
    }

    /// Ends the connection.
    pub(crate) fn close(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }

    /// Connects for waiting.
    pub(super) async fn line(&self) -> Result<Line, MailboxError> {
        self.dialer.dial(Use::Waiting).await
    }

    /// Gives an order now, before this returns, and returns what comes of it.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the order is carried out or not.
    pub(crate) fn give(&self, order: Arc<Order>) -> BoxFuture<'static, Outcome> {
        let bytes = order.size();
        let before = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        let share = Share { bytes, all: self.waiting.clone() };
        let full = || MailboxError::Overloaded("too much waits to be sent".into());
        if before > 0 && before.saturating_add(bytes) > BYTE_LIMIT {
            return at_once(Err(full()));
        }
        let (reply, outcome) = oneshot::channel();
        match self.orders.try_send(Item { order, reply, _share: share }) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return at_once(Err(full())),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                return at_once(Err(MailboxError::Ended));
            }
        }
        async move { outcome.await.unwrap_or(Err(MailboxError::Ended)) }.boxed()
    }

    /// Runs a script now, as [`give`](Self::give) does it.
    pub(crate) fn run(
        &self,
        script: Script,
        keys: Vec<String>,
        arguments: Vec<Vec<u8>>,
    ) -> BoxFuture<'static, Outcome> {
        self.give(Arc::new(Order::Script { script, keys, arguments }))
    }

    /// Gives an order, and again if its outcome is not known: doing it twice is doing it once.
    pub(crate) fn insist(self: &Arc<Self>, order: Order) -> BoxFuture<'static, Outcome> {
        let (this, order) = (self.clone(), Arc::new(order));
        let first = self.give(order.clone());
        async move {
            let outcome = first.await;
            if !outcome.as_ref().is_err_and(MailboxError::may_pass) {
                return outcome;
            }
            // On the node's runtime, whoever waits, and whether somebody does.
            let (reply, later) = oneshot::channel();
            let again = this.clone();
            this.spawn(async move {
                // Whoever waited may have gone.
                let _ = reply.send(again.repeat(order, outcome).await);
            });
            later.await.unwrap_or(Err(MailboxError::Ended))
        }
        .boxed()
    }

    async fn repeat(&self, order: Arc<Order>, mut outcome: Outcome) -> Outcome {
        let mut pause = PAUSE;
        for _ in 0..REPEATS {
            if !outcome.as_ref().is_err_and(MailboxError::may_pass) {
                break;
            }
            sleep(pause).await;
            pause *= 2;
            outcome = self.give(order.clone()).await;
        }
        outcome
    }

    /// Runs a future until it is over or this is closed.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(future, &self.runtime);
    }

    /// Runs a script, as [`insist`](Self::insist) does it.
    pub(crate) fn insist_on(
        self: &Arc<Self>,
        script: Script,
        keys: Vec<String>,
        arguments: Vec<Vec<u8>>,
    ) -> BoxFuture<'static, Outcome> {
        self.insist(Order::Script { script, keys, arguments })
    }

    /// Says in the log, once, if the server does not keep on disk what it is sent.
    pub(super) fn check_disk(&self) {
        if self.is_checked.swap(true, Ordering::Relaxed) {
            return;
        }
        let told = self.give(Arc::new(Order::words(&["INFO", "persistence"])));
        let check = async move {
            let info = told.await.ok().as_ref().and_then(reply::text).unwrap_or_default();
            if !info.contains("aof_enabled:1") {
                tracing::warn!(
                    "the Redis keeps durable messages in memory and snapshots alone: \
                     `appendonly` is not on"
                );
            }
        };
        self.spawn(check);
    }

    /// Returns all keys that begin like that. Others may come and go meanwhile.
    pub(crate) async fn scan(self: &Arc<Self>, start: &str) -> Result<Vec<String>, MailboxError> {
        let pattern: String =
            start.chars().flat_map(|letter| escaped(letter).chain([letter])).chain(['*']).collect();
        let mut found = Vec::new();
        let mut cursor = "0".to_owned();
        loop {
            let order = Order::words(&["SCAN", &cursor, "MATCH", &pattern, "COUNT", "1000"]);
            let Value::Array(parts) = self.insist(order).await? else { return Err(strange()) };
            let mut parts = parts.into_iter();
            let (Some(next), Some(keys)) = (parts.next(), parts.next()) else {
                return Err(strange());
            };
            found.extend(reply::texts(keys));
            cursor = reply::text(&next).ok_or_else(strange)?;
            if cursor == "0" {
                found.sort_unstable();
                found.dedup();
                return Ok(found);
            }
        }
    }

    /// Returns the values of keys.
    pub(crate) async fn values(
        self: &Arc<Self>,
        keys: &[String],
    ) -> Result<Vec<Option<String>>, MailboxError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let words: Vec<&str> =
            std::iter::once("MGET").chain(keys.iter().map(String::as_str)).collect();
        match self.insist(Order::words(&words)).await? {
            Value::Array(values) => Ok(values.iter().map(reply::text).collect()),
            _ => Err(strange()),
        }
    }
}

/// Returns what stands before a letter that means something in a pattern.
fn escaped(letter: char) -> impl Iterator<Item = char> {
    "*?[]^\\".contains(letter).then_some('\\').into_iter()
}

fn strange() -> MailboxError {
    MailboxError::Answer("something else than was asked".into())
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({:?})", self.dialer)
    }
}
