//! The real Academy, in processes of its own.

use std::ops::Deref;

use crate::EXCHANGE;
use crate::academy::script;
use crate::redis_server::{RedisServer, free_port};
use crate::snippets::Snippets;

/// Academy's server, a user, and the agent `Sensor`. It ends when its input does.
pub(crate) struct Peer {
    /// The URL of the exchange, as Lyceum writes it.
    pub(crate) url: String,
    /// The number of the agent.
    pub(crate) sensor: String,
    snippets: Snippets,
    _server: Option<RedisServer>,
}

impl Peer {
    /// Starts a server and an agent; `None` if this machine has no such Python, or no Redis.
    pub(crate) async fn start() -> Option<Self> {
        match EXCHANGE {
            None => Self::at(free_port(), &[], None).await,
            Some(kind) => {
                let server = RedisServer::start()?;
                Self::at(server.port(), &[kind], Some(server)).await
            }
        }
    }

    /// Starts an agent at the server that is at a port or is started there.
    async fn at(port: u16, kind: &[&str], server: Option<RedisServer>) -> Option<Self> {
        let mut command = script("academy/peers/academy_peer.py")?;
        command.arg(port.to_string()).args(kind).process_group(0);
        let snippets = Snippets::start(&mut command).await;
        let text = |name: &str| snippets.first[name].as_str().unwrap().to_owned();
        Some(Self { url: text("url"), sensor: text("sensor"), snippets, _server: server })
    }

    /// Returns the address of its agent, as Lyceum writes it.
    pub(crate) fn address(&self) -> String {
        format!("{}/{}", self.url, self.sensor)
    }
}

impl Deref for Peer {
    type Target = Snippets;

    fn deref(&self) -> &Snippets {
        &self.snippets
    }
}

impl Drop for Peer {
    /// Ends all processes of its group: the server is one of its own.
    fn drop(&mut self) {
        let Some(pid) = self.snippets.child.id() else { return };
        let group = format!("-{pid}");
        // There may be none left.
        let _ = std::process::Command::new("kill").args(["-s", "KILL", "--", &group]).status();
    }
}
