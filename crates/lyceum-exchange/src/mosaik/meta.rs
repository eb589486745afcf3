//! What a simulator says of itself.

use std::collections::BTreeMap;

use serde::Serialize;

/// The version of mosaik's interface that is spoken here.
const API_VERSION: &str = "3.0";

/// What a simulator says of itself: how it is stepped, and which models it has.
///
/// ```
/// use lyceum_exchange::mosaik::{Meta, Model};
///
/// let meta = Meta::time_based()
///     .model("Battery", Model::public().params(["capacity"]).attrs(["charge"]))
///     .method("discharge_all");
/// assert_eq!(serde_json::to_value(&meta)?["type"], "time-based");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Meta {
    api_version: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    models: BTreeMap<String, Model>,
    extra_methods: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    set_events: bool,
}

/// A model: what an entity is made of and has.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Model {
    public: bool,
    params: Vec<String>,
    attrs: Vec<String>,
    #[serde(rename = "any_inputs", skip_serializing_if = "std::ops::Not::not")]
    any_inputs: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    non_persistent: Option<Vec<String>>,
}

impl Meta {
    fn new(kind: &'static str) -> Self {
        Self {
            api_version: API_VERSION,
            kind,
            models: BTreeMap::new(),
            extra_methods: Vec::new(),
            set_events: false,
        }
    }

    /// Describes a simulator that says after each step when the next one is.
    pub fn time_based() -> Self {
        Self::new("time-based")
    }

    /// Describes a simulator that is stepped when there is something for it.
    pub fn event_based() -> Self {
        Self::new("event-based")
    }

    /// Describes a simulator that is both.
    pub fn hybrid() -> Self {
        Self::new("hybrid")
    }

    /// Adds a model.
    pub fn model(mut self, name: &str, model: Model) -> Self {
        self.models.insert(name.into(), model);
        self
    }

    /// Adds a method that scenarios can call; see [`Simulator::call`](super::Simulator::call).
    pub fn method(mut self, name: &str) -> Self {
        self.extra_methods.push(name.into());
        self
    }

    /// Says that the simulator sets events by [`Mosaik::set_event`](super::Mosaik::set_event).
    pub fn sets_events(mut self) -> Self {
        self.set_events = true;
        self
    }
}

impl Model {
    /// Describes a model that scenarios can create.
    pub fn public() -> Self {
        Self { public: true, ..Self::default() }
    }

    /// Describes a model of entities that come with others alone.
    pub fn hidden() -> Self {
        Self::default()
    }

    /// Sets the parameters that it is created with.
    pub fn params<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.params = list(names);
        self
    }

    /// Sets the attributes that can be read or written.
    pub fn attrs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.attrs = list(names);
        self
    }

    /// Takes inputs of any name.
    pub fn any_inputs(mut self) -> Self {
        self.any_inputs = true;
        self
    }

    /// Sets the attributes whose inputs cause a step.
    pub fn triggers<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.trigger = Some(list(names));
        self
    }

    /// Sets the attributes whose values last for one moment.
    pub fn events<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.non_persistent = Some(list(names));
        self
    }
}

fn list<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn meta_is_what_mosaik_reads() {
        let model = Model::public().params(["p"]).attrs(["a", "b"]).triggers(["a"]).events(["b"]);
        let meta = Meta::hybrid().model("M", model).model("Child", Model::hidden()).method("go");
        let expected = json!({
            "api_version": "3.0",
            "type": "hybrid",
            "models": {
                "M": {
                    "public": true, "params": ["p"], "attrs": ["a", "b"], "trigger": ["a"],
                    "non-persistent": ["b"],
                },
                "Child": {"public": false, "params": [], "attrs": []},
            },
            "extra_methods": ["go"],
        });
        assert_eq!(serde_json::to_value(meta).unwrap(), expected);
    }
}
