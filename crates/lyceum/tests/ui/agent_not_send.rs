// Four errors and more, one of them that the type is an agent and is none; now one.
#![allow(unused_variables)]

use std::rc::Rc;

use lyceum::prelude::*;

struct Clerk(Rc<u64>);

#[agent]
impl Clerk {
    #[action]
    fn read(&self) -> u64 {
        *self.0
    }

    #[action]
    async fn write(&mut self, n: u64) {
        self.0 = Rc::new(n);
    }
}

fn main() {}
