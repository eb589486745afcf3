#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    #[behaviour(once)]
    fn both(&mut self) {}

    #[action]
    #[action(local)]
    fn twice(&mut self) {}

    #[subscribe("a")]
    #[on_start]
    fn heard(&mut self) {}

    #[action]
    const LIMIT: u64 = 1;
}

fn main() {}
