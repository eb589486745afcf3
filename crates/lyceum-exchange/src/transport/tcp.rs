//! TCP.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::Endpoint;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use super::attentive::Attentive;
use super::{ByteStream, Incoming, Transport, TransportListener};

/// `tcp://HOST:PORT`.
#[derive(Debug)]
pub(super) struct Tcp {
    pub(super) looking: Duration,
}

struct Listening {
    listener: TcpListener,
    looking: Duration,
    endpoint: Endpoint,
}

impl Transport for Tcp {
    fn scheme(&self) -> &'static str {
        "tcp"
    }

    fn dial(&self, endpoint: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn ByteStream>>> {
        let looking = self.looking;
        async move {
            let stream = TcpStream::connect(endpoint.location()).await?;
            Ok(Box::new(prompt(stream, looking)?) as Box<dyn ByteStream>)
        }
        .boxed()
    }

    fn listen(
        &self,
        endpoint: Endpoint,
    ) -> BoxFuture<'static, io::Result<Box<dyn TransportListener>>> {
        let looking = self.looking;
        async move {
            let listener = TcpListener::bind(endpoint.location()).await?;
            let endpoint = bound(&endpoint, &listener)?;
            Ok(Box::new(Listening { listener, looking, endpoint }) as Box<dyn TransportListener>)
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

/// How long a stream may be silent before the system asks the other machine whether it is still
/// there, and how long until it asks again: some wires have no signs of life of their own.
const SILENCE: Duration = Duration::from_secs(5);

/// How long the other machine may leave such questions without an answer, and what was sent without
/// an acknowledgement. Who reads nothing for as long is lost, too.
#[cfg(target_os = "linux")]
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// How much the system keeps of what goes out over this machine's loopback, and of what comes in.
/// By itself it would let megabytes queue up, which a small frame then waits behind.
const LOOPBACK_BUFFER: usize = 256 << 10;

/// How much the system takes on to other machines beyond what is on its way there.
#[cfg(target_os = "linux")]
const UNSENT_LIMIT: u32 = 256 << 10;

/// Makes a stream [prompt](tune), keeps what small frames may have to wait behind short, and lets
/// the reader look before it sleeps.
pub(super) fn prompt(stream: TcpStream, looking: Duration) -> io::Result<Attentive<TcpStream>> {
    tune(&stream)?;
    let socket = SockRef::from(&stream);
    if stream.peer_addr()?.ip().is_loopback() {
        socket.set_send_buffer_size(LOOPBACK_BUFFER)?;
        socket.set_recv_buffer_size(LOOPBACK_BUFFER)?;
    } else {
        #[cfg(target_os = "linux")]
        socket.set_tcp_notsent_lowat(UNSENT_LIMIT)?;
    }
    Ok(Attentive::new(stream, looking))
}

/// Sends small frames at once instead of waiting for more, and notices when the other side is gone.
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(ANSWER_LIMIT))?;
    Ok(())
}

impl TransportListener for Listening {
    fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    fn accept(&mut self) -> Incoming<'_> {
        async {
            let (stream, _) = self.listener.accept().await?;
            Ok(Box::new(prompt(stream, self.looking)?) as Box<dyn ByteStream>)
        }
        .boxed()
    }
}
