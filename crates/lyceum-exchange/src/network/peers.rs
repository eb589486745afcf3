//! The channels of a node, and how they come about: dialed once however many ask, and found again
//! after a loss.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use lyceum_wire::link::{Hello, Refusal, RefusalReason, Text};
use lyceum_wire::{Endpoint, NodeId};

use tokio::sync::Notify;

use super::Inner;
use crate::channel::{Channel, Driver, HandshakeError, Handshaken, greet};
use crate::transport::{ByteStream, text_of};

/// How many endpoints are remembered that were dialed.
const ENDPOINT_LIMIT: usize = 65_536;

/// The channels of a node, and what is known of endpoints.
///
/// To each other node there is one channel at most, or one stream that may become one. So calls
/// do not overtake each other on two of them: a stream is welcome only when what was there before
/// is over. Of two nodes that dial each other at once, the one with the smaller id refuses the
/// second stream that it hears of, and the other one waits to see what becomes of the first.
#[derive(Default)]
pub(crate) struct Peers {
    table: Mutex<Table>,
    /// Told when a place in the table is free, or filled.
    changed: Notify,
}

#[derive(Default)]
struct Table {
    /// In order, so that a simulated run is repeatable.
    places: BTreeMap<NodeId, Place>,
    endpoints: HashMap<Endpoint, Known>,
    /// Nodes to which a lost channel is being made again.
    reviving: BTreeSet<NodeId>,
}

/// What there is to another node.
enum Place {
    /// A stream on which this node has said, or is about to say, that the other one is welcome.
    Meeting,
    Channel(Arc<Channel>),
}

/// The place of another node, while its stream may become a channel.
struct Meeting {
    inner: Arc<Inner>,
    node: NodeId,
    kept: bool,
}

/// Says why a stream did not become a channel.
enum MeetError {
    /// The two have a channel, or are about to.
    Duplicate(NodeId),
    /// There is a better stream.
    Nearer(Box<dyn ByteStream>),
    Failed(HandshakeError),
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

    fn closed() -> Self {
        Self::new("the node's network was closed")
    }

    /// Keeps the text of an error and of its causes, since many hear of it.
    fn of(what: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = format!("{what}{}", text_of(error));
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {}", text_of(error)));
            cause = error.source();
        }
        Self(text.into())
    }
}

impl Place {
    fn channel(&self) -> Option<&Arc<Channel>> {
        match self {
            Self::Channel(channel) if channel.is_open() => Some(channel),
            Self::Channel(_) | Self::Meeting => None,
        }
    }
}

impl Peers {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the live channel to a node.
    pub(crate) fn channel(&self, node: NodeId) -> Option<Arc<Channel>> {
        self.table().places.get(&node).and_then(Place::channel).cloned()
    }

    /// Returns all live channels.
    pub(crate) fn live(&self) -> Vec<Arc<Channel>> {
        self.table().places.values().filter_map(Place::channel).cloned().collect()
    }

    /// Returns all channels that are not over.
    pub(super) fn channels(&self) -> Vec<Arc<Channel>> {
        let channel = |place: &Place| match place {
            Place::Channel(channel) => Some(channel.clone()),
            Place::Meeting => None,
        };
        self.table().places.values().filter_map(channel).collect()
    }

