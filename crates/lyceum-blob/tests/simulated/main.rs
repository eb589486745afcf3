//! Blobs between nodes in virtual time: each run replays from its seed.

mod faults;
mod hostile;
mod life;
mod moving;

use std::time::Duration;

use lyceum::network::{NetworkExt, Settings};
use lyceum::{Blob, BlobSettings, BlobsExt, Context, Handle, Large, Node, agent};
use lyceum_test::SimulatedNetwork;

/// How many bytes a part has.
const PART: u64 = 256 << 10;
/// The lease of all nodes here.
const LEASE: Duration = Duration::from_secs(60);
/// How often owners look for what expired.
const SWEEP: Duration = Duration::from_secs(5);

/// Passes blobs on, keeps them and reads them.
#[derive(Default)]
struct Clerk {
    kept: Option<Blob>,
}

#[agent]
impl Clerk {
    /// Reads a blob, and returns its digest.
    #[action(timeout = "1h")]
    async fn read(&self, blob: Blob) -> Result<String, String> {
        let bytes = blob.bytes(1 << 30).await.map_err(|error| error.to_string())?;
        Ok(lyceum::Digest::of(&bytes).to_string())
    }

    /// Passes a blob to the first of some others, who has the rest; the last one reads it.
    #[action(timeout = "1h")]
    async fn pass(&self, blob: Blob, mut to: Vec<Handle<Clerk>>) -> Result<String, String> {
        if to.is_empty() {
            return self.read(blob).await;
        }
        let next = to.remove(0);
        next.pass(blob, to).await.map_err(|error| error.to_string())
    }

    /// Takes names that may be many, passes them on once, and counts them.
    #[action]
    async fn count(
        &self,
        names: Large<Vec<String>>,
        to: Option<Handle<Clerk>>,
    ) -> Result<usize, String> {
        match to {
            Some(next) => next.count(names, None).await.map_err(|error| error.to_string()),
            None => {
                let names = names.take(1 << 20).await.map_err(|error| error.to_string())?;
                Ok(names.len())
            }
        }
    }

    #[action]
    fn keep(&mut self, blob: Blob) {
        self.kept = Some(blob);
    }

    #[action]
    fn kept(&self) -> Option<Blob> {
        self.kept.clone()
    }

    #[action]
    fn let_go(&mut self) {
        self.kept = None;
    }

    #[action]
    async fn make(&self, parts: u64, cx: &Context<Self>) -> Result<Blob, String> {
        cx.blobs().put(content(parts * PART)).await.map_err(|error| error.to_string())
    }
}

/// Makes bytes of which no two parts are equal.
fn content(size: u64) -> Vec<u8> {
    (0..size).map(|index| (index.wrapping_mul(index >> 5) >> 3) as u8).collect()
}

/// A node with blobs, at `sim://owner`, and others.
struct World {
    network: SimulatedNetwork,
    owner: Node,
    others: Vec<Node>,
}

impl World {
    /// Makes a world with others at `sim://other0` and so on, each with a clerk.
    async fn new(seed: u64, others: usize) -> Self {
        Self::on(SimulatedNetwork::new(seed), others).await
    }

    async fn on(network: SimulatedNetwork, others: usize) -> Self {
        let owner = node(&network, "owner").await;
        let mut all = Vec::new();
        for index in 0..others {
            all.push(node(&network, &format!("other{index}")).await);
        }
        Self { network, owner, others: all }
    }

    /// Returns the owner's handle of another node's clerk.
    async fn clerk(&self, index: usize) -> Handle<Clerk> {
        self.owner.connect(&format!("sim://other{index}/clerk")).await.unwrap()
    }

    async fn put(&self, size: u64) -> Blob {
        self.owner.blobs().put(content(size)).await.unwrap()
    }

    /// Returns how many blobs the owner has.
    fn count(&self) -> usize {
        self.owner.blobs().usage().count
    }

    fn served(&self) -> u64 {
        self.owner.blobs().usage().served
    }

    fn advance(&self, time: Duration) {
        self.network.world().advance(time);
    }
}

async fn node(network: &SimulatedNetwork, host: &str) -> Node {
    let node = network.node_with(host, Settings::default());
    let settings = BlobSettings { lease: LEASE, threshold: 1000, ..BlobSettings::default() };
    node.blobs_with(settings);
    node.launch(Clerk::default()).named("clerk").await.unwrap();
    node.listen(&format!("sim://{host}")).await.unwrap();
    node
}
