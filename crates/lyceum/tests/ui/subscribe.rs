#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[subscribe]
    fn bare(&mut self) {}

    #[subscribe()]
    fn empty(&mut self) {}

    #[subscribe("a..b")]
    fn gap(&mut self) {}

    #[subscribe("a.b#")]
    fn mixed(&mut self) {}

    #[subscribe("a", queue = "b")]
    fn unknown(&mut self) {}

    #[subscribe("a", group = "")]
    fn nameless(&mut self) {}

    #[subscribe("a", "b")]
    fn two_patterns(&mut self) {}

    #[subscribe("a")]
    fn two_payloads(&mut self, to: u64, from: u64) {}

    #[subscribe("a")]
    fn borrowed(&mut self, to: &u64) {}

    #[subscribe("a")]
    fn answering(&mut self) -> u64 {
        1
    }
}

fn main() {}
