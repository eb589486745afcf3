#![allow(unused_variables)]

use std::future::ready;
use std::rc::Rc;

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    async fn wait(&mut self) -> u64 {
        let shared = Rc::new(1);
        ready(()).await;
        *shared
    }
}

fn main() {}
