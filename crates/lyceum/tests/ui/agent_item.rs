#![allow(unused_variables)]

use lyceum::prelude::*;

#[agent]
struct Clerk;

#[agent]
fn work() {}

#[agent]
trait Sensor {
    #[action]
    async fn read(&self) -> f64;
}

struct Counter;

#[agent]
impl Default for Counter {
    #[action]
    fn default() -> Self {
        Self
    }
}

#[agent(interface)]
impl Counter {}

struct Borrower<'a>(&'a str);

#[agent]
impl<'a> Borrower<'a> {
    #[action]
    fn length(&self) -> usize {
        self.0.len()
    }
}

fn main() {}
