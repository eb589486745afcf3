#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[on_start]
    fn first(&mut self) {}

    #[on_start]
    fn second(&mut self) {}

    #[on_stop]
    fn told(&mut self, n: u64) {}

    #[on_stop(late)]
    fn optional(&mut self) {}

    #[on_stop]
    fn aloof(cx: Context<Self>) {}

    #[on_stop]
    fn answering(&mut self) -> u64 {
        1
    }
}

fn main() {}
