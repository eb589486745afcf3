#![allow(unused_variables)]

use lyceum::prelude::*;

#[agent(interface)]
trait Generic<T> {
    #[action]
    fn read(&self) -> u64;
}

#[agent(interface)]
trait Bounded
where
    Self: Send,
{
}

#[agent(interface)]
unsafe trait Dangerous {}

#[agent(interface)]
trait Constant {
    const LIMIT: u64;
}

#[agent(interface)]
trait Associated {
    type Unit;
}

#[agent(interface)]
trait Hooked {
    #[on_start]
    fn open(&mut self);
}

#[agent(interface)]
trait Selfish {
    #[action]
    fn meet(&self, other: Option<Self>)
    where
        Self: Sized;

    #[action]
    fn clone_me(&self) -> Self;
}

fn main() {}
