#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn by_value(self) {}

    #[action]
    fn boxed(self: Box<Self>) {}

    #[action]
    fn for_ever(&'static self) {}

    #[action]
    fn nobody(n: u64) {}
}

fn main() {}
