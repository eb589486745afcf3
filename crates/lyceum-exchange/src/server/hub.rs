//! What all requests share.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{Extensions, HeaderMap, header};
use bytes::Bytes;
use tokio::sync::{Notify, watch};

use crate::mailbox::{Moment, Place};
use crate::server::depot::{Depot, there};
use crate::server::guesses::Guesses;
use crate::server::holding::{Connection, Holds, Links, Lost};
use crate::server::metrics::Metrics;
use crate::server::rate::Rate;
use crate::server::reply::Refusal;
use crate::server::{AuthenticateError, Authenticator, Principal, ServerSettings};
use crate::store::{Keeper, Level, Ticket};

/// Says what time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

pub(crate) struct Hub {
    pub(crate) keeper: Keeper,
    pub(crate) settings: ServerSettings,
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
    pub(crate) clock: Clock,
    /// Where large data is kept; none if the server keeps none.
    pub(crate) depot: Option<Arc<Depot>>,
    pub(crate) rate: Rate,
    pub(crate) guesses: Guesses,
    pub(crate) metrics: Metrics,
    /// Tells senders that somewhere messages were taken.
    pub(crate) room: Notify,
    /// Whether the server is ending.
    pub(crate) drain: watch::Sender<bool>,
    pub(crate) numbers: AtomicU64,
    holds: Mutex<Holds>,
    lost: Mutex<Lost>,
    links: Mutex<Links>,
}

impl Clock {
    /// Asks that for the time.
    pub fn new(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Asks a node for the time.
    pub fn of(node: &lyceum_core::Node) -> Self {
        let node = node.clone();
        Self::new(move || {
            let millis = node.utc().as_millisecond();
            Moment::from_millis(u64::try_from(millis).unwrap_or_default())
        })
    }

    pub(crate) fn now(&self) -> Moment {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

impl Hub {
    pub(crate) fn new(
        keeper: Keeper,
        settings: ServerSettings,
        authenticator: Option<Arc<dyn Authenticator>>,
        clock: Clock,
        depot: Option<Depot>,
    ) -> Self {
        Self {
            depot: depot.map(Arc::new),
            rate: Rate::new(settings.rate),
            guesses: Guesses::default(),
            keeper,
            settings,
            authenticator,
            clock,
            metrics: Metrics::default(),
            room: Notify::new(),
            drain: watch::Sender::new(false),
            numbers: AtomicU64::new(0),
            holds: Mutex::new(HashMap::new()),
            lost: Mutex::new(HashMap::new()),
            links: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn holds(&self) -> MutexGuard<'_, Holds> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lost(&self) -> MutexGuard<'_, Lost> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn links(&self) -> MutexGuard<'_, Links> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a body that was not in memory, once it is written.
    pub(crate) async fn read(&self, ticket: Ticket, place: Place) -> Result<Bytes, Refusal> {
        self.keeper.done(ticket).await?;
        Ok(self.keeper.body(place).await?)
    }

    /// Returns a number that no other connection or stream has.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns who sends a request, and counts it.
    pub(crate) async fn principal(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Principal, Refusal> {
        let now = self.clock.now();
        let principal = match &self.authenticator {
            None => {
                self.check_host(headers)?;
                Principal::anybody()
            }
            Some(authenticator) => {
                let bearer = bearer(headers).ok_or(Refusal::NoToken)?;
                let address = extensions.get::<Arc<Connection>>().and_then(|one| one.address);
                self.authenticate(authenticator, bearer, address).await?
            }
        };
        if self.rate.admits(&principal.subject, now) {
            Ok(principal)
        } else {
            Err(Refusal::TooManyRequests)
        }
    }

    /// Returns who shows a token, unless too many wrong ones came from his address.
    async fn authenticate(
        &self,
        authenticator: &Arc<dyn Authenticator>,
        bearer: &str,
        address: Option<IpAddr>,
    ) -> Result<Principal, Refusal> {
        let now = self.clock.now();
        if address.is_some_and(|address| !self.guesses.admits(address, bearer, now)) {
            return Err(Refusal::TooManyRequests);
        }
        let authenticated = authenticator.authenticate(bearer, now).await;
        match (&authenticated, address) {
            (Ok(_), _) => self.guesses.right(bearer),
            (Err(AuthenticateError::Unavailable), _) | (_, None) => {}
            (Err(_), Some(address)) => self.guesses.wrong(address, bearer, now),
        }
        Ok(authenticated?)
    }

    /// Without credentials, pages of other origins must not reach the server by a name of theirs.
    fn check_host(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(host) = headers.get(header::HOST) else { return Ok(()) };
        let host = host.to_str().map_err(|_| Refusal::ForeignHost)?;
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let own = ["localhost", "127.0.0.1", "[::1]"];
        let is_known = own.contains(&name) || self.settings.hosts.iter().any(|known| known == name);
        if is_known { Ok(()) } else { Err(Refusal::ForeignHost) }
    }

    /// Does what time asks for.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now();
        self.release_idle(now);
        self.give_up_lost(now);
        let ((), _ticket) =
            self.keeper.change(Level::Written, |mailboxes, log| mailboxes.sweep(log, now));
        self.keeper.flush();
        if let Some(depot) = &self.depot {
            depot.sweep(now);
            let bonds = depot.bonds();
            if !bonds.is_empty() {
                let there = self.keeper.look(|mailboxes| there(mailboxes, &bonds));
                depot.part(&bonds, &there, now);
            }
        }
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("settings", &self.settings).finish_non_exhaustive()
    }
}
