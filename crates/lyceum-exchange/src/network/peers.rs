//! The channels of a node, and how they come about: dialed once however many ask, and found again
//! after a loss.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use lyceum_wire::link::{Hello, Refusal, RefusalReason, Text};
use lyceum_wire::{Endpoint, NodeId};

use super::Inner;
use super::host;
use crate::channel::{Channel, Driver, HandshakeError, greet};
use crate::transport::ByteStream;

/// How many endpoints are remembered that were dialed.
const ENDPOINT_LIMIT: usize = 65_536;

/// The channels of a node, and what is known of endpoints.
#[derive(Default)]
pub(crate) struct Peers(Mutex<Table>);

#[derive(Default)]
struct Table {
    channels: HashMap<NodeId, Arc<Channel>>,
    endpoints: HashMap<Endpoint, Known>,
}

/// What is known of an endpoint.
#[derive(Default)]
struct Known {
    /// Which node was there last.
    node: Option<NodeId>,
    /// The attempt to dial it that is under way.
    dialing: Option<Dialing>,
    /// How often it could not be dialed in a row.
    failures: u32,
    /// Why not, and until when nobody tries again.
    last: Option<DialError>,
    resting: bool,
}

type Dialing = Shared<BoxFuture<'static, Result<Arc<Channel>, DialError>>>;

/// Says why there is no channel to an endpoint.
#[derive(Clone)]
pub(crate) struct DialError(Arc<str>);

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DialError {
    fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string().into())
    }

    /// Keeps the text of an error and of its causes, since many hear of it.
    fn of(what: &str, error: &dyn std::error::Error) -> Self {
        let mut text = format!("{what}{error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        Self(text.into())
    }
}

impl Peers {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the live channel to a node.
    pub(crate) fn channel(&self, node: NodeId) -> Option<Arc<Channel>> {
        self.table().channels.get(&node).filter(|channel| channel.is_open()).cloned()
    }

    /// Returns all live channels.
    pub(crate) fn live(&self) -> Vec<Arc<Channel>> {
        let table = self.table();
        table.channels.values().filter(|channel| channel.is_open()).cloned().collect()
    }

    fn known(&self, endpoint: &Endpoint) -> Option<Arc<Channel>> {
        let table = self.table();
        let node = table.endpoints.get(endpoint)?.node?;
        table.channels.get(&node).filter(|channel| channel.is_open()).cloned()
    }

    /// Forgets a channel that has ended.
    fn forget(&self, channel: &Arc<Channel>) {
        let mut table = self.table();
        if table.channels.get(&channel.node).is_some_and(|known| Arc::ptr_eq(known, channel)) {
            table.channels.remove(&channel.node);
        }
    }
}

impl Inner {
    /// Returns a channel to the node at an endpoint: the one that there is, or a new one.
    pub(crate) async fn reach(
        self: &Arc<Self>,
        endpoint: &Endpoint,
    ) -> Result<Arc<Channel>, DialError> {
        if let Some(channel) = self.peers.known(endpoint) {
            return Ok(channel);
        }
        let dialing = {
            let mut table = self.peers.table();
            if table.endpoints.len() >= ENDPOINT_LIMIT {
                table.endpoints.retain(|_, known| known.dialing.is_some());
            }
            let known = table.endpoints.entry(endpoint.clone()).or_default();
            match (&known.dialing, &known.last) {
                (Some(dialing), _) => dialing.clone(),
                (None, Some(error)) if known.resting => return Err(error.clone()),
                (None, _) => {
                    let dialing = self.clone().dial(endpoint.clone()).boxed().shared();
                    known.dialing = Some(dialing.clone());
                    dialing
                }
            }
        };
        // Whoever asked first may give up: the attempt goes on without him.
        let attempt = dialing.clone();
        self.spawn(async move { drop(attempt.await) });
        dialing.await
    }

    async fn dial(self: Arc<Self>, endpoint: Endpoint) -> Result<Arc<Channel>, DialError> {
        let dialed = self.timer.limit(self.settings.dial_limit, self.connect(&endpoint)).await;
        let dialed = dialed.unwrap_or_else(|| {
            Err(DialError::new(format!("nobody answered within {:?}", self.settings.dial_limit)))
        });
        let mut pause = None;
        {
            let mut table = self.peers.table();
            let known = table.endpoints.entry(endpoint.clone()).or_default();
            known.dialing = None;
            match &dialed {
                Ok(channel) => {
                    known.node = Some(channel.node);
                    known.failures = 0;
                    known.last = None;
                }
                Err(error) => {
                    pause = Some(self.pause(known.failures));
                    known.failures = known.failures.saturating_add(1);
                    known.last = Some(error.clone());
                    known.resting = true;
                }
            }
        }
        if let Some(pause) = pause {
            self.rest(endpoint, pause);
        }
        dialed
    }

    /// Lets nobody dial an endpoint for a while, after that failed.
    fn rest(self: &Arc<Self>, endpoint: Endpoint, pause: Duration) {
        let inner = self.clone();
        self.spawn(async move {
            inner.timer.sleep(pause).await;
            if let Some(known) = inner.peers.table().endpoints.get_mut(&endpoint) {
                known.resting = false;
            }
        });
    }

