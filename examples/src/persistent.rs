//! An agent that outlives its program: its mailbox is on an exchange server, and what is durable
//! waits there while nobody has the agent.

use lyceum::network::academy::{AcademyExt, Uuid};
use lyceum::network::server::{Clock, Server, ServerSettings, wording};
use lyceum::network::store::{Keeper, Memory, Settings};
use lyceum::prelude::*;

/// By what the agent is found, whichever program has it.
const MAILBOX: Uuid = Uuid::from_u128(0x0b5e_55ed_c1e4_4000_8000_0000_0000_0001);

/// Takes orders.
#[derive(Default)]
struct Shop {
    sold: u64,
}

#[agent]
impl Shop {
    /// Sells so many, and says how often the order was delivered.
    #[action]
    fn order(&mut self, count: u64, cx: &Context<Self>) -> String {
        self.sold += count;
        format!("sold {count}, in delivery {}", cx.delivery_attempt())
    }
}

/// Opens the shop in a program of its own, which takes over the mailbox.
async fn open(url: &str) -> lyceum::Result<Node> {
    let node = Node::local();
    let shop = node.launch(Shop::default()).await?;
    node.register_mailbox(url, &shop.any()).id(MAILBOX).class("app.Shop").keep().await?;
    Ok(node)
}

/// Orders while the shop is open, and while it is closed.
///
/// # Errors
///
/// Returns why a launch, a registration or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    // Mostly that is `lyceum exchange serve`, with a store on disk.
    let house = Node::local();
    let keeper = Keeper::open(Box::new(Memory::new()), Settings::new(wording))?;
    let settings = ServerSettings::default();
    let address = "127.0.0.1:0".parse()?;
    let server = Server::bind(address, keeper, None, Clock::of(&house), settings).await?;
    let url = format!("exchange://{}", server.address());
    let serving = house.spawn(server.serve(std::future::pending()));
    let customer = Node::local();

    let first = open(&url).await?;
    let shop = customer.connect::<Shop>(&format!("{url}/app.Shop")).await?;
    let mut lines = vec![shop.order(2).await?];
    first.shutdown().await;
    lines.push("the shop is closed".into());

    // It waits on the exchange, however long that takes.
    let waiting = shop.order(3).durable().send();
    let second = open(&url).await?;
    lines.push(waiting.await?);

    second.shutdown().await;
    customer.shutdown().await;
    drop(serving);
    house.shutdown().await;
    Ok(lines)
}
