#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn stop(&mut self) {}

    #[behaviour(manual)]
    fn ping(&mut self) {}

    #[action(name = "tell")]
    fn say(&mut self) {}

    #[action]
    fn add(&mut self) {}

    #[action(name = "add")]
    fn plus(&mut self) {}
}

fn main() {}
