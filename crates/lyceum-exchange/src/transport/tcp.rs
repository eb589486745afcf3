//! TCP.

use std::io;

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
            let port = listener.local_addr()?.port();
            let endpoint = with_port(&endpoint, port);
            Ok(Box::new(Listening { listener, endpoint }) as Box<dyn TransportListener>)
        }
        .boxed()
    }

    fn is_private(&self, endpoint: &Endpoint) -> bool {
        let host = endpoint.location().rsplit_once(':').map_or("", |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Returns the endpoint with the port that the system chose.
fn with_port(endpoint: &Endpoint, port: u16) -> Endpoint {
    let host = endpoint.location().rsplit_once(':').map_or("", |(host, _)| host);
    Endpoint::new("tcp", &format!("{host}:{port}")).unwrap_or_else(|| endpoint.clone())
}

/// Sends small frames at once instead of waiting for more.
fn prompt(stream: TcpStream) -> io::Result<Box<TcpStream>> {
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
