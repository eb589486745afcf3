//! What agents are made from: TOML as JSON, with handles of others.

use std::collections::BTreeMap;

use lyceum_core::{AnyHandle, Value};
use serde_json::{Map, json};

/// The key of a table that stands for the handle of another agent.
const AGENT: &str = "$agent";

/// Writes a value of TOML as JSON; dates are texts.
pub(super) fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(is) => json!(is),
        toml::Value::Datetime(date) => json!(date.to_string()),
        toml::Value::Array(values) => values.iter().map(as_json).collect(),
        toml::Value::Table(table) => {
            let fields = table.iter().map(|(name, value)| (name.clone(), as_json(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

/// Returns the names of the agents whose handles are in a value.
pub(super) fn references(value: &Value) -> Vec<&str> {
    if let Some(agent) = reference(value) {
        return vec![agent];
    }
    match value {
        Value::Array(values) => values.iter().flat_map(references).collect(),
        Value::Object(fields) => fields.values().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Puts handles in the place of names.
pub(super) fn resolved(value: &Value, handles: &BTreeMap<&str, AnyHandle>) -> Value {
    if let Some(handle) = reference(value).and_then(|agent| handles.get(agent)) {
        return json!(handle);
    }
    match value {
        Value::Array(values) => values.iter().map(|value| resolved(value, handles)).collect(),
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(name, value)| (name.clone(), resolved(value, handles)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        value => value.clone(),
    }
}

/// Returns the agent that a value stands for.
fn reference(value: &Value) -> Option<&str> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.get(AGENT)?.as_str()
}
