//! Measures calls to an agent at an exchange: `exchange_speed agent URL`, and in another process
//! `exchange_speed user URL`.

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Uuid};

const UID: Uuid = Uuid::from_u128(0x5555);

#[derive(Default)]
struct Echo;

#[agent]
impl Echo {
    #[action]
    fn echo(&self, text: String) -> String {
        text
    }
}

/// Returns the time on the node's clock that some calls took, in order.
async fn sequential(node: &Node, echo: &Handle<Echo>, text: &str, count: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..count {
        let start = node.now();
        echo.echo(text.into()).await.unwrap();
        times.push(node.now() - start);
    }
    times.sort_unstable();
    times
}

async fn side_by_side(node: &Node, echo: &Handle<Echo>, lanes: usize, count: usize) -> Duration {
    let start = node.now();
    let lanes = (0..lanes).map(|_| {
        let echo = echo.clone();
        node.spawn(async move {
            for _ in 0..count {
                echo.echo(String::new()).await.unwrap();
            }
        })
    });
    let lanes: Vec<_> = lanes.collect();
    for lane in lanes {
        lane.await.unwrap();
    }
    node.now() - start
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, role, url] = arguments.as_slice() else { panic!("expected a role and a URL") };
    let node = Node::local();
    if role == "agent" {
        let echo = node.launch(Echo).await.unwrap();
        let mailbox = node.register_mailbox(url, &echo.any()).id(UID).await.unwrap();
        mailbox.ended().await;
        return;
    }
    let connect = node.connect::<Echo>(&format!("{url}/{UID}"));
    let echo = connect.patience(Duration::from_secs(10)).await.unwrap();
    sequential(&node, &echo, "", 1_000).await;
    let times = sequential(&node, &echo, "", 10_000).await;
    println!("sequential: p50 {:?}, p99 {:?}", times[5_000], times[9_900]);
    side_by_side(&node, &echo, 64, 200).await;
    let took = side_by_side(&node, &echo, 64, 1_000).await;
    println!("64 in flight: {:.0}/s", 64_000.0 / took.as_secs_f64());
    let times = sequential(&node, &echo, &"x".repeat(1 << 20), 100).await;
    println!("1 MiB: p50 {:?}", times[50]);
    node.shutdown().await;
}
