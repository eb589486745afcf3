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
    #[behaviour(fsm(Red: Went => Red))]
    async fn unknown_event(&mut self, state: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm(Red: Go => Dark; Dark: end))]
    async fn unknown_state(&mut self, state: Light) -> Signal {
        Signal::Go
    }
}

fn main() {}
