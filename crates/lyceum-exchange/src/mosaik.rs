//! Simulators of mosaik 3: co-simulation on the frames of aiomas.
//!
//! A program implements [`Simulator`] and either connects to the scenario that started it
//! ([`run`]) or waits for one ([`Server`]). Agents take part by an external clock: a step sets the
//! time and ends when all of them are idle.
//!
//! ```no_run
//! use lyceum::prelude::*;
//! use lyceum_exchange::mosaik::{
//!     self, Entity, Exception, Init, Inputs, Meta, Model, Outputs, Params, Requested, Simulator,
//! };
//!
//! /// Batteries whose charge rises by one a step.
//! #[derive(Default)]
//! struct Batteries {
//!     charges: Vec<f64>,
//! }
//!
//! impl Simulator for Batteries {
//!     async fn init(&mut self, _: Init) -> Result<Meta, Exception> {
//!         Ok(Meta::time_based().model("Battery", Model::public().attrs(["charge"])))
//!     }
//!
//!     async fn create(
//!         &mut self,
//!         count: usize,
//!         model: &str,
//!         _: Params,
//!     ) -> Result<Vec<Entity>, Exception> {
//!         let first = self.charges.len();
//!         self.charges.resize(first + count, 0.0);
//!         let ids = first..self.charges.len();
//!         Ok(ids.map(|id| Entity::new(format!("battery_{id}"), model)).collect())
//!     }
//!
//!     async fn step(&mut self, time: i64, _: Inputs, _: i64) -> Result<Option<i64>, Exception> {
//!         self.charges.iter_mut().for_each(|charge| *charge += 1.0);
//!         Ok(Some(time + 1))
//!     }
//!
//!     async fn get_data(&mut self, requested: Requested) -> Result<Outputs, Exception> {
//!         let mut outputs = Outputs::default();
//!         for (id, charge) in self.charges.iter().enumerate() {
//!             outputs.set(format!("battery_{id}"), "charge", charge)?;
//!         }
//!         Ok(outputs.only(&requested))
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> lyceum::Result<()> {
//! // The scenario starts the program with the place where it waits: `%(addr)s`.
//! let address = std::env::args().nth(1).unwrap_or_default();
//! mosaik::run(&address, Batteries::default()).await?;
//! # Ok(()) }
//! ```

mod data;
mod meta;
mod remote;
mod run;
mod simulator;

pub use data::{Entity, Inputs, Outputs, Params, Requested};
pub use meta::{Meta, Model};
pub use remote::Mosaik;
pub use run::{RunError, Server, run};
pub use simulator::{Init, Simulator};

pub use crate::aiomas::{Closed, Exception, OpenError, RpcError};
