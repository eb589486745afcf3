#![allow(unused_variables)]

use lyceum::prelude::*;

trait Plain {}

#[agent(interface)]
trait Sensor {
    #[action]
    async fn read(&self) -> f64;
}

struct Clerk;

impl Plain for Clerk {}

#[agent(implements(Plain))]
impl Clerk {}

struct Thermometer;

#[agent(implements(Sensor))]
impl Thermometer {}

fn main() {}
