//! TCP.

use std::io;
use std::net::IpAddr;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::Endpoint;
use tokio::net::{TcpListener, TcpStream};

use super::{ByteStream, Incoming, Transport, TransportListener};

/// `tcp://HOST:PORT`.
#[derive(Debug)]
pub(super) struct Tcp;

struct Listening {
    listener: TcpListener,
    endpoint: Endpoint,
}

impl Transport for Tcp {
    fn scheme(&self) -> &'static str {
        "tcp"
    }

    fn dial(&self, endpoint: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn ByteStream>>> {
        async move {
            let stream = TcpStream::connect(endpoint.location()).await?;
            Ok(prompt(stream)? as Box<dyn ByteStream>)
        }
        .boxed()
    }

    fn listen(
        &self,
        endpoint: Endpoint,
    ) -> BoxFuture<'static, io::Result<Box<dyn TransportListener>>> {
        async move {
            let listener = TcpListener::bind(endpoint.location()).await?;
            let endpoint = bound(&endpoint, &listener)?;
            Ok(Box::new(Listening { listener, endpoint }) as Box<dyn TransportListener>)
        }
        .boxed()
    }

    fn is_private(&self, endpoint: &Endpoint) -> bool {
        let host = host(endpoint);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Returns the host of an endpoint, without the brackets of an address of IPv6.
pub(super) fn host(endpoint: &Endpoint) -> &str {
    let host = endpoint.location().rsplit_once(':').map_or("", |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Returns an endpoint with the port that the system chose.
pub(super) fn bound(endpoint: &Endpoint, listener: &TcpListener) -> io::Result<Endpoint> {
    let port = listener.local_addr()?.port();
    let host = endpoint.location().rsplit_once(':').map_or("", |(host, _)| host);
    let bound = Endpoint::new(endpoint.scheme(), &format!("{host}:{port}"));
    Ok(bound.unwrap_or_else(|| endpoint.clone()))
}

/// Sends small frames at once instead of waiting for more.
pub(super) fn prompt(stream: TcpStream) -> io::Result<Box<TcpStream>> {
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

impl TransportListener for Listening {
    fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    fn accept(&mut self) -> Incoming<'_> {
        async {
            let (stream, _) = self.listener.accept().await?;
            Ok(prompt(stream)? as Box<dyn ByteStream>)
        }
        .boxed()
    }
}
