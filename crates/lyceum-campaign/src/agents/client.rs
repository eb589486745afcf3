//! An actuator: sends bytes to a server under test.

use std::net::SocketAddr;
use std::path::PathBuf;

use lyceum_core::BoxError;
use lyceum_macros::{Event, agent};
use lyceum_universe::Step;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::payload::{NetworkAnswer, NetworkLimits, Order, Payload, talk};

/// The session has a [`Payload`] that is to be sent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Event)]
pub struct ClientSend {}

/// Sends the session's [`Payload`] to a server on [`ClientSend`], reads its answer to its end, and
/// sends that as a [`NetworkAnswer`].
///
/// It works while steps go on. What comes when the session is over is thrown away.
#[derive(Clone, Debug)]
pub struct Client {
    address: Address,
    limits: NetworkLimits,
}

#[derive(Clone, Debug)]
enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// How a conversation went, for the agent that had it; of which session it was.
#[derive(Serialize, Deserialize, Event)]
#[event(name = "client_answered")]
struct Answered {
    session: u64,
    answer: NetworkAnswer,
}

impl Client {
    /// Makes a client of a server at an address.
    pub fn tcp(address: SocketAddr, limits: NetworkLimits) -> Self {
        Self { address: Address::Tcp(address), limits }
    }

    /// Makes a client of a server at a socket of the file system.
    pub fn unix(path: impl Into<PathBuf>, limits: NetworkLimits) -> Self {
        Self { address: Address::Unix(path.into()), limits }
    }

    async fn converse(self, payload: Payload) -> NetworkAnswer {
        let Self { address, limits } = self;
        let conversation = async {
            match address {
                Address::Tcp(address) => {
                    let stream = TcpStream::connect(address).await?;
                    Ok(talk(stream, &payload.0, limits, Order::SendFirst).await)
                }
                Address::Unix(path) => {
                    let stream = UnixStream::connect(path).await?;
                    Ok(talk(stream, &payload.0, limits, Order::SendFirst).await)
                }
            }
        };
        // Twice, so that a conversation that is cut off tells what it heard.
        match timeout(limits.time.saturating_mul(2), conversation).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => NetworkAnswer::failed(&error),
            Err(_) => NetworkAnswer::failed(&std::io::ErrorKind::TimedOut.into()),
        }
    }
}

#[agent]
impl Client {
    #[event]
    fn send(&mut self, _send: &ClientSend, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let session = cx.session().number();
        let payload = cx.session().get::<Payload>().cloned();
        let payload = payload.ok_or("`client_send` without a `Payload` in the session")?;
        let asked = self.clone().converse(payload);
        cx.ask(asked, move |answer| Answered { session, answer });
        Ok(())
    }

    #[event]
    fn answered(&mut self, answered: &Answered, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.session().number() == answered.session {
            cx.send(answered.answer.clone())?;
        }
        Ok(())
    }
}
