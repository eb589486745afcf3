#![allow(unused_variables)]

use std::cell::Cell;

use lyceum::prelude::*;

struct Counter(Cell<u64>);

#[agent]
impl Counter {
    #[action]
    async fn value(&self) -> u64 {
        self.0.get()
    }
}

fn main() {}
