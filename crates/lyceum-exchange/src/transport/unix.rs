//! Unix sockets.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::Endpoint;
use tokio::net::{UnixListener, UnixStream};

use super::attentive::Attentive;
use super::{ByteStream, Incoming, Transport, TransportListener};

/// `unix:///PATH`.
#[derive(Debug)]
pub(super) struct Unix {
    pub(super) looking: Duration,
}

struct Listening {
    listener: UnixListener,
    looking: Duration,
    endpoint: Endpoint,
    path: PathBuf,
}

impl Transport for Unix {
    fn scheme(&self) -> &'static str {
        "unix"
    }

    fn dial(&self, endpoint: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn ByteStream>>> {
        let looking = self.looking;
        async move {
            let stream = UnixStream::connect(endpoint.location()).await?;
            Ok(Box::new(Attentive::new(stream, looking)) as Box<dyn ByteStream>)
        }
        .boxed()
    }

    fn listen(
        &self,
        endpoint: Endpoint,
    ) -> BoxFuture<'static, io::Result<Box<dyn TransportListener>>> {
        let looking = self.looking;
        async move {
            let path = PathBuf::from(endpoint.location());
            remove_if_abandoned(&path).await?;
            let listener = UnixListener::bind(&path)?;
            Ok(Box::new(Listening { listener, looking, endpoint, path })
                as Box<dyn TransportListener>)
        }
        .boxed()
    }

    fn is_private(&self, _: &Endpoint) -> bool {
        true
    }
}

/// Removes the file of a socket that nobody listens at any more.
async fn remove_if_abandoned(path: &Path) -> io::Result<()> {
    match UnixStream::connect(path).await {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        // It is not there, or no socket: binding will say so.
        Err(_) => Ok(()),
    }
}

impl TransportListener for Listening {
    fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    fn accept(&mut self) -> Incoming<'_> {
        async {
            let (stream, _) = self.listener.accept().await?;
            Ok(Box::new(Attentive::new(stream, self.looking)) as Box<dyn ByteStream>)
        }
        .boxed()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Whoever removed it before did the same.
        let _ = std::fs::remove_file(&self.path);
    }
}
