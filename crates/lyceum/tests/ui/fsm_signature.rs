#![allow(unused_variables)]

use lyceum::prelude::*;

enum Light {
    Red,
}

enum Signal {
    Go,
}

struct Crossing;

#[agent]
impl Crossing {
    #[behaviour(fsm(Red: end))]
    async fn stateless(&mut self) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm(Red: end))]
    async fn two_states(&mut self, state: Light, former: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm(Red: end))]
    async fn eventless(&mut self, state: Light) {}
}

fn main() {}
