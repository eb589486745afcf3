#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn add(&mut self) {}

    #[action]
    fn add(&mut self, n: u64) {}
}

fn main() {}
