//! kameo's remote actors: libp2p over TCP, encrypted, since its bootstrap has no other way.

use std::time::Duration;

use futures_util::StreamExt;
use kameo::actor::RemoteActorRef;
use kameo::message::{Context, Message};
use kameo::prelude::*;
use kameo::remote::{self, messaging};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, noise, tcp, yamux};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::contract::{Body, Remote};

/// The name that the counter is registered under.
const NAME: &str = "counter";
/// The largest message, which is 1 MiB unless set.
const LIMIT: u64 = 256 << 20;

#[derive(Actor, RemoteActor, Default)]
pub struct Counter {
    value: u64,
}

#[derive(Serialize, Deserialize)]
pub struct Add(u64);

#[derive(Serialize, Deserialize)]
pub struct Echo(Body);

#[remote_message]
impl Message<Add> for Counter {
    type Reply = u64;

    async fn handle(&mut self, message: Add, _: &mut Context<Self, u64>) -> u64 {
        self.value += message.0;
        self.value
    }
}

#[remote_message]
impl Message<Echo> for Counter {
    type Reply = Result<Body, String>;

    async fn handle(
        &mut self,
        message: Echo,
        _: &mut Context<Self, Result<Body, String>>,
    ) -> Result<Body, String> {
        Ok(message.0)
    }
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    kameo: remote::Behaviour,
}

fn swarm() -> Result<Swarm<Behaviour>, Box<dyn std::error::Error>> {
    let limits = messaging::Config::default()
        .with_request_size_maximum(LIMIT)
        .with_response_size_maximum(LIMIT);
    let config = tcp::Config::default().nodelay(true);
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(config, noise::Config::new, yamux::Config::default)?
        .with_behaviour(|key| Behaviour {
            kameo: remote::Behaviour::new(key.public().to_peer_id(), limits),
        })?
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build();
    swarm.behaviour().kameo.try_init_global()?;
    Ok(swarm)
}

/// Drives a swarm; the first address that it listens at goes to `listening`.
async fn drive(mut swarm: Swarm<Behaviour>, listening: oneshot::Sender<Multiaddr>) {
    let mut listening = Some(listening);
    loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await
            && let Some(listening) = listening.take()
        {
            // Whoever does not wait for it does not need it.
            let _ = listening.send(address);
        }
    }
}

pub struct Kameo;

impl Remote for Kameo {
    type Server = ActorRef<Counter>;
    type Client = RemoteActorRef<Counter>;

    async fn serve() -> Result<(Self::Server, String), String> {
        let mut swarm = swarm().map_err(|error| error.to_string())?;
        let any = "/ip4/127.0.0.1/tcp/0".parse().expect("it is an address");
        swarm.listen_on(any).map_err(|error| error.to_string())?;
        let (peer, (sender, address)) = (*swarm.local_peer_id(), oneshot::channel());
        tokio::spawn(drive(swarm, sender));
        let address = address.await.map_err(|error| error.to_string())?;
        let counter = Counter::spawn(Counter::default());
        counter.register(NAME).await.map_err(|error| error.to_string())?;
        Ok((counter, format!("{address}/p2p/{peer}")))
    }

    async fn connect(address: String) -> Self::Client {
        let mut swarm = swarm().expect("the swarm starts");
        let mut address: Multiaddr = address.parse().expect("it is an address");
        let Some(Protocol::P2p(peer)) = address.pop() else { panic!("it names a peer") };
        let peer: PeerId = peer;
        swarm.add_peer_address(peer, address.clone());
        let dialing = DialOpts::peer_id(peer).addresses(vec![address]).build();
        swarm.dial(dialing).expect("the peer can be dialed");
        tokio::spawn(drive(swarm, oneshot::channel().0));
        loop {
            if let Ok(Some(counter)) = RemoteActorRef::<Counter>::lookup(NAME).await {
                return counter;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn add(client: &Self::Client, n: u64) -> u64 {
        client.ask(&Add(n)).await.expect("the counter answers")
    }

    async fn echo(client: &Self::Client, body: Vec<u8>) -> Vec<u8> {
        client.ask(&Echo(Body(body))).await.expect("the counter answers").0
    }
}
