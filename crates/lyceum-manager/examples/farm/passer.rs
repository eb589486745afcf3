//! An agent that has nothing to do.

use lyceum::prelude::*;

/// Comes, says so, and goes.
#[derive(serde::Deserialize)]
pub(crate) struct Passer {}

#[agent]
impl Passer {
    #[behaviour(every = "1ms")]
    async fn pass(&mut self, cx: &Context<Self>) {
        println!("I come and go");
        cx.stop();
    }
}
