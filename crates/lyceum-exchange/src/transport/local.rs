//! Streams in memory, between the nodes of one process.

use std::collections::BTreeMap;
use std::future::ready;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::exchange::Door;
use lyceum_wire::Endpoint;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::{ByteStream, Incoming, Transport, TransportListener};

/// How many bytes are under way in one direction.
const CAPACITY: usize = 64 << 10;
/// How many streams wait until a listener takes them.
const BACKLOG: usize = 128;

/// Who listens, by world and name.
static NAMES: Mutex<BTreeMap<Place, mpsc::Sender<DuplexStream>>> = Mutex::new(BTreeMap::new());

/// A world of simulated nodes, or 0 for all other nodes of the process, and a name there.
type Place = (u64, String);

/// `local://NAME`.
#[derive(Debug)]
pub(super) struct Local {
    world: u64,
}

struct Listening {
    endpoint: Endpoint,
    place: Place,
    streams: mpsc::Receiver<DuplexStream>,
}

impl Local {
    /// Makes the transport of a node: those of other worlds are out of its reach.
    pub(super) fn of(door: &Door) -> Self {
        Self { world: door.world().unwrap_or(0) }
    }

    fn place(&self, endpoint: &Endpoint) -> Place {
        (self.world, endpoint.location().into())
    }

    fn connect(&self, endpoint: &Endpoint) -> io::Result<Box<dyn ByteStream>> {
        let nobody = || io::Error::new(io::ErrorKind::ConnectionRefused, "nobody listens there");
        let listening = names().get(&self.place(endpoint)).cloned().ok_or_else(nobody)?;
        let (near, far) = tokio::io::duplex(CAPACITY);
        listening.try_send(far).map_err(|_| nobody())?;
        Ok(Box::new(near))
    }

    fn bind(&self, endpoint: Endpoint) -> io::Result<Box<dyn TransportListener>> {
        let place = self.place(&endpoint);
        let mut names = names();
        if names.contains_key(&place) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let (sender, streams) = mpsc::channel(BACKLOG);
        names.insert(place.clone(), sender);
        Ok(Box::new(Listening { endpoint, place, streams }))
    }
}

fn names() -> MutexGuard<'static, BTreeMap<Place, mpsc::Sender<DuplexStream>>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transport for Local {
    fn scheme(&self) -> &'static str {
        "local"
    }

    fn dial(&self, endpoint: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn ByteStream>>> {
        ready(self.connect(&endpoint)).boxed()
    }

    fn listen(
        &self,
        endpoint: Endpoint,
    ) -> BoxFuture<'static, io::Result<Box<dyn TransportListener>>> {
        ready(self.bind(endpoint)).boxed()
    }

    fn is_private(&self, _: &Endpoint) -> bool {
        true
    }
}

impl TransportListener for Listening {
    fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    fn accept(&mut self) -> Incoming<'_> {
        async {
            let stream = self.streams.recv().await;
            let stream = stream.expect("the table has a sender while this is there");
            Ok(Box::new(stream) as Box<dyn ByteStream>)
        }
        .boxed()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        names().remove(&self.place);
    }
}
