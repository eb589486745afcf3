#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn generic<T: Send>(&self, value: T) {}

    #[action]
    fn bounded(&self)
    where
        Self: Sync,
    {
    }

    #[action]
    const fn constant(&self) {}

    #[action]
    unsafe fn dangerous(&self) {}

    #[action]
    extern "C" fn foreign(&self) {}
}

fn main() {}
