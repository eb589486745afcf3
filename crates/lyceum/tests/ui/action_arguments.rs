#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn text(&self, text: &str) {}

    #[action]
    fn numbers(&self, numbers: &[u64]) {}

    #[action]
    fn deep(&self, pairs: Vec<(u64, &'static str)>) {}

    #[action]
    fn opaque(&self, number: impl Into<u64>) {}

    #[action]
    fn pattern(&self, (x, y): (u64, u64)) {}

    #[action]
    fn unnamed(&self, _: u64) {}

    #[action]
    fn configured(&self, #[cfg(unix)] n: u64) {}
}

fn main() {}
