//! Connections to a server, over any transport.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper::rt::Executor;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use lyceum_wire::Endpoint;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tower_service::Service;

use crate::{ByteStream, Transport};

/// Dials the one server that a client talks with.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) endpoint: Endpoint,
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Stream>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let dialing = self.transport.dial(self.endpoint.clone());
        Box::pin(async move { Ok(TokioIo::new(dialing.await?)) })
    }
}

/// A connection to the server.
type Stream = TokioIo<Box<dyn ByteStream>>;

// Which is enough: `TokioIo` has the rest for whatever bytes.
impl Connection for Box<dyn ByteStream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// Runs the connections of a client, and ends them with it.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    runtime: Handle,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Connections {
    pub(super) fn on(runtime: Handle) -> Self {
        Self { runtime, tasks: Arc::default() }
    }

    /// Ends all of them.
    pub(super) fn close(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Connections {
    fn execute(&self, connection: F) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that are over go.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(connection, &self.runtime);
    }
}
