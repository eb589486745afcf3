#![allow(unused_variables)]

use lyceum::prelude::*;

pub struct Clerk;

struct Secret;

#[agent]
impl Clerk {
    #[action(local)]
    fn tell_me(&mut self) -> Secret {
        Secret
    }
}

fn main() {}
