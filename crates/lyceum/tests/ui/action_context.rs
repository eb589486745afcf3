#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn owned_beside_self(&self, cx: Context<Self>) {}

    #[action]
    fn mutable(&self, cx: &mut Context<Self>) {}

    #[action]
    fn borrowed_without_self(cx: &Context<Self>) {}

    #[action]
    fn two(&self, cx: &Context<Self>, other: &Context<Self>) {}
}

fn main() {}
