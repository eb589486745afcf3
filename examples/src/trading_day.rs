//! Eight hours of a market in virtual time: they pass in no time, and the seed decides them.

use std::fmt;

use lyceum::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The goods of the market at its opening.
const GOODS: u64 = 1_000;
/// The cash of each trader at the opening, in cents.
const CASH: u64 = 100_000;

/// Sells and buys goods at a price that wanders.
struct Market {
    goods: u64,
    cash: u64,
    price: u64,
}

/// A price that was called out. Types of messages on topics need no schema.
#[derive(Serialize, Deserialize)]
struct Quote {
    price: u64,
}

/// Says why the market did not sell.
#[derive(Debug, Serialize, JsonSchema)]
enum Refused {
    SoldOut,
    TooExpensive { price: u64 },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoldOut => f.write_str("nothing is left"),
            Self::TooExpensive { price } => write!(f, "the price is {price} cents"),
        }
    }
}

#[agent]
impl Market {
    /// Moves the price and calls it out.
    #[behaviour(every = "1m")]
    async fn call_out(&mut self, cx: &Context<Self>) {
        self.price = self.price + cx.random_range(0..41) - 20;
        self.price = self.price.clamp(100, 2_000);
        cx.publish("market.price", &Quote { price: self.price }).await;
    }

    /// Sells one piece for at most so much; returns the price. An error is an answer, too.
    #[action]
    fn sell(&mut self, most: u64) -> Result<u64, Refused> {
        let price = self.price;
        if price > most {
            return Err(Refused::TooExpensive { price });
        }
        self.goods = self.goods.checked_sub(1).ok_or(Refused::SoldOut)?;
        self.cash += price;
        Ok(price)
    }

    /// Buys one piece; returns the price, which is no more than there is cash for.
    #[action]
    fn buy(&mut self) -> u64 {
        let price = self.price.min(self.cash);
        self.goods += 1;
        self.cash -= price;
        price
    }

    /// Returns goods and cash.
    #[action]
    fn stock(&self) -> (u64, u64) {
        (self.goods, self.cash)
    }
}

/// Buys below its limit and sells above it.
struct Trader {
    market: Handle<Market>,
    limit: u64,
    goods: u64,
    cash: u64,
}

#[agent]
impl Trader {
    /// Thinks about a price for a while, then sells or buys; whoever is first is served first.
    #[subscribe("market.price")]
    async fn decide(&mut self, quote: Quote, cx: &Context<Self>) -> Result<(), BoxError> {
        cx.sleep(Duration::from_secs(cx.random_range(1..20))).await;
        if quote.price > self.limit && self.goods > 0 {
            self.cash += self.market.buy().await?;
            self.goods -= 1;
        } else if quote.price < self.limit {
            match self.market.sell(self.limit.min(self.cash)).await {
                Ok(price) => {
                    self.cash -= price;
                    self.goods += 1;
                }
                // Next time.
                Err(CallError::Action(Refused::SoldOut | Refused::TooExpensive { .. })) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }

    /// Returns goods and cash.
    #[action]
    fn stock(&self) -> (u64, u64) {
        (self.goods, self.cash)
    }
}

/// Plays the day of seed 2030.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    day(2030).await
}

/// Plays the day of a seed.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn day(seed: u64) -> lyceum::Result<Vec<String>> {
    let opening = "2030-01-07T09:00:00Z".parse()?;
    let node = Node::builder().start(opening).simulated(seed);
    let market = Market { goods: GOODS, cash: 0, price: 1_000 };
    let market = node.launch(market).await?;
    let trader = |limit| Trader { market: market.clone(), limit, goods: 0, cash: CASH };
    let traders = node.launch_many([900, 1_000, 1_100].map(trader)).await?;

    let mut lines = vec![format!("{} the market opens", node.utc().strftime("%H:%M"))];
    // Half a minute more, so that the last decisions are made.
    node.advance(Duration::from_secs(8 * 3_600 + 30));
    lines.push(format!("{} the market closes", node.utc().strftime("%H:%M")));

    let (mut goods, mut cash) = market.stock().await?;
    lines.push(format!("the market has {goods} pieces and {cash} cents"));
    for (number, trader) in traders.iter().enumerate() {
        let stock = trader.stock().await?;
        lines.push(format!("trader {number} has {} pieces and {} cents", stock.0, stock.1));
        goods += stock.0;
        cash += stock.1;
    }
    lines.push(format!("together {goods} pieces and {cash} cents"));
    Ok(lines)
}
