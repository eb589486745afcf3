#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[behaviour(once)]
    fn told(&mut self, n: u64) {}

    #[behaviour(once)]
    fn answering(&mut self) -> u64 {
        1
    }

    #[behaviour(once)]
    fn counting(&mut self) -> Result<u64, BoxError> {
        Ok(1)
    }

    #[behaviour(run)]
    async fn greedy(&mut self) {}

    #[behaviour(run)]
    fn blocking(cx: Context<Self>) {}

    #[behaviour(once)]
    async fn twin(&mut self) {}

    #[behaviour(once, name = "twin")]
    async fn other_twin(&mut self) {}
}

fn main() {}
