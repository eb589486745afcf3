#![allow(unused_variables)]

use lyceum::prelude::*;

struct Grief;

struct Clerk;

#[agent]
impl Clerk {
    #[behaviour(once)]
    fn begin(&mut self) -> Result<(), Grief> {
        Ok(())
    }
}

fn main() {}
