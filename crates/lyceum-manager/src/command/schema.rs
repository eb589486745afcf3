//! JSON Schemas, as short names of types.

use serde_json::Value;

/// How deep types are named; what lies deeper is a JSON value.
const DEPTH: usize = 4;

/// Returns a short name of the type that a schema describes, as in `[number]` or `Reading`.
pub(crate) fn name(schema: &Value) -> String {
    name_within(schema, DEPTH)
}

fn name_within(schema: &Value, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "any".into() };
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or(reference).into();
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[choice].as_array() {
            return alternatives(choices.iter().map(|one| name_within(one, depth)));
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return alternatives(values.iter().map(Value::to_string));
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    match &schema["type"] {
        Value::String(kind) => of_kind(kind, schema, depth),
        Value::Array(kinds) => alternatives(
            kinds.iter().filter_map(Value::as_str).map(|one| of_kind(one, schema, depth)),
        ),
        _ => "any".into(),
    }
}

fn of_kind(kind: &str, schema: &Value, depth: usize) -> String {
    match kind {
        "array" if schema["prefixItems"].is_array() => "array".into(),
        "array" => format!("[{}]", name_within(&schema["items"], depth)),
        "object" if schema["additionalProperties"].is_object() => {
            format!("{{name: {}}}", name_within(&schema["additionalProperties"], depth))
        }
        "object" => schema["title"].as_str().unwrap_or("object").into(),
        other => other.into(),
    }
}

fn alternatives(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<_> = names.collect();
    names.dedup();
    names.join(" | ")
}

/// Returns whether a value of the type is a string, whatever it says.
pub(crate) fn is_text(schema: &Value) -> bool {
    schema["type"] == "string" || schema["type"] == serde_json::json!(["string", "null"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_have_short_names() {
        assert_eq!(name(&json!({ "type": "integer", "format": "uint64" })), "integer");
        assert_eq!(name(&json!({ "type": "array", "items": { "type": "string" } })), "[string]");
        assert_eq!(name(&json!({ "$ref": "#/$defs/Reading" })), "Reading");
        assert_eq!(name(&json!({ "type": ["string", "null"] })), "string | null");
        assert_eq!(name(&json!({ "enum": ["cpu", "load"] })), "\"cpu\" | \"load\"");
        assert_eq!(name(&json!(true)), "any");
    }
}
