//! Listening, connections, and an orderly end.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tokio_rustls::TlsAcceptor;

use crate::server::depot::Depot;
use crate::server::holding::Connection;
use crate::server::hub::{Clock, Hub};
use crate::server::leaving::Leaving;
use crate::server::metrics::count;
use crate::server::patience::Patient;
use crate::server::{Authenticator, ServerCertificate, ServerSettings, link, routes};
use crate::store::{Keeper, StoreError};

/// Bytes that may wait to be written to one connection, and those of a request's head.
const BUFFER: usize = 256 << 10;

/// Says why a server does not run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Others could reach it, and nobody would have to say who he is.
    #[error("cannot listen at {0} without credentials: only this machine may reach such a server")]
    Open(SocketAddr),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The folder of large data cannot be used.
    #[error("cannot use the folder of blobs")]
    Depot(#[source] io::Error),
    /// The store has failed.
    #[error("the store has failed")]
    Store(#[source] StoreError),
}

/// A server of mailboxes.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    hub: Arc<Hub>,
    certificate: Option<Arc<ServerCertificate>>,
}

impl Server {
    /// Listens at an address.
    ///
    /// # Errors
    ///
    /// Says why not; without credentials, only addresses of this machine are listened at.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing is listened at.
    pub async fn bind(
        address: SocketAddr,
        keeper: Keeper,
        authenticator: Option<Arc<dyn Authenticator>>,
        clock: Clock,
        settings: ServerSettings,
    ) -> Result<Self, ServeError> {
        if authenticator.is_none() && !address.ip().is_loopback() {
            return Err(ServeError::Open(address));
        }
        let failed = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let depot = settings.depot.clone();
        let depot = tokio::task::spawn_blocking(move || depot.map(Depot::open).transpose()).await;
        let depot = depot.map_err(io::Error::other).flatten().map_err(ServeError::Depot)?;
        let hub = Arc::new(Hub::new(keeper, settings, authenticator, clock, depot));
        Ok(Self { listener, address, hub, certificate: None })
    }

    /// Talks TLS alone. A certificate that is reloaded is shown to whoever connects from then on.
    #[must_use]
    pub fn encrypted(self, certificate: Arc<ServerCertificate>) -> Self {
        Self { certificate: Some(certificate), ..self }
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is done, and then ends in order: streams end, requests under way have
    /// some time, and everything is on disk.
    ///
    /// # Errors
    ///
    /// Says what failed, and ended it.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, connections end at once; what was accepted is kept.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { listener, hub, certificate, .. } = self;
        let (writer, indexer) = (hub.keeper.clone(), hub.keeper.clone());
        let mut store = JoinSet::new();
        store.spawn_blocking(move || writer.write());
        store.spawn_blocking(move || {
            indexer.index();
            Ok(())
        });
        let closing = Closing(hub.keeper.clone());
        let mut connections = JoinSet::new();
        let failed = tokio::select! {
            () = accept_all(&listener, &hub, certificate.as_deref(), &mut connections) => None,
            () = sweep(&hub) => None,
            () = stop => None,
            over = store.join_next() => over,
        };
        drop(listener);
        let held = hub.held();
        hub.drain.send_replace(true);
        let all = async { while connections.join_next().await.is_some() {} };
        // What is not done by then is cut off.
        let _ = timeout(hub.settings.grace, all).await;
        connections.shutdown().await;
        hub.pause_all(&held);
        drop(closing);
        let mut result = check(failed);
        while let Some(over) = store.join_next().await {
            result = result.and(check(Some(over)));
        }
        result
    }
}

/// Ends the store's tasks, also when the server's future is dropped.
struct Closing(Keeper);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn check(
    over: Option<Result<Result<(), StoreError>, tokio::task::JoinError>>,
) -> Result<(), ServeError> {
    match over {
        Some(Ok(Err(error))) => Err(ServeError::Store(error)),
        Some(Err(_)) => Err(ServeError::Store(StoreError::Failed)),
        _ => Ok(()),
    }
}

async fn sweep(hub: &Hub) {
    let mut ticks = interval(hub.settings.sweep);
    loop {
        ticks.tick().await;
        hub.sweep();
    }
}

async fn accept_all(
    listener: &TcpListener,
    hub: &Arc<Hub>,
    certificate: Option<&ServerCertificate>,
    connections: &mut JoinSet<()>,
) {
    let places = Arc::new(Semaphore::new(hub.settings.connections));
    let router = routes::router(hub.clone());
    loop {
        let accepted = listener.accept().await;
        while connections.try_join_next().is_some() {}
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Often there are no file descriptors left: others are about to be closed.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            count(&hub.metrics.connections_refused);
            continue;
        };
        let (hub, router) = (hub.clone(), router.clone());
        let acceptor = certificate.map(ServerCertificate::acceptor);
        connections.spawn(async move {
            greet(stream, acceptor, hub, router).await;
            drop(place);
        });
    }
}

/// Serves a connection, after the handshake of TLS where that is talked.
async fn greet(stream: TcpStream, acceptor: Option<TlsAcceptor>, hub: Arc<Hub>, router: Router) {
    count(&hub.metrics.connections);
    let address = stream.peer_addr().ok().map(|address| address.ip());
    // Without it answers would wait for the other side's acknowledgements.
    let _ = stream.set_nodelay(true);
    let stream = Patient::new(stream, hub.settings.stall);
    match acceptor {
        None => serve_one(stream, address, &hub, router).await,
        Some(acceptor) => {
            let mut drain = hub.drain.subscribe();
            let greeted = tokio::select! {
                greeted = timeout(hub.settings.idle, acceptor.accept(stream)) => greeted,
                _ = drain.wait_for(|drain| *drain) => Ok(Err(io::ErrorKind::Interrupted.into())),
            };
            match greeted {
                Ok(Ok(stream)) => serve_one(stream, address, &hub, router).await,
                Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                Err(_) => tracing::debug!("a handshake took too long"),
            }
        }
    }
    hub.metrics.connections.fetch_sub(1, Ordering::Relaxed);
}

async fn serve_one<S>(stream: S, address: Option<IpAddr>, hub: &Arc<Hub>, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = Arc::new(Connection::new(hub.clone(), address));
    let io = TokioIo::new(Leaving::new(stream, connection.clone()));
    let service = TowerToHyperService::new(router.layer(Extension(connection.clone())));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(hub.settings.idle)
        .max_buf_size(BUFFER)
        .serve_connection(io, service)
        .with_upgrades();
    tokio::pin!(serving);
    let mut drain = hub.drain.subscribe();
    let drained = async { drop(drain.wait_for(|drain| *drain).await) };
    let mut ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        () = drained => None,
    };
    if ended.is_none() {
        serving.as_mut().graceful_shutdown();
        ended = Some(serving.await);
    }
    if let Some(Err(error)) = ended {
        tracing::debug!(%error, "a connection ended");
    }
    if let Some(upgrade) = connection.upgrade() {
        link::serve(hub.clone(), upgrade).await;
    }
}
