//! Lyceum: an agent, and everything as a user gets it by default.

use lyceum::prelude::*;

use super::socket;
use crate::contract::{Body, Hang, Remote};

/// Adds up, sends back, and launches others.
#[derive(Default)]
pub struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action]
    fn echo(&self, body: Body) -> Body {
        body
    }

    #[action]
    async fn hang(&self) {
        std::future::pending::<()>().await;
    }

    #[action]
    async fn brood(&self, count: u64, cx: &Context<Self>) -> Vec<Handle<Counter>> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(cx.launch(Counter::default()).await.expect("a counter launches"));
        }
        all
    }
}

/// What calls go over.
pub trait Wire: 'static {
    /// Returns where to listen.
    fn endpoint() -> String;
}

pub struct Tcp;

impl Wire for Tcp {
    fn endpoint() -> String {
        "tcp://127.0.0.1:0".into()
    }
}

pub struct Unix;

impl Wire for Unix {
    fn endpoint() -> String {
        format!("unix://{}", socket().display())
    }
}

/// Lyceum over its own wire.
pub struct Lyceum<W>(W);

/// A handle of the agent that answers, one of another agent for bodies, and the node of both.
#[derive(Clone)]
pub struct Client {
    pub counter: Handle<Counter>,
    echo: Handle<Counter>,
    _node: Node,
}

impl<W: Wire> Remote for Lyceum<W> {
    type Server = Node;
    type Client = Client;

    async fn serve() -> Result<(Node, String), String> {
        let node = Node::local();
        for name in ["counter", "echo"] {
            let launched = node.launch(Counter::default()).named(name).await;
            launched.map_err(|error| error.to_string())?;
        }
        let listener = node.listen(&W::endpoint()).await.map_err(|error| error.to_string())?;
        let address = listener.endpoint().to_string();
        Ok((node, address))
    }

    async fn connect(address: String) -> Client {
        let node = Node::local();
        node.network();
        let mark = if address.starts_with("unix") { '#' } else { '/' };
        let reach = async |name: &str| {
            let address = format!("{address}{mark}{name}");
            node.connect::<Counter>(&address).await.expect("the agent is reached")
        };
        Client { counter: reach("counter").await, echo: reach("echo").await, _node: node.clone() }
    }

    async fn add(client: &Client, n: u64) -> u64 {
        client.counter.add(n).await.expect("the counter answers")
    }

    async fn echo(client: &Client, body: Vec<u8>) -> Vec<u8> {
        client.echo.echo(Body(body)).await.expect("the agent answers").0
    }
}

impl<W: Wire> Hang for Lyceum<W> {
    async fn hang(client: &Client) {
        let error = client.echo.hang().timeout(Duration::from_secs(600)).await;
        let error = error.expect_err("nobody answers");
        assert!(matches!(error, CallError::Disconnected(_)), "{error}");
    }
}

/// Lyceum over the wire of aiomas.
pub struct Aiomas;

impl Remote for Aiomas {
    type Server = Node;
    type Client = (Handle<Counter>, Node);

    async fn serve() -> Result<(Node, String), String> {
        let node = Node::local();
        let listening = node.listen_aiomas("aiomas+tcp://127.0.0.1:0?codec=msgpack").await;
        let listening = listening.map_err(|error| error.to_string())?;
        let counter = node.launch(Counter::default()).named("counter").await;
        let counter = counter.map_err(|error| error.to_string())?;
        let url = listening.agent_url(&counter.any()).expect("aiomas has a URL for it");
        Ok((node, url))
    }

    async fn connect(address: String) -> Self::Client {
        let node = Node::local();
        node.aiomas();
        let address = format!("aiomas+{address}?codec=msgpack");
        (node.connect::<Counter>(&address).await.expect("the agent is reached"), node)
    }

    async fn add((counter, _): &Self::Client, n: u64) -> u64 {
        counter.add(n).await.expect("the counter answers")
    }

    async fn echo((counter, _): &Self::Client, body: Vec<u8>) -> Vec<u8> {
        counter.echo(Body(body)).await.expect("the agent answers").0
    }
}