    /// Waits until no channel is left.
    pub(super) async fn all_over(&self) {
        loop {
            let changed = self.changed.notified();
            if self.channels().is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// Returns where a node was reached last, the same each time.
    pub(super) fn way_to(&self, node: NodeId) -> Option<Endpoint> {
        let table = self.table();
        let known = table.endpoints.iter().filter(|(_, known)| known.node == Some(node));
        known.map(|(endpoint, _)| endpoint.clone()).min_by_key(ToString::to_string)
    }

    /// Notes that a channel to a node is being made again, or not any more; false if that is no
    /// news.
    pub(super) fn note_reviving(&self, node: NodeId, reviving: bool) -> bool {
        let mut table = self.table();
        if reviving { table.reviving.insert(node) } else { table.reviving.remove(&node) }
    }

    pub(super) fn known(&self, endpoint: &Endpoint) -> Option<Arc<Channel>> {
        let table = self.table();
        let node = table.endpoints.get(endpoint)?.node?;
        table.places.get(&node).and_then(Place::channel).cloned()
    }

    /// Waits for what comes of a stream to a node; none if nothing does.
    async fn settled(&self, node: NodeId) -> Option<Arc<Channel>> {
        loop {
            let changed = self.changed.notified();
            match self.table().places.get(&node)? {
                Place::Channel(channel) => return channel.is_open().then(|| channel.clone()),
                Place::Meeting => {}
            }
            changed.await;
        }
    }

    /// Forgets a channel that has ended.
    fn forget(&self, channel: &Arc<Channel>) {
        let mut table = self.table();
        let is_same = |place: &Place| matches!(place, Place::Channel(c) if Arc::ptr_eq(c, channel));
        if table.places.get(&channel.node).is_some_and(is_same) {
            table.places.remove(&channel.node);
        }
        drop(table);
        self.changed.notify_waiters();
    }
}

impl Meeting {
    /// Puts a channel into the place.
    fn keep(mut self, channel: &Arc<Channel>) {
        self.kept = true;
        self.inner.peers.table().places.insert(self.node, Place::Channel(channel.clone()));
        self.inner.peers.changed.notify_waiters();
    }
}

impl Drop for Meeting {
    fn drop(&mut self) {
        if !self.kept {
            self.inner.peers.table().places.remove(&self.node);
            self.inner.peers.changed.notify_waiters();
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
        if self.is_closing() {
            return Err(DialError::closed());
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
                    let dialing = self.dial_once(endpoint.clone());
                    known.dialing = Some(dialing.clone());
                    dialing
                }
            }
        };
        dialing.await
    }

    /// Dials on the node's own runtime, whoever asked, and whether or not he waits.
    fn dial_once(self: &Arc<Self>, endpoint: Endpoint) -> Dialing {
        let dialed = self.run(self.clone().dial(endpoint));
        dialed.map(|dialed| dialed.unwrap_or_else(|| Err(DialError::closed()))).boxed().shared()
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
    pub(super) fn pause(&self, failures: u32) -> Duration {
        let (shortest, longest) = (self.settings.shortest_pause, self.settings.longest_pause);
        let pause = shortest.saturating_mul(1 << failures.min(16)).min(longest);
        let eighths = u32::try_from(self.door.random() % 4).unwrap_or(0);
        pause * (8 - eighths) / 8
    }

    async fn connect(self: &Arc<Self>, endpoint: &Endpoint) -> Result<Arc<Channel>, DialError> {
        let Some(transport) = self.transport(endpoint.scheme()) else {
            return Err(DialError::new(format!("no transport knows `{}`", endpoint.scheme())));
        };
        // Of the same machine's sockets, one that does not lead there is not tried twice.
        let mut look_nearer = endpoint.scheme() == "tcp";
        let mut nearer = None;
        loop {
            let stream = match nearer.take() {
                Some(stream) => stream,
                None => {
                    let stream = transport.dial(endpoint.clone()).await;
                    stream.map_err(|error| DialError::of("", &error))?
                }
            };
            match self.meet(stream, look_nearer).await {
                Ok(channel) => return Ok(channel),
                Err(MeetError::Nearer(stream)) => {
                    look_nearer = false;
                    nearer = Some(stream);
                }
                Err(MeetError::Duplicate(node)) => {
                    if let Some(channel) = self.peers.settled(node).await {
                        return Ok(channel);
                    }
                    self.timer.sleep(self.settings.shortest_pause).await;
                }
                Err(MeetError::Failed(error)) => {
                    let what = format!("cannot agree with the node at `{endpoint}`: ");
                    return Err(DialError::of(&what, &error));
                }
            }
        }
    }

    /// Lets in who dialed.
    pub(super) async fn let_in(
        self: &Arc<Self>,
        stream: Box<dyn ByteStream>,
    ) -> Result<(), HandshakeError> {
        match self.meet(stream, false).await {
            Err(MeetError::Failed(error)) => Err(error),
            Ok(_) | Err(MeetError::Duplicate(_) | MeetError::Nearer(_)) => Ok(()),
        }
    }

    /// Greets who is at the other end of a stream, and makes it a channel if both want that.
    async fn meet(
        self: &Arc<Self>,
        stream: Box<dyn ByteStream>,
        look_nearer: bool,
    ) -> Result<Arc<Channel>, MeetError> {
        let mine = self.hello();
        let mut met = greet(stream, &mine).await?;
        if look_nearer && let Some(nearer) = self.nearer(&mine, &met.theirs).await {
            let nearest = refusal(RefusalReason::Duplicate, "the Unix socket is nearer");
            // If it has let go already, all the better.
            let _ = met.refuse(&nearest).await;
            return Err(MeetError::Nearer(nearer));
        }
        let node = met.theirs.node;
        let meeting = match self.claim(&met.theirs).await {
            Ok(meeting) => meeting,
            Err(refusal) => {
                // If it does not want to know why, that is its affair.
                let _ = met.refuse(&refusal).await;
                return Err(MeetError::of_refusal(node, refusal, HandshakeError::Refused));
            }
        };
        if let Err(error) = met.welcome().await {
            // The place is free before the other node learns that this stream is gone.
            drop(meeting);
            return Err(match error {
                HandshakeError::RefusedThere(refusal) => {
                    MeetError::of_refusal(node, refusal, HandshakeError::RefusedThere)
                }
                error => MeetError::Failed(error),
            });
        }
        Ok(self.start(meeting, met.handshaken()))
    }

    /// Makes a channel, and drives it.
    fn start(self: &Arc<Self>, meeting: Meeting, shaken: Handshaken) -> Arc<Channel> {
        let channel = Arc::new(Channel::new(
            self.door.clone(),
            &self.settings,
            self.traffic.clone(),
            &shaken,
        ));
        let driver = Driver::new(channel.clone(), shaken, self.topics.clone(), self.timer.clone());
        meeting.keep(&channel);
        if self.is_closing() {
            // They met while the node began to end.
            channel.stop();
        }
        let (inner, driven) = (self.clone(), channel.clone());
        let spawned = self.spawn(async move {
            // With a budget used up, a call would not be handed over, and the next one go first.
            let why = tokio::task::unconstrained(driver).await;
            tracing::debug!(node = %driven.node, why, "a channel ended");
            inner.peers.forget(&driven);
            inner.revive(&driven);
        });
        if spawned.is_some() {
            let (told, wanted) = (channel.clone(), self.door.interests());
            self.spawn(async move { told.announce(wanted).await });
        }
        channel
    }

    /// Dials a Unix socket of the other node, if both nodes are on one machine and it has one.
    async fn nearer(&self, mine: &Hello, theirs: &Hello) -> Option<Box<dyn ByteStream>> {
        if theirs.host != mine.host || mine.host == [0; 16] {
            return None;
        }
        let transport = self.transport("unix")?;
        let mut endpoints = theirs.endpoints.iter().filter_map(|text| text.parse().ok());
        let unix: Endpoint = endpoints.find(|endpoint: &Endpoint| endpoint.scheme() == "unix")?;
        // It may be out of sight, as in a container: TCP does.
        transport.dial(unix).await.ok()
    }

    /// Takes the place of another node for a stream to it, once what was there before is over.
    async fn claim(self: &Arc<Self>, theirs: &Hello) -> Result<Meeting, Refusal> {
        self.check_token(theirs)?;
        if self.is_closing() {
            return Err(refusal(RefusalReason::Stopping, "the node is about to stop"));
        }
        let node = theirs.node;
        loop {
            let changed = self.peers.changed.notified();
            let former = {
                let mut table = self.peers.table();
                let count = table.places.len();
                match table.places.get(&node) {
                    None if count >= self.settings.channels => {
                        let text = "there are too many channels";
                        return Err(refusal(RefusalReason::TooManyChannels, text));
                    }
                    None => {
                        table.places.insert(node, Place::Meeting);
                        return Ok(Meeting { inner: self.clone(), node, kept: false });
                    }
                    Some(Place::Meeting) if self.door.node_id() < node => return Err(duplicate()),
                    Some(Place::Meeting) => None,
                    Some(Place::Channel(channel)) => Some(channel.clone()),
                }
            };
            if let Some(channel) = former {
                if channel.is_alive(&self.timer).await {
                    return Err(duplicate());
                }
                channel.break_off();
            }
            changed.await;
        }
    }

    fn check_token(&self, theirs: &Hello) -> Result<(), Refusal> {
        let Some(expected) = &self.settings.token else { return Ok(()) };
        if theirs.token.as_ref().is_some_and(|token| token.matches(expected)) {
            return Ok(());
        }
        let text = "the other node showed no token, or a wrong one";
        Err(refusal(RefusalReason::Unauthorized, text))
    }
}

impl MeetError {
    fn of_refusal(
        node: NodeId,
        refusal: Refusal,
        failed: impl FnOnce(Refusal) -> HandshakeError,
    ) -> Self {
        match refusal.reason {
            RefusalReason::Duplicate => Self::Duplicate(node),
            _ => Self::Failed(failed(refusal)),
        }
    }
}

impl From<HandshakeError> for MeetError {
    fn from(error: HandshakeError) -> Self {
        Self::Failed(error)
    }
}

fn duplicate() -> Refusal {
    refusal(RefusalReason::Duplicate, "there is a channel between the two nodes")
}

fn refusal(reason: RefusalReason, text: &str) -> Refusal {
    Refusal { reason, text: Text::new(text) }
}
