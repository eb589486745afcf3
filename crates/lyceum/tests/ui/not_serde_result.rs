#![allow(unused_variables)]

use lyceum::prelude::*;

struct Letter;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn collect(&mut self) -> Vec<Letter> {
        Vec::new()
    }

    #[action]
    fn write(&mut self) -> Result<Letter, String> {
        Ok(Letter)
    }
}

fn main() {}
