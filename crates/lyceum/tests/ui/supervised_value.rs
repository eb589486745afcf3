#![allow(unused_variables)]

use lyceum::prelude::*;

/// Neither `Clone` nor made by a constructor.
struct Clerk;

#[agent]
impl Clerk {}

async fn launch(node: Node) {
    node.launch(Clerk).restart(Restart::default()).await.unwrap();
    let supervisor = node.supervisor(Strategy::OneForOne).start();
    supervisor.launch(Clerk).await.unwrap();
}

fn main() {}
