//! Hosts: who listens and dials in a simulated network.

use std::io;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum::network::{ByteStream, Incoming, Transport, TransportListener};
use lyceum::wire::Endpoint;
use tokio::sync::mpsc;

use super::connection::Line;
use super::{SimulatedNetwork, Trouble, pair};

/// How many connections wait until a listener takes them.
const BACKLOG: usize = 128;

/// The network as a host sees it.
#[derive(Clone, Debug)]
pub(super) struct HostTransport {
    pub(super) network: SimulatedNetwork,
    pub(super) host: String,
}

struct Listening {
    network: SimulatedNetwork,
    endpoint: Endpoint,
    streams: mpsc::Receiver<Box<dyn ByteStream>>,
}

impl HostTransport {
    async fn connect(self, endpoint: Endpoint) -> io::Result<Box<dyn ByteStream>> {
        let network = &self.network;
        let pair = pair(&self.host, host_of(&endpoint));
        network.inner.door.sleep_until(network.arrival(0)).await;
        loop {
            let healed = network.inner.healed.notified();
            match network.trouble(&pair) {
                None => break,
                Some(Trouble::Cut) => return Err(io::ErrorKind::HostUnreachable.into()),
                Some(Trouble::Silence) => healed.await,
            }
        }
        let mut state = network.state();
        let Some(listening) = state.listeners.get(endpoint.location()).cloned() else {
            return Err(io::ErrorKind::ConnectionRefused.into());
        };
        let (line, [near, far]) = Line::lay(network, pair);
        state.lines.retain(|line| !line.is_over());
        state.lines.push(line);
        drop(state);
        let refused = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
        listening.try_send(Box::new(far)).map_err(refused)?;
        Ok(Box::new(near))
    }

    fn bind(&self, endpoint: Endpoint) -> io::Result<Box<dyn TransportListener>> {
        if host_of(&endpoint) != self.host {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        }
        let mut state = self.network.state();
        if state.listeners.contains_key(endpoint.location()) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let (sender, streams) = mpsc::channel(BACKLOG);
        state.listeners.insert(endpoint.location().into(), sender);
        Ok(Box::new(Listening { network: self.network.clone(), endpoint, streams }))
    }
}

/// Returns the host of an endpoint.
fn host_of(endpoint: &Endpoint) -> &str {
    endpoint.location().split(':').next().unwrap_or_default()
}

impl Transport for HostTransport {
    fn scheme(&self) -> &'static str {
        "sim"
    }

    fn dial(&self, endpoint: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn ByteStream>>> {
        self.clone().connect(endpoint).boxed()
    }

    fn listen(
        &self,
        endpoint: Endpoint,
    ) -> BoxFuture<'static, io::Result<Box<dyn TransportListener>>> {
        let bound = self.bind(endpoint);
        async move { bound }.boxed()
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
            Ok(stream.expect("the network has a sender while this is there"))
        }
        .boxed()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let location = self.endpoint.location();
        // Bound to a variable: it is dropped after the lock.
        let _sender = self.network.state().listeners.remove(location);
    }
}
