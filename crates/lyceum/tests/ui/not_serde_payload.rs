#![allow(unused_variables)]

use lyceum::prelude::*;

struct Letter;

struct Clerk;

#[agent]
impl Clerk {
    #[subscribe("post")]
    fn post(&mut self, letter: Letter) {
        drop(letter);
    }
}

fn main() {}
