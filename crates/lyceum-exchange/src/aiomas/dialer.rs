//! Dialers: the one connection of a node to a container, opened when it is needed.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::{Sleep, sleep, timeout};

use super::OpenError;
use super::driving::Driving;
use super::hub::Hub;
use super::link::Link;
use super::open::Destination;
use super::session::Session;

/// How long one attempt to connect may take.
const DIAL_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait after the first failure, before the next attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long to wait after many failures. Calls wait for the attempt, so that this is short.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The one connection of a node to a container, opened when it is needed, and again after its loss.
pub(super) struct Dialer {
    hub: Weak<Hub>,
    destination: Destination,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    way: Way,
    /// How many attempts have failed since the last one that did not.
    failures: u32,
    /// Runs since the last failure; the next attempt waits for it. Network time is real time,
    /// whatever the node's clock says.
    pause: Option<Pin<Box<Sleep>>>,
}

#[derive(Default)]
enum Way {
    #[default]
    None,
    /// Everybody who needs the connection waits for the same attempt.
    Connecting(Attempt),
    Open(Connection),
}

type Attempt = Shared<BoxFuture<'static, Result<Connection, Arc<OpenError>>>>;

/// A connection to a container.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) link: Arc<Link>,
    pub(super) session: Arc<Session>,
    driving: Arc<Driving>,
}

impl Dialer {
    pub(super) fn new(hub: &Arc<Hub>, destination: Destination) -> Self {
        Self { hub: Arc::downgrade(hub), destination, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection, which is opened if there is none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the attempt to others who wait for it.
    pub(super) async fn connection(self: &Arc<Self>) -> Result<Connection, Arc<OpenError>> {
        let attempt = match self.open_or_attempt() {
            Ok(connection) => return Ok(connection),
            Err(attempt) => attempt,
        };
        let result = attempt.clone().await;
        self.settle(&attempt, &result);
        result
    }

    fn open_or_attempt(self: &Arc<Self>) -> Result<Connection, Attempt> {
        let mut state = self.lock();
        match &state.way {
            Way::Open(connection) if !connection.link.is_closed() => Ok(connection.clone()),
            Way::Connecting(attempt) => Err(attempt.clone()),
            Way::Open(_) | Way::None => {
                let attempt = self.clone().attempt(state.pause.take()).boxed().shared();
                state.way = Way::Connecting(attempt.clone());
                Err(attempt)
            }
        }
    }

    /// Notes how an attempt ended, once.
    fn settle(&self, attempt: &Attempt, result: &Result<Connection, Arc<OpenError>>) {
        let mut state = self.lock();
        match &state.way {
            Way::Connecting(current) if current.ptr_eq(attempt) => {}
            _ => return,
        }
        let old = match result {
            Ok(connection) => {
                state.failures = 0;
                std::mem::replace(&mut state.way, Way::Open(connection.clone()))
            }
            Err(_) => std::mem::take(&mut state.way),
        };
        drop(state);
        drop(old);
    }

    async fn attempt(
        self: Arc<Self>,
        pause: Option<Pin<Box<Sleep>>>,
    ) -> Result<Connection, Arc<OpenError>> {
        let url = &self.destination.url;
        let ended = || OpenError::Ended(url.clone());
        let Some(hub) = self.hub.upgrade() else { return Err(ended().into()) };
        let this = self.clone();
        // On the node's runtime, whoever waits; it ends with who waits.
        let task = hub.door.spawn(async move {
            if let Some(pause) = pause {
                pause.await;
            }
            this.dial().await
        });
        drop(hub);
        task.await.unwrap_or_else(|| Err(ended())).map_err(Arc::new)
    }

    /// Makes one attempt.
    async fn dial(&self) -> Result<Connection, OpenError> {
        let url = &self.destination.url;
        let hub = self.hub.upgrade().ok_or_else(|| OpenError::Ended(url.clone()))?;
        let runtime = hub.door.runtime();
        let runtime = runtime.ok_or_else(|| OpenError::Simulated(url.clone()))?;
        let too_late = |_| OpenError::Network {
            url: url.clone(),
            source: std::io::ErrorKind::TimedOut.into(),
        };
        let dialed = timeout(DIAL_LIMIT, self.destination.dial()).await;
        let stream = match dialed.map_err(too_late).flatten() {
            Ok(stream) => stream,
            Err(error) => {
                self.note_failure(&hub);
                return Err(error);
            }
        };
        let profile = self.destination.profile.clone();
        let session = Arc::new(Session::dialed(&hub, profile.clone(), url));
        let driving = Driving::start_on(&runtime, stream, profile, session.clone());
        Ok(Connection { link: driving.link.clone(), session, driving: Arc::new(driving) })
    }

    /// Lets the next attempt wait, the longer the more have failed.
    fn note_failure(&self, hub: &Hub) {
        let mut state = self.lock();
        let longest = FIRST_PAUSE.saturating_mul(1 << state.failures.min(10)).min(LONGEST_PAUSE);
        // Between half of it and all, so that many nodes do not come at once.
        let share = (hub.door.random() % 1024) as f64 / 1024.0;
        let pause = longest.mul_f64(0.5 + share / 2.0);
        state.pause = Some(Box::pin(sleep(pause)));
        state.failures = state.failures.saturating_add(1);
    }

    /// Returns whether nobody uses this, so that it can be forgotten.
    pub(super) fn is_idle(&self) -> bool {
        match &self.lock().way {
            Way::Open(connection) => connection.link.is_closed(),
            Way::None => true,
            Way::Connecting(_) => false,
        }
    }

    /// Closes the connection.
    pub(super) async fn close(&self) {
        let way = std::mem::take(&mut self.lock().way);
        if let Way::Open(connection) = way {
            connection.driving.close().await;
        }
    }
}
