// They were silent: only the first of two actions was reached by its name, and only the first of
// two behaviours ran.
#![allow(unused_variables)]

use lyceum::prelude::*;

#[agent(interface)]
trait Scale {
    #[action]
    fn weigh(&self) -> u64 {
        1
    }

    #[behaviour(once)]
    fn settle(&mut self) {}
}

#[agent(interface)]
trait Balance {
    #[action]
    fn weigh(&self) -> u64 {
        2
    }

    #[behaviour(every = "1s", name = "settle")]
    fn come_to_rest(&mut self) {}
}

struct Grocer;

#[agent(implements(Scale))]
impl Grocer {
    #[behaviour(manual)]
    fn weigh(&self) -> u64 {
        3
    }
}

impl Scale for Grocer {}

struct Baker;

#[agent(implements(Scale, Balance))]
impl Baker {}

impl Scale for Baker {}

impl Balance for Baker {}

struct Butcher;

#[agent(implements(Scale))]
impl Butcher {
    #[behaviour(cyclic)]
    async fn settle(&self, cx: &Context<Self>) {
        cx.sleep(Duration::from_secs(1)).await;
    }
}

impl Scale for Butcher {}

fn main() {}
