//! The side of who was started with a ticket: launches the agent, and reports.

use std::io;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_core::exchange::{ConnectError, Door};
use lyceum_core::{AnyHandle, CallError, DownReason, Handle, Inbox, Node, Value, full_text};
use lyceum_exchange::{ListenError, Listener, Network, NetworkExt, Settings};
use lyceum_wire::{Address, AgentKey, Endpoint, NodeId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use thiserror::Error;
use tokio::net::UdpSocket;

use crate::lodging::{Lodging, lodge, open};
use crate::registry::RegistryError;
use crate::siblings::Siblings;
use crate::{Registry, Ticket};

/// How long the manager may take to answer at first.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a manager hears of who it started.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The agent's name.
    pub(crate) name: String,
    /// Which start of it this is.
    pub(crate) generation: u32,
    /// How it went.
    pub(crate) started: Result<NodeId, String>,
    /// Where its node listens.
    #[serde(default)]
    pub(crate) endpoint: Option<Endpoint>,
}

/// The location of an endpoint that has zeros in place of a host.
pub(crate) const ANYWHERE: &str = "0.0.0.0:0";

/// What such a location begins with.
const NO_HOST: &str = "0.0.0.0:";

/// The subject of reports among a manager's mail.
pub(crate) const SUBJECT: &str = "started";

