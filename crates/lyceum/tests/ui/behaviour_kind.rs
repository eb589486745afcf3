#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[behaviour]
    fn none(&mut self) {}

    #[behaviour(once, cyclic)]
    fn two(&mut self) {}

    #[behaviour(often)]
    fn unknown(&mut self) {}

    #[behaviour(once, first = "now")]
    fn first(&mut self) {}

    #[behaviour(every = "1s", first = "later")]
    fn later(&mut self) {}

    #[behaviour(every = "0s")]
    fn always(&mut self) {}

    #[behaviour(on = "")]
    fn flagless(&mut self) {}

    #[behaviour(cyclic, local)]
    fn local(&mut self) {}
}

fn main() {}
