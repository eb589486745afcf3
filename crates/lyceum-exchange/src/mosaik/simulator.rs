//! The trait of simulators.

use serde_json::Value;

use super::{Entity, Exception, Inputs, Meta, Mosaik, Outputs, Params, Requested};

/// What a simulator is told when it begins.
#[derive(Debug)]
#[non_exhaustive]
pub struct Init {
    /// What the scenario calls it.
    pub sid: String,
    /// How many seconds one step of time is.
    pub time_resolution: f64,
    /// What the scenario starts it with.
    pub params: Params,
    /// The way back to the scenario.
    pub mosaik: Mosaik,
}

/// A simulator that takes part in a scenario of mosaik.
///
/// The scenario asks one thing at a time. An exception ends the scenario.
pub trait Simulator: Send {
    /// Begins, and says what there is.
    fn init(&mut self, init: Init) -> impl Future<Output = Result<Meta, Exception>> + Send;

    /// Makes so many entities of a model.
    fn create(
        &mut self,
        count: usize,
        model: &str,
        params: Params,
    ) -> impl Future<Output = Result<Vec<Entity>, Exception>> + Send;

    /// Hears that the scenario is complete and the simulation begins.
    fn setup_done(&mut self) -> impl Future<Output = Result<(), Exception>> + Send {
        async { Ok(()) }
    }

    /// Does what happens at a time; returns when there is something to do next, if that is known.
    ///
    /// Nothing new will come to it before `max_advance`.
    fn step(
        &mut self,
        time: i64,
        inputs: Inputs,
        max_advance: i64,
    ) -> impl Future<Output = Result<Option<i64>, Exception>> + Send;

    /// Returns values of attributes after a step.
    fn get_data(
        &mut self,
        requested: Requested,
    ) -> impl Future<Output = Result<Outputs, Exception>> + Send;

    /// Answers a method of its own, which its [`Meta`] names.
    fn call(
        &mut self,
        method: &str,
        args: Vec<Value>,
        params: Params,
    ) -> impl Future<Output = Result<Value, Exception>> + Send {
        let _ = (args, params);
        std::future::ready(Err(Exception::not_found(method, "")))
    }

    /// Hears that the simulation is over, whatever ended it.
    fn finalize(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }
}
