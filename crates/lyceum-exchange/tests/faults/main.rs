//! What goes wrong between nodes, in virtual time: each run replays from its seed.

mod changed_types;
mod goodbye;
mod hostile;
mod loss;
mod meeting;
mod order;
mod passing;
mod pressure;
mod raw;
mod seeds;
mod topics;

use std::time::Duration;

use lyceum::network::{NetworkExt, Settings};
use lyceum::{CallError, Context, Handle, Node, agent};
use lyceum_test::SimulatedNetwork;

/// Keeps what it is told.
#[derive(Default)]
struct Clerk {
    told: Vec<u64>,
    kept: Option<Handle<Clerk>>,
}

#[agent]
impl Clerk {
    #[action]
    fn note(&mut self, number: u64) -> u64 {
        self.told.push(number);
        self.told.len() as u64
    }

    #[action]
    fn told(&self) -> Vec<u64> {
        self.told.clone()
    }

    #[action]
    async fn sleep(&self, seconds: u64, cx: &Context<Self>) {
        cx.sleep(Duration::from_secs(seconds)).await;
    }

    #[action]
    async fn work(&mut self, millis: u64, cx: &Context<Self>) -> u64 {
        cx.sleep(Duration::from_millis(millis)).await;
        self.note(millis)
    }

    #[action]
    fn length(&self, text: String) -> usize {
        text.len()
    }

    #[action]
    fn keep(&mut self, other: Handle<Clerk>) {
        self.kept = Some(other);
    }

    #[action]
    fn kept(&self) -> Option<Handle<Clerk>> {
        self.kept.clone()
    }

    #[action]
    fn each(&self) -> impl futures_util::Stream<Item = Handle<Clerk>> + Send + 'static {
        futures_util::stream::iter(self.kept.clone())
    }

    #[action]
    fn panic(&self) {
        panic!("as asked");
    }

    #[action]
    fn text(&self, length: usize) -> String {
        "x".repeat(length)
    }

    #[action]
    fn count(&self, to: u64) -> impl futures_util::Stream<Item = u64> + Send + 'static {
        futures_util::stream::iter(1..=to)
    }

    #[action]
    async fn pass_on(&self, to: Handle<Clerk>, number: u64) -> Result<u64, String> {
        to.note(number).await.map_err(|error| error.to_string())
    }
}

/// A server with a clerk, a client, and the client's handle.
struct Pair {
    network: SimulatedNetwork,
    server: Node,
    client: Node,
    clerk: Handle<Clerk>,
}

impl Pair {
    async fn new(seed: u64) -> Self {
        Self::with(seed, Settings::default()).await
    }

    async fn with(seed: u64, settings: Settings) -> Self {
        let network = SimulatedNetwork::new(seed);
        let server = serve(&network, settings.clone()).await;
        let client = network.node_with("client", settings);
        let clerk = client.connect("sim://server/clerk").await.unwrap();
        Self { network, server, client, clerk }
    }
}

/// Makes a server that listens at `sim://server`.
async fn serve(network: &SimulatedNetwork, settings: Settings) -> Node {
    let server = network.node_with("server", settings);
    server.launch(Clerk::default()).named("clerk").await.unwrap();
    server.listen("sim://server").await.unwrap();
    server
}

fn is_lost<T: std::fmt::Debug>(result: &Result<T, CallError>) -> bool {
    matches!(result, Err(CallError::Disconnected(_)))
}
