#![allow(unused_variables)]

use lyceum::prelude::*;

enum Light {
    Red,
    Green,
    Dark,
}

enum Signal {
    Go,
    Stop,
}

struct Crossing;

#[agent]
impl Crossing {
    #[behaviour(fsm(Red: Go => Green; Green: Stop => Red; Dark: end))]
    async fn unreachable(&mut self, state: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm(Red: Go => Yellow))]
    async fn undeclared(&mut self, state: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm(Red: Go => Green; Green: Stop => Red; Red: end))]
    async fn twice(&mut self, state: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm(Red: Go => Green; Green:))]
    async fn nowhere(&mut self, state: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm(Red: Go => Green, Go => Red; Green: end))]
    async fn ambiguous(&mut self, state: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm())]
    async fn empty(&mut self, state: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm)]
    async fn bare(&mut self, state: Light) -> Signal {
        Signal::Go
    }

    #[behaviour(fsm(Red: Go -> Green))]
    async fn arrow(&mut self, state: Light) -> Signal {
        Signal::Go
    }
}

fn main() {}