    /// Returns how long to wait after so many failures: twice as long each time, less a random
    /// part, so that not everybody tries at once.
    fn pause(&self, failures: u32) -> Duration {
        let (shortest, longest) = (self.settings.shortest_pause, self.settings.longest_pause);
        let pause = shortest.saturating_mul(1 << failures.min(16)).min(longest);
        let eighths = u32::try_from(self.door.random() % 4).unwrap_or(0);
        pause * (8 - eighths) / 8
    }

    async fn connect(self: &Arc<Self>, endpoint: &Endpoint) -> Result<Arc<Channel>, DialError> {
        let Some(transport) = self.transport(endpoint.scheme()) else {
            return Err(DialError::new(format!("no transport knows `{}`", endpoint.scheme())));
        };
        let stream = transport.dial(endpoint.clone()).await;
        let stream = stream.map_err(|error| DialError::of("", &error))?;
        let channel = self.meet(stream, true).await;
        let channel = channel.map_err(|error| {
            DialError::of(&format!("cannot agree with the node at `{endpoint}`: "), &error)
        })?;
        Ok(self.prefer_private(endpoint, channel).await)
    }

    /// Moves to a Unix socket, if both nodes are on one machine and the other has one.
    async fn prefer_private(
        self: &Arc<Self>,
        dialed: &Endpoint,
        channel: Arc<Channel>,
    ) -> Arc<Channel> {
        if dialed.scheme() != "tcp" || channel.host != host::identity() {
            return channel;
        }
        let unix = channel.endpoints.iter().find(|endpoint| endpoint.scheme() == "unix");
        let (Some(unix), Some(transport)) = (unix, self.transport("unix")) else { return channel };
        // It may be out of sight, as in a container: TCP does.
        let Ok(stream) = transport.dial(unix.clone()).await else { return channel };
        match self.meet(stream, true).await {
            Ok(private) if private.node == channel.node => private,
            _ => channel,
        }
    }

    /// Greets who is at the other end of a stream, and keeps the channel.
    pub(super) async fn meet(
        self: &Arc<Self>,
        stream: Box<dyn ByteStream>,
        is_dialed: bool,
    ) -> Result<Arc<Channel>, HandshakeError> {
        let mine = self.hello();
        let shaken = greet(stream, &mine, is_dialed, |theirs| self.accept(theirs)).await;
        let shaken = shaken?;
        let channel = Arc::new(Channel::new(
            self.door.clone(),
            &self.settings,
            self.traffic.clone(),
            &shaken,
        ));
        let driver = Driver::new(channel.clone(), shaken, self.topics.clone(), self.timer.clone());
        self.keep(&channel);
        let (inner, driven) = (self.clone(), channel.clone());
        let spawned = self.spawn(async move {
            let why = driver.await;
            tracing::debug!(node = %driven.node, why, "a channel ended");
            inner.peers.forget(&driven);
        });
        if spawned.is_some() {
            let (told, wanted) = (channel.clone(), self.door.interests());
            self.spawn(async move { told.announce(wanted).await });
        }
        Ok(channel)
    }

    /// Says whether this node wants the other one.
    fn accept(&self, theirs: &Hello) -> Result<(), Refusal> {
        if let Some(expected) = &self.settings.token
            && !theirs.token.as_ref().is_some_and(|token| token.matches(expected))
        {
            let text = "the other node showed no token, or a wrong one";
            return Err(refusal(RefusalReason::Unauthorized, text));
        }
        let table = self.peers.table();
        let is_new = !table.channels.contains_key(&theirs.node);
        if is_new && table.channels.len() >= self.settings.channels {
            return Err(refusal(RefusalReason::TooManyChannels, "there are too many channels"));
        }
        Ok(())
    }

    /// Keeps a channel; of two to the same node, both nodes keep the same one.
    fn keep(&self, channel: &Arc<Channel>) {
        let mut table = self.peers.table();
        let former = table.channels.get(&channel.node).filter(|former| former.is_open()).cloned();
        let kept = former.as_ref().is_none_or(|former| self.is_better(channel, former));
        if kept {
            table.channels.insert(channel.node, channel.clone());
        }
        drop(table);
        match former {
            Some(former) if kept => former.retire(),
            Some(_) => channel.retire(),
            None => {}
        }
    }

    /// Returns whether a new channel takes the place of another one to the same node. Both nodes
    /// must come to the same answer, whichever channel they saw first: one is better that the node
    /// with the smaller id dialed, then the newer.
    fn is_better(&self, new: &Channel, former: &Channel) -> bool {
        let by_smaller = |channel: &Channel| channel.dialed == (self.door.node_id() < channel.node);
        by_smaller(new) >= by_smaller(former)
    }
}

fn refusal(reason: RefusalReason, text: &str) -> Refusal {
    Refusal { reason, text: Text::new(text) }
}
