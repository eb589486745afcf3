// Four errors for one mistake: each block makes a client and implements three traits, and the
// compiler says of all of them that they are there twice. It lets nobody say it in one.
#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn read(&self) -> u64 {
        1
    }
}

#[agent]
impl Clerk {
    #[action]
    fn write(&mut self, n: u64) {}
}

fn main() {}
