//! An actuator: answers a client under test.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use futures_util::future::{Either, select};
use lyceum_core::BoxError;
use lyceum_macros::{Event, agent};
use lyceum_universe::Step;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::payload::{NetworkAnswer, NetworkLimits, Order, Payload, talk};

/// The session has a [`Payload`] with which one client is to be answered.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Event)]
pub struct ServerAccept {}

/// Answers one client with the session's [`Payload`] on [`ServerAccept`], and sends what the client
/// said as a [`NetworkAnswer`].
///
/// It works while steps go on, one client at a time, and ends with the session. Clients that come
/// in between wait as long as the system lets them.
#[derive(Debug)]
pub struct Server {
    listener: Arc<TcpListener>,
    limits: NetworkLimits,
    is_http: bool,
    stop: Option<Arc<Notify>>,
}

/// How a conversation went, for the agent that had it; of which session it was.
#[derive(Serialize, Deserialize, Event)]
#[event(name = "server_answered")]
struct Answered {
    session: u64,
    answer: Option<NetworkAnswer>,
}

impl Server {
    /// Makes a server that sends its payload as it is.
    ///
    /// # Errors
    ///
    /// The address is taken, or not this machine's.
    pub fn tcp(address: SocketAddr, limits: NetworkLimits) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener: Arc::new(listener), limits, is_http: false, stop: None })
    }

    /// Makes a server that sends its payload as the body of an HTTP response.
    ///
    /// # Errors
    ///
    /// As [`tcp`](Self::tcp).
    pub fn http(address: SocketAddr, limits: NetworkLimits) -> io::Result<Self> {
        Ok(Self { is_http: true, ..Self::tcp(address, limits)? })
    }

    /// Returns where it listens: its port, if any was to be taken.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    fn response(&self, payload: Payload) -> Vec<u8> {
        let Payload(body) = payload;
        if !self.is_http {
            return body;
        }
        let length = body.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        [head.into_bytes(), body].concat()
    }
}

/// Answers the first client that comes; none if it is stopped before.
async fn serve(
    listener: Arc<TcpListener>,
    response: Vec<u8>,
    limits: NetworkLimits,
    stop: Arc<Notify>,
) -> Option<NetworkAnswer> {
    let conversation = async {
        let listener = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        let (stream, _) = listener.accept().await?;
        Ok::<_, io::Error>(talk(stream, &response, limits, Order::HearFirst).await)
    };
    match select(std::pin::pin!(conversation), std::pin::pin!(stop.notified())).await {
        Either::Left((answer, _)) => {
            Some(answer.unwrap_or_else(|error| NetworkAnswer::failed(&error)))
        }
        Either::Right(_) => None,
    }
}

#[agent]
impl Server {
    #[event]
    fn accept(&mut self, _accept: &ServerAccept, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let session = cx.session().number();
        let payload = cx.session().get::<Payload>().cloned();
        let payload = payload.ok_or("`server_accept` without a `Payload` in the session")?;
        let stop = Arc::new(Notify::new());
        if let Some(former) = self.stop.replace(stop.clone()) {
            former.notify_one();
        }
        let served = serve(self.listener.clone(), self.response(payload), self.limits, stop);
        cx.ask(served, move |answer| Answered { session, answer });
        Ok(())
    }

    #[event]
    fn answered(&mut self, answered: &Answered, cx: &mut Step<'_>) -> Result<(), BoxError> {
        match &answered.answer {
            Some(answer) if cx.session().number() == answered.session => {
                Ok(cx.send(answer.clone())?)
            }
            _ => Ok(()),
        }
    }

    #[deinit]
    fn deinit(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.notify_one();
        }
    }
}
