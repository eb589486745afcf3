#![allow(unused_variables)]

use lyceum::prelude::*;

#[derive(Default)]
struct Clerk {
    value: u64,
}

#[agent(fast)]
impl Clerk {
    #[action]
    fn bad(&self, text: &str) {}

    #[behaviour]
    fn worse(&mut self) {}

    #[action]
    fn value(&self) -> u64 {
        self.value
    }
}

async fn use_it() -> lyceum::Result<()> {
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await?;
    let value: u64 = clerk.value().await?;
    Ok(())
}

fn main() {}
