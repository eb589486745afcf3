//! ractor with its cluster.

use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call, pg};
use ractor_cluster::{NodeServer, NodeServerMessage, RactorClusterMessage, client_connect};

use crate::contract::Remote;

/// The group that the counter is in, by which the other node finds it.
const GROUP: &str = "counters";
/// What both nodes know.
const COOKIE: &str = "bench";

#[derive(RactorClusterMessage)]
pub enum Message {
    #[rpc]
    Add(u64, RpcReplyPort<u64>),
    #[rpc]
    Echo(Vec<u8>, RpcReplyPort<Vec<u8>>),
}

struct Counter;

impl Actor for Counter {
    type Msg = Message;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        value: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add(n, reply) => {
                *value += n;
                reply.send(*value)?;
            }
            Message::Echo(body, reply) => reply.send(body)?,
        }
        Ok(())
    }
}

/// Starts a node at a port.
async fn node(port: u16, name: &str) -> Result<ActorRef<NodeServerMessage>, String> {
    let server = NodeServer::new(port, COOKIE.into(), name.into(), "localhost".into(), None, None)
        .with_listen_addr([127, 0, 0, 1].into());
    let (node, _) = Actor::spawn(None, server, ()).await.map_err(|error| error.to_string())?;
    Ok(node)
}

pub struct Ractor;

impl Remote for Ractor {
    type Server = ActorRef<NodeServerMessage>;
    type Client = ActorRef<Message>;

    async fn serve() -> Result<(Self::Server, String), String> {
        // A node does not tell which port it got.
        let free = std::net::TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = free.local_addr().map_err(|error| error.to_string())?;
        drop(free);
        let (counter, _) =
            Actor::spawn(None, Counter, ()).await.map_err(|error| error.to_string())?;
        pg::join(GROUP.into(), vec![counter.get_cell()]);
        Ok((node(address.port(), "server").await?, address.to_string()))
    }

    async fn connect(address: String) -> Self::Client {
        let node = node(0, "client").await.expect("the node starts");
        client_connect(&node, address).await.expect("the server listens");
        loop {
            if let Some(cell) = pg::get_members(&GROUP.to_owned()).into_iter().next() {
                return cell.into();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn add(client: &Self::Client, n: u64) -> u64 {
        call!(client, Message::Add, n).expect("the counter answers")
    }

    async fn echo(client: &Self::Client, body: Vec<u8>) -> Vec<u8> {
        call!(client, Message::Echo, body).expect("the counter answers")
    }
}
