//! What an agent of ours says of itself to Academy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lyceum_wire::academy::pickle::{ActionLine, write_description};
use lyceum_wire::academy::{Payload, Serialization};
use lyceum_wire::{ActionDescription, AgentDescription};
use schemars::Schema;
use serde_json::{Map, json};

/// Returns the result of `agent_describe`: for a pickle the object that Academy has for it, for
/// JSON the same as a map. An action without a text has an empty one.
pub(super) fn described(description: &AgentDescription, how: Serialization) -> Payload {
    let lines: Vec<ActionLine> = description.actions.iter().map(line).collect();
    let text = match how {
        Serialization::Pickle => STANDARD.encode(write_description(&description.doc, &lines)),
        Serialization::Json => {
            let actions = lines.into_iter().map(|line| {
                let types = line.types.into_iter().map(|(name, kind)| (name, kind.into()));
                let types: Map<_, _> = types.collect();
                let action = json!({"name": line.name, "type_signature": types, "doc": line.doc});
                (line.name, action)
            });
            let actions: Map<_, _> = actions.collect();
            json!({"description": description.doc, "actions": actions}).to_string()
        }
    };
    Payload { serialization: how, text }
}

fn line(action: &ActionDescription) -> ActionLine {
    let parameters = action.parameters.iter();
    let mut types: Vec<_> =
        parameters.map(|own| (own.name.clone(), kind(&own.schema).to_owned())).collect();
    types.push(("return".into(), kind(&action.result).to_owned()));
    ActionLine { name: action.name.clone(), types, doc: action.doc.clone() }
}

/// Returns what Python calls the type of a schema.
fn kind(schema: &Schema) -> &'static str {
    match schema.get("type").and_then(|kind| kind.as_str()) {
        Some("integer") => "int",
        Some("number") => "float",
        Some("string") => "str",
        Some("boolean") => "bool",
        Some("array") => "list",
        Some("object") => "dict",
        Some("null") => "None",
        _ => "typing.Any",
    }
}
