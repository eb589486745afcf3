//! Feeders with their households, as mosaik sees them.

use lyceum::network::mosaik::{
    Entity, Exception, Init, Inputs, Meta, Model, Outputs, Params, Requested, Simulator,
};
use lyceum::prelude::*;
use lyceum::{ClockDriver, Time};

use super::STEP;
use super::agents::{Battery, Feeder, Household};

/// The battery of a household that has one.
const BATTERY: Battery = Battery { charge: 5.0, capacity: 10.0, power: 5.0 };

/// Feeders with their households, on a node whose time the simulation sets.
pub struct Feeders {
    node: Node,
    clock: ClockDriver,
    feeders: Vec<(Handle<Feeder>, Vec<Handle<Household>>)>,
    resolution: f64,
}

impl Feeders {
    /// Makes a node without feeders.
    ///
    /// # Errors
    ///
    /// Outside of a tokio runtime.
    pub fn new() -> lyceum::Result<Self> {
        // The first negotiation is an interval after the start: at the simulation's beginning.
        let start = "2030-01-20T23:45:00Z".parse()?;
        let node = Node::builder().external_clock(start).build()?;
        let clock = node.clock_driver().expect("the clock is external");
        Ok(Self { node, clock, feeders: Vec::new(), resolution: 1.0 })
    }

    async fn build(&mut self, mut params: Params) -> Result<Entity, Exception> {
        let count: usize = params.take("households")?;
        let batteries: usize = params.take_or("batteries", count)?;
        let limit = params.take("limit")?;
        let id = format!("feeder_{}", self.feeders.len());
        let household = |number| Household::new((number < batteries).then_some(BATTERY));
        let households = self.node.launch_many((0..count).map(household)).await?;
        let feeder = Feeder { limit, households: households.clone(), price: 0.0 };
        self.feeders.push((self.node.launch(feeder).await?, households));
        let child = |number| Entity::new(format!("{id}_house_{number}"), "Household");
        Ok(Entity::new(id.clone(), "Feeder").children((0..count).map(child)))
    }

    /// Reads all that there is to know, as far as it is asked for.
    async fn read(&self, requested: &Requested) -> Result<Outputs, Exception> {
        let mut outputs = Outputs::default();
        for (number, (feeder, households)) in self.feeders.iter().enumerate() {
            let id = format!("feeder_{number}");
            let (mut load, mut power) = (0.0, 0.0);
            for (number, household) in households.iter().enumerate() {
                let reading = household.read().await?;
                load += reading.load;
                power += reading.power;
                let house = format!("{id}_house_{number}");
                if requested.contains_key(&house) {
                    outputs.set(&house, "power", reading.power)?;
                    outputs.set(&house, "charge", reading.charge)?;
                }
            }
            outputs.set(&id, "load", load)?;
            outputs.set(&id, "power", power)?;
            outputs.set(&id, "limit", feeder.limit().await?)?;
            outputs.set(&id, "price", feeder.price().await?)?;
        }
        Ok(outputs)
    }
}

impl Simulator for Feeders {
    async fn init(&mut self, init: Init) -> Result<Meta, Exception> {
        self.resolution = init.time_resolution;
        let feeder = Model::public()
            .params(["limit", "households", "batteries"])
            .attrs(["load", "power", "limit", "price"]);
        let household = Model::hidden().attrs(["load", "power", "charge"]);
        Ok(Meta::time_based().model("Feeder", feeder).model("Household", household))
    }

    async fn create(
        &mut self,
        count: usize,
        _: &str,
        params: Params,
    ) -> Result<Vec<Entity>, Exception> {
        let mut made = Vec::new();
        for _ in 0..count {
            made.push(self.build(params.clone()).await?);
        }
        Ok(made)
    }

    /// Tells the households what they draw, and lets the agents do what is due until all are idle.
    async fn step(&mut self, time: i64, inputs: Inputs, _: i64) -> Result<Option<i64>, Exception> {
        for (number, (_, households)) in self.feeders.iter().enumerate() {
            for (house, household) in households.iter().enumerate() {
                let load = inputs.sum(&format!("feeder_{number}_house_{house}"), "load");
                household.draw(load.unwrap_or(0.0)).await?;
            }
        }
        let seconds = (time + STEP) as f64 * self.resolution;
        self.clock.set(Time::from_nanos((seconds * 1e9) as u64)).await;
        Ok(Some(time + STEP))
    }

    async fn get_data(&mut self, requested: Requested) -> Result<Outputs, Exception> {
        Ok(self.read(&requested).await?.only(&requested))
    }

    async fn finalize(&mut self) {
        self.node.shutdown().await;
    }
}