/// Says why an agent that was started with a ticket ended.
#[derive(Debug, Error)]
pub(crate) enum ServeError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("cannot report to the manager")]
    Connect(#[from] ConnectError),
    #[error("cannot report to the manager")]
    Report(#[from] CallError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("cannot find out by which address this machine reaches `{manager}`")]
    Host {
        manager: Endpoint,
        #[source]
        cause: io::Error,
    },
    #[error("it has no mailbox: {0}")]
    Mailbox(String),
    #[error("the agent ended: {0}")]
    Ended(DownReason),
    #[error("the manager is gone: {0}")]
    Orphaned(DownReason),
}

impl ServeError {
    /// Returns whether the manager knows, by a report or by its watch over the agent.
    pub(crate) fn is_told(&self) -> bool {
        !matches!(self, Self::Connect(_) | Self::Report(_))
    }
}

/// A node that hosts the agents of tickets, and knows the manager that gave them.
pub(crate) struct Host {
    registry: Registry,
    node: Node,
    network: Arc<Network>,
    manager: Handle<Inbox>,
}

/// What an agent that was started has.
struct Hosted {
    agent: AnyHandle,
    /// The first one is for who is on its machine.
    listeners: Vec<Listener>,
    lodging: Option<Lodging>,
}

/// Launches the agent of a ticket on a node of its own, and waits for its end, for that of its
/// manager, or for an order to end.
pub(crate) async fn serve(
    registry: &Registry,
    ticket: &Ticket,
    node: &Node,
    order: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Host::of(registry, ticket, node).await?.serve(ticket, order).await
}

impl Host {
    /// Connects a node to the manager of a ticket.
    pub(crate) async fn of(
        registry: &Registry,
        ticket: &Ticket,
        node: &Node,
    ) -> Result<Self, ServeError> {
        let settings = Settings::default().heartbeat(ticket.heartbeat);
        let settings = match &ticket.token {
            Some(token) => settings.token(token.clone()),
            None => settings,
        };
        let network = Network::attach(node, settings);
        if let Some(directory) = &ticket.directory {
            let agent = AgentKey::Name(directory.clone());
            let directory = Address { agent, ..ticket.manager.clone() };
            node.attach(Siblings::of(Door::of(node), &network, directory));
        }
        if let Some(at) = &ticket.wanted.mailbox {
            // What it is made from may hold handles of agents there.
            open(node, at).map_err(ServeError::Mailbox)?;
        }
        let manager = node.connect::<Inbox>(&ticket.manager.to_string()).patience(PATIENCE).await?;
        Ok(Self { registry: registry.clone(), node: node.clone(), network, manager })
    }

    /// Launches the agent of a ticket, and waits for its end, for that of its manager, or for an
    /// order to end.
    pub(crate) async fn serve(
        &self,
        ticket: &Ticket,
        order: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let started = self.start(ticket).await;
        let hosted = started.as_ref().ok();
        let endpoint = hosted.and_then(|hosted| Some(hosted.listeners.last()?.endpoint().clone()));
        let told = started.as_ref().map(|_| self.node.id()).map_err(|error| full_text(error));
        self.report(ticket, told, endpoint).await?;
        let Hosted { agent, listeners, lodging } = started?;

        let orphaned = async {
            let reason = self.manager.ended().await;
            if ticket.outlives {
                // The next manager finds it.
                std::future::pending::<()>().await;
            }
            reason
        };
        let ended = select(agent.ended(), Box::pin(orphaned));
        let end = match select(ended, Box::pin(order)).await {
            Either::Left((Either::Left((reason, _)), _)) if is_wanted(&reason) => Ok(true),
            Either::Left((Either::Left((reason, _)), _)) => Err(ServeError::Ended(reason)),
            Either::Left((Either::Right((reason, _)), _)) => Err(ServeError::Orphaned(reason)),
            Either::Right(_) => Ok(false),
        };
        match lodging {
            // It was not told to go: it is done.
            Some(lodging) if matches!(end, Ok(true)) => lodging.terminate().await,
            Some(lodging) => lodging.leave().await,
            None => {}
        }
        listeners.into_iter().for_each(Listener::stop);
        end.map(drop)
    }

    async fn start(&self, ticket: &Ticket) -> Result<Hosted, ServeError> {
        let agent = self.registry.launch(&self.node, &ticket.wanted).await?;
        let reached = self.reach(ticket, &agent).await;
        if reached.is_err() {
            // Others of the node go on.
            agent.kill().await;
        }
        let (listeners, lodging) = reached?;
        Ok(Hosted { agent, listeners, lodging })
    }

    /// Lets others reach an agent, as its ticket says.
    async fn reach(
        &self,
        ticket: &Ticket,
        agent: &AnyHandle,
    ) -> Result<(Vec<Listener>, Option<Lodging>), ServeError> {
        let mut listeners = Vec::new();
        if let Some(endpoint) = &ticket.endpoint {
            listeners.push(self.listen(endpoint, ticket.manager.endpoint.as_ref()).await?);
        }
        if let (Some(manager), Some(anywhere)) = (&ticket.outside, Endpoint::new("tcp", ANYWHERE)) {
            match self.listen(&anywhere, Some(manager)).await {
                Ok(listener) => listeners.push(listener),
                // Who needs it there is told.
                Err(error) => tracing::warn!(
                    agent = %ticket.wanted.name,
                    error = full_text(&error),
                    "other machines do not reach an agent"
                ),
            }
        }
        let lodged = match &ticket.wanted.mailbox {
            Some(at) => lodge(&self.node, agent, at).await.map(Some),
            None => Ok(None),
        };
        match lodged {
            Ok(lodging) => Ok((listeners, lodging)),
            Err(why) => {
                listeners.into_iter().for_each(Listener::stop);
                Err(ServeError::Mailbox(why))
            }
        }
    }

    async fn listen(
        &self,
        endpoint: &Endpoint,
        manager: Option<&Endpoint>,
    ) -> Result<Listener, ServeError> {
        let endpoint = hosted(endpoint, manager).await?;
        Ok(self.network.listen(&endpoint.to_string()).await?)
    }

    async fn report(
        &self,
        ticket: &Ticket,
        started: Result<NodeId, String>,
        endpoint: Option<Endpoint>,
    ) -> Result<(), ServeError> {
        let (name, generation) = (ticket.wanted.name.to_string(), ticket.generation);
        let report: Value = json!(Report { name, generation, started, endpoint });
        let delivered = self.manager.deliver(SUBJECT.into(), report).await;
        // A full mailbox lets us wait; nothing else is an error of the inbox's own.
        let failed = |error: CallError<_>| error.map_action(|_| unreachable!("an inbox takes all"));
        delivered.map_err(|error| failed(error).into())
    }
}

/// Returns whether somebody asked for that end, so that it is no reason to start again.
pub(crate) fn is_wanted(reason: &DownReason) -> bool {
    reason.is_normal() || *reason == DownReason::Killed
}

/// Returns where to listen: zeros in place of a host stand for this machine's own address, as
/// somebody has it who is reached from here.
async fn hosted(endpoint: &Endpoint, manager: Option<&Endpoint>) -> Result<Endpoint, ServeError> {
    let (Some(port), Some(manager)) = (endpoint.location().strip_prefix(NO_HOST), manager) else {
        return Ok(endpoint.clone());
    };
    let own = async {
        // It only looks up the way: nothing is sent.
        let socket = match UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await {
            Ok(socket) => socket,
            Err(_) => UdpSocket::bind("0.0.0.0:0").await?,
        };
        socket.connect(manager.location()).await?;
        Ok(socket.local_addr()?.ip().to_canonical())
    };
    let failed = |cause| ServeError::Host { manager: manager.clone(), cause };
    let own = own.await.map_err(failed)?;
    let location = if own.is_ipv6() { format!("[{own}]:{port}") } else { format!("{own}:{port}") };
    Ok(Endpoint::new(endpoint.scheme(), &location).unwrap_or_else(|| endpoint.clone()))
}
