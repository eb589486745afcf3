//! Requests of a simulator to its scenario.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Value as Json, json};

use super::{Outputs, Requested, RpcError};
use crate::aiomas::{ChannelSender, Value};

/// The way back to the scenario: what a simulator may ask while it is stepped.
#[derive(Clone)]
pub struct Mosaik {
    sender: ChannelSender,
}

impl Mosaik {
    pub(super) fn new(sender: ChannelSender) -> Self {
        Self { sender }
    }

    /// Returns how much of the simulation is done, in percent.
    ///
    /// # Errors
    ///
    /// What the scenario says, or that it is gone.
    pub async fn progress(&self) -> Result<f64, RpcError> {
        self.ask("get_progress", json!([])).await
    }

    /// Returns the graph of all entities.
    ///
    /// # Errors
    ///
    /// What the scenario says, or that it is gone.
    pub async fn entities(&self) -> Result<Json, RpcError> {
        self.ask("get_related_entities", json!([null])).await
    }

    /// Returns which entities each of these is related to, with their descriptions. Ids are full
    /// ones: `simulator.entity`.
    ///
    /// # Errors
    ///
    /// What the scenario says, or that it is gone.
    pub async fn related<S: AsRef<str>>(
        &self,
        ids: impl IntoIterator<Item = S>,
    ) -> Result<BTreeMap<String, BTreeMap<String, Json>>, RpcError> {
        let ids: Vec<String> = ids.into_iter().map(|id| id.as_ref().to_owned()).collect();
        self.ask("get_related_entities", json!([ids])).await
    }

    /// Returns values of attributes of entities elsewhere, by their full ids.
    ///
    /// The scenario must have connected the two with `async_requests`.
    ///
    /// # Errors
    ///
    /// What the scenario says, or that it is gone.
    pub async fn get_data(&self, requested: &Requested) -> Result<Outputs, RpcError> {
        self.ask("get_data", json!([requested])).await
    }

    /// Sets inputs of entities elsewhere: by the full id of who gives it, that of who gets it, and
    /// the attribute.
    ///
    /// The scenario must have connected the two with `async_requests`.
    ///
    /// # Errors
    ///
    /// What the scenario says, or that it is gone.
    pub async fn set_data(
        &self,
        data: &BTreeMap<String, BTreeMap<String, BTreeMap<String, Json>>>,
    ) -> Result<(), RpcError> {
        self.ask::<Json>("set_data", json!([data])).await.map(drop)
    }

    /// Asks for a step of this simulator at a time.
    ///
    /// # Errors
    ///
    /// What the scenario says, or that it is gone.
    pub async fn set_event(&self, time: i64) -> Result<(), RpcError> {
        self.ask::<Json>("set_event", json!([time])).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        args: impl Serialize,
    ) -> Result<T, RpcError> {
        let content = Value::from(json!([method, args, {}]));
        let answer = Json::from(self.sender.send(content).await?.answer().await?);
        serde_json::from_value(answer)
            .map_err(|error| RpcError::Result(lyceum_wire::aiomas::ValueError::custom(error)))
    }
}

impl fmt::Debug for Mosaik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mosaik")
    }
}
