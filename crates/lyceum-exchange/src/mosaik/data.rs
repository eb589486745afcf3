//! What goes into simulators and comes out of them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Exception;

/// Values by attribute.
type Attributes = BTreeMap<String, Value>;

/// An entity that was created.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entity {
    eid: String,
    #[serde(rename = "type")]
    model: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rel: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Entity>,
}

/// Parameters by name, of a simulator or a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params(pub(super) Map<String, Value>);

/// What entities are given for a step: by entity, attribute, and who gives it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inputs(BTreeMap<String, BTreeMap<String, Attributes>>);

/// Which attributes of which entities are asked for.
pub type Requested = BTreeMap<String, Vec<String>>;

/// Values of attributes, by entity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outputs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<i64>,
    #[serde(flatten)]
    entities: BTreeMap<String, Attributes>,
}

impl Entity {
    /// Makes an entity of a model.
    pub fn new(id: impl Into<String>, model: impl Into<String>) -> Self {
        Self { eid: id.into(), model: model.into(), rel: Vec::new(), children: Vec::new() }
    }

    /// Relates it to others of its simulator.
    pub fn related<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.rel = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Adds entities that come with it.
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children = children.into_iter().collect();
        self
    }
}

impl Params {
    /// Takes a parameter.
    ///
    /// # Errors
    ///
    /// Says that it is missing, or what was expected.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Exception> {
        let value = self.take_any(name)?;
        value.ok_or_else(|| Exception::new("TypeError", format!("parameter `{name}` is missing")))
    }

    /// Takes a parameter, or a default if it is missing.
    ///
    /// # Errors
    ///
    /// Says what was expected.
    pub fn take_or<T: DeserializeOwned>(&mut self, name: &str, other: T) -> Result<T, Exception> {
        Ok(self.take_any(name)?.unwrap_or(other))
    }

    fn take_any<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Exception> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let wrong = |error: serde_json::Error| {
            Exception::new("TypeError", format!("parameter `{name}`: {error}"))
        };
        serde_json::from_value(value).map(Some).map_err(wrong)
    }
}

impl FromIterator<(String, Value)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(params: I) -> Self {
        Self(params.into_iter().collect())
    }
}

impl Inputs {
    /// Returns what an attribute of an entity is given, with the full ids of who gives it.
    pub fn of<'i>(
        &'i self,
        entity: &str,
        attribute: &str,
    ) -> impl Iterator<Item = (&'i str, &'i Value)> {
        let given = self.0.get(entity).and_then(|attributes| attributes.get(attribute));
        given.into_iter().flatten().map(|(source, value)| (source.as_str(), value))
    }

    /// Returns the sum of the numbers that an attribute of an entity is given; `None` if there are
    /// none.
    pub fn sum(&self, entity: &str, attribute: &str) -> Option<f64> {
        self.of(entity, attribute).filter_map(|(_, value)| value.as_f64()).reduce(|a, b| a + b)
    }

    /// Returns the entities that are given something.
    pub fn entities(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Outputs {
    /// Sets the value of an attribute.
    ///
    /// # Errors
    ///
    /// Says why the value has no form in JSON.
    pub fn set(
        &mut self,
        entity: impl Into<String>,
        attribute: &str,
        value: impl Serialize,
    ) -> Result<(), Exception> {
        let value = serde_json::to_value(value);
        let value = value.map_err(|error| Exception::new("TypeError", error.to_string()))?;
        self.entities.entry(entity.into()).or_default().insert(attribute.into(), value);
        Ok(())
    }

    /// Returns the value of an attribute.
    pub fn get(&self, entity: &str, attribute: &str) -> Option<&Value> {
        self.entities.get(entity)?.get(attribute)
    }

    /// Leaves what is asked for.
    pub fn only(mut self, requested: &Requested) -> Self {
        self.entities.retain(|entity, attributes| {
            let Some(wanted) = requested.get(entity) else { return false };
            attributes.retain(|name, _| wanted.contains(name));
            true
        });
        self
    }

    /// Sets when the values hold, which is the time of the step unless set. For simulators that are
    /// not time-based.
    pub fn at(mut self, time: i64) -> Self {
        self.time = Some(time);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_are_found_and_summed() {
        let json = json!({"b0": {"p": {"sim-0.x": 1.5, "sim-1.y": 2}, "q": {"sim-0.x": "text"}}});
        let inputs: Inputs = serde_json::from_value(json).unwrap();
        assert_eq!(inputs.sum("b0", "p"), Some(3.5));
        assert_eq!(inputs.sum("b0", "q"), None);
        assert_eq!(inputs.sum("b1", "p"), None);
        assert_eq!(inputs.of("b0", "q").next(), Some(("sim-0.x", &json!("text"))));
    }

    #[test]
    fn outputs_are_what_is_asked_for() {
        let mut outputs = Outputs::default();
        outputs.set("a", "p", 1.5).unwrap();
        outputs.set("a", "q", 2).unwrap();
        outputs.set("b", "p", 3).unwrap();
        let requested = Requested::from([("a".into(), vec!["p".into()])]);
        let only = outputs.only(&requested);
        assert_eq!(serde_json::to_value(only.clone()).unwrap(), json!({"a": {"p": 1.5}}));
        let later = serde_json::to_value(only.at(7)).unwrap();
        assert_eq!(later, json!({"a": {"p": 1.5}, "time": 7}));
    }

    #[test]
    fn parameters_are_taken_once_and_by_type() {
        let json = json!({"size": 3, "name": "x"});
        let Value::Object(map) = json else { unreachable!("it is an object") };
        let mut params = Params(map);
        assert_eq!(params.take::<u64>("size"), Ok(3));
        assert_eq!(params.take_or("size", 7), Ok(7));
        let error = params.take::<u64>("name").unwrap_err().to_string();
        assert!(error.starts_with("TypeError: parameter `name`"), "{error}");
    }
}
