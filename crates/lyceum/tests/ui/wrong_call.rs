#![allow(unused_variables)]

use lyceum::prelude::*;

#[derive(Default)]
struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }
}

async fn use_it(counter: Handle<Counter>) {
    counter.ad(1).await.unwrap();
    counter.add("one").await.unwrap();
    counter.add().await.unwrap();
    let text: String = counter.add(1).await.unwrap();
}

fn main() {}
