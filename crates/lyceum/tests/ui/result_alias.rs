// The error of such an action was a value like any other: callers by name got `{"Err": ..}` as an
// answer, and typed ones a result within a result.
#![allow(unused_variables)]

use lyceum::prelude::*;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct OutOfStock;

type ShopResult<T> = Result<T, OutOfStock>;

mod shop {
    pub type Result<T> = std::result::Result<T, super::OutOfStock>;
}

struct Shop;

#[agent]
impl Shop {
    #[action(local)]
    async fn sell(&mut self) -> ShopResult<u64> {
        Err(OutOfStock)
    }

    #[action(local)]
    async fn sell_well(&mut self) -> shop::Result<u64> {
        Err(OutOfStock)
    }
}

fn main() {}
