#![allow(unused_variables)]

use lyceum::prelude::*;

struct Letter;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn post(&mut self, letter: Letter) {
        drop(letter);
    }
}

fn main() {}
