//! The households and their feeder.

use futures_util::future::join_all;
use lyceum::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hours of a negotiated interval.
const INTERVAL: f64 = 0.25;

/// What a feeder pays at most for a kilowatt, in euros an hour.
const HIGHEST_PRICE: f64 = 1.0;

/// How much it raises its price from round to round.
const RAISE: f64 = 0.05;

/// A household with a load, and perhaps a battery, whose value to it is its own affair.
pub(super) struct Household {
    load: f64,
    /// What the battery gives at the moment; less than nothing if it is charged.
    relief: f64,
    battery: Option<Battery>,
}

impl Household {
    /// Makes a household that draws nothing yet.
    pub(super) fn new(battery: Option<Battery>) -> Self {
        Self { load: 0.0, relief: 0.0, battery }
    }
}

/// What stores energy.
#[derive(Clone, Copy)]
pub(super) struct Battery {
    /// In kilowatt-hours.
    pub(super) charge: f64,
    pub(super) capacity: f64,
    /// In kilowatts.
    pub(super) power: f64,
}

/// What a household draws, in kilowatts, and what its battery holds, in kilowatt-hours.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub(super) struct Reading {
    pub(super) load: f64,
    pub(super) power: f64,
    pub(super) charge: f64,
}

#[agent]
impl Household {
    /// Sets what the household draws from now on.
    #[action]
    fn draw(&mut self, kilowatts: f64) {
        self.load = kilowatts;
        self.relief = 0.0;
    }

    /// Returns what the household draws, before its battery helps.
    #[action]
    fn load(&self) -> f64 {
        self.load
    }

    /// Offers power of the battery for a price: the emptier it is, the dearer.
    #[action]
    fn offer(&self, price: f64) -> f64 {
        let Some(battery) = self.battery else { return 0.0 };
        let reserve = (1.0 - price / HIGHEST_PRICE) * battery.capacity;
        ((battery.charge - reserve) / INTERVAL).clamp(0.0, battery.power)
    }

    /// Returns the power that the battery would like to take.
    #[action]
    fn appetite(&self) -> f64 {
        let room = |battery: Battery| (battery.capacity - battery.charge) / INTERVAL;
        self.battery.map_or(0.0, |battery| room(battery).clamp(0.0, battery.power))
    }

    /// Takes power out of the battery for the next interval, or puts it in if it is negative.
    #[action]
    fn lend(&mut self, kilowatts: f64) {
        if let Some(battery) = &mut self.battery {
            battery.charge = (battery.charge - kilowatts * INTERVAL).clamp(0.0, battery.capacity);
            self.relief = kilowatts;
        }
    }

    #[action]
    fn read(&self) -> Reading {
        let charge = self.battery.map_or(0.0, |battery| battery.charge);
        Reading { load: self.load, power: self.load - self.relief, charge }
    }
}

/// A feeder that buys the help of batteries when it needs it.
pub(super) struct Feeder {
    pub(super) limit: f64,
    pub(super) households: Vec<Handle<Household>>,
    /// What it paid last, in euros an hour for each kilowatt.
    pub(super) price: f64,
}

#[agent]
impl Feeder {
    /// Negotiates the next interval: raises its price until the offers are enough, or lets the
    /// batteries have what is to spare.
    #[behaviour(every = "15m")]
    async fn negotiate(&mut self) -> Result<(), BoxError> {
        let loads = join_all(self.households.iter().map(|house| house.load())).await;
        let load: f64 = loads.into_iter().sum::<Result<_, _>>()?;
        self.price = 0.0;
        if load <= self.limit {
            return self.share_out(self.limit - load).await;
        }
        let mut offers = Vec::new();
        while offers.iter().sum::<f64>() < load - self.limit && self.price < HIGHEST_PRICE {
            self.price += RAISE;
            let asked = self.households.iter().map(|house| house.offer(self.price));
            offers = join_all(asked).await.into_iter().collect::<Result<_, _>>()?;
        }
        let offered: f64 = offers.iter().sum();
        let share = ((load - self.limit) / offered).min(1.0);
        self.lend(offers.into_iter().map(|offer| offer * share)).await
    }

    #[action]
    fn price(&self) -> f64 {
        self.price
    }

    #[action]
    fn limit(&self) -> f64 {
        self.limit
    }

    /// Lets batteries have power that is to spare, each in proportion to what it wants.
    async fn share_out(&self, spare: f64) -> Result<(), BoxError> {
        let wanted = join_all(self.households.iter().map(|house| house.appetite())).await;
        let wanted = wanted.into_iter().collect::<Result<Vec<f64>, _>>()?;
        let share = (spare / wanted.iter().sum::<f64>()).min(1.0);
        self.lend(wanted.into_iter().map(|power| -power * share)).await
    }

    /// Settles who gives and takes how much.
    async fn lend(&self, powers: impl Iterator<Item = f64>) -> Result<(), BoxError> {
        let settled = self.households.iter().zip(powers).filter(|(_, power)| *power != 0.0);
        let settled = settled.map(|(house, power)| house.lend(power));
        Ok(join_all(settled).await.into_iter().collect::<Result<_, _>>()?)
    }
}
