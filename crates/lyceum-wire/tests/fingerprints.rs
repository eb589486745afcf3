//! What changes the fingerprint of an action, and what does not.

use lyceum_wire::{
    AccessKind, ActionDescription, AgentDescription, Fingerprint, ParameterDescription, Style,
    fingerprint,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, schema_for};
use serde_json::{Value, json};

fn schema(value: Value) -> Schema {
    value.try_into().unwrap()
}

fn action(parameters: &[(&str, Value)], result: Value) -> ActionDescription {
    let parameters = parameters.iter().map(|(name, value)| ParameterDescription {
        name: (*name).into(),
        schema: schema(value.clone()),
    });
    ActionDescription {
        name: "add".into(),
        doc: String::new(),
        access: AccessKind::Exclusive,
        parameters: parameters.collect(),
        result: schema(result),
        error: None,
        stream: false,
        durable: false,
    }
}

/// Returns the fingerprint of an action whose result is `T`.
fn of<T: JsonSchema>() -> Fingerprint {
    fingerprint(&action(&[], schema_for!(T).to_value()))
}

fn usual() -> ActionDescription {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer", "format": "uint32", "minimum": 0 });
    action(&[("name", text), ("count", number.clone())], number)
}

#[test]
fn docs_titles_and_examples_do_not_matter() {
    let mut other = usual();
    other.doc = "Adds.".into();
    other.parameters[0].schema = schema(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Name",
        "description": "Who it is.",
        "type": "string",
        "examples": ["bolt"],
        "deprecated": true,
    }));

    assert_eq!(fingerprint(&other), fingerprint(&usual()));
}

#[test]
fn docs_of_types_fields_and_variants_do_not_matter() {
    mod plain {
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is read")]
        pub(super) struct Part {
            kind: Kind,
            description: u8,
        }
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is read")]
        enum Kind {
            Bolt,
            Nut,
        }
    }
    mod documented {
        /// A part.
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is read")]
        pub(super) struct Part {
            /// Its kind.
            kind: Sort,
            /// Its description.
            description: u8,
        }
        /// A kind, whose type has another name, too.
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is read")]
        enum Sort {
            /// Fits nuts.
            Bolt,
            /// Fits bolts.
            Nut,
        }
    }

    assert_eq!(of::<plain::Part>(), of::<documented::Part>());
}

#[test]
fn the_order_of_keywords_does_not_matter() {
    let forwards = r#"{ "type": "integer", "format": "uint8", "minimum": 0 }"#;
    let backwards = r#"{ "minimum": 0, "format": "uint8", "type": "integer" }"#;
    let of = |text: &str| fingerprint(&action(&[], serde_json::from_str(text).unwrap()));

    assert_eq!(of(forwards), of(backwards));
}

#[test]
fn names_order_and_types_of_parameters_matter() {
    let mut renamed = usual();
    renamed.parameters[0].name = "title".into();
    let mut swapped = usual();
    swapped.parameters.swap(0, 1);
    let mut retyped = usual();
    retyped.parameters[1].schema = schema(json!({ "type": "integer", "format": "uint64" }));
    let mut fewer = usual();
    fewer.parameters.pop();

    for other in [renamed, swapped, retyped, fewer] {
        assert_ne!(fingerprint(&other), fingerprint(&usual()), "{:?}", other.parameters);
    }
}

#[test]
fn result_error_and_stream_matter() {
    let mut result = usual();
    result.result = schema(json!({ "type": "null" }));
    let mut error = usual();
    error.error = Some(schema(json!({ "type": "string" })));
    let mut stream = usual();
    stream.stream = true;

    for other in [result, error, stream] {
        assert_ne!(fingerprint(&other), fingerprint(&usual()));
    }
}

#[test]
fn the_action_s_name_and_access_do_not_matter() {
    let mut other = usual();
    other.name = "plus".into();
    other.access = AccessKind::Shared;

    assert_eq!(fingerprint(&other), fingerprint(&usual()));
}

#[test]
fn fields_matter_with_their_order() {
    mod one {
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is read")]
        pub(super) struct Point {
            x: u8,
            y: u8,
        }
    }
    mod turned {
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is read")]
        pub(super) struct Point {
            y: u8,
            x: u8,
        }
    }
    mod renamed {
        #[derive(schemars::JsonSchema)]
        #[expect(dead_code, reason = "only its schema is read")]
        pub(super) struct Point {
            x: u8,
            z: u8,
        }
    }

    assert_ne!(of::<one::Point>(), of::<turned::Point>());
    assert_ne!(of::<one::Point>(), of::<renamed::Point>());
    assert!(of::<one::Point>().is_ordered());
    assert_eq!(of::<one::Point>().style_with(of::<one::Point>()), Style::Positional);
}

#[test]
fn a_field_named_like_an_annotation_matters() {
    let of = |field: &str| {
        let fields = json!({ field: { "type": "null" } });
        fingerprint(&action(&[], json!({ "type": "object", "properties": fields })))
    };

    assert_ne!(of("title"), of("description"));
}

#[test]
fn variants_matter_with_their_order() {
    let of = |names: &[&str]| fingerprint(&action(&[], json!({ "type": "string", "enum": names })));

    assert_ne!(of(&["Bolt", "Nut"]), of(&["Bolt", "Nut", "Washer"]));
    assert_ne!(of(&["Bolt", "Nut"]), of(&["Nut", "Bolt"]));
    assert!(of(&["Bolt", "Nut"]).is_ordered());
}

#[test]
fn an_order_that_no_schema_shows_is_not_relied_on() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct WithOption {
        a: u8,
        b: Option<u8>,
    }
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    enum WithAndWithoutData {
        Set(u8),
        Clear,
    }
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    enum HalfDocumented {
        Bolt,
        /// Fits bolts.
        Nut,
        Washer,
    }

    for print in [
        of::<WithOption>(),
        of::<WithAndWithoutData>(),
        of::<HalfDocumented>(),
        of::<Vec<WithOption>>(),
        of::<Value>(),
    ] {
        assert!(!print.is_ordered());
        assert_eq!(print.style_with(print), Style::SelfDescribing);
    }
    assert!(of::<Option<Vec<(u8, String)>>>().is_ordered());
}

#[test]
fn a_type_that_holds_itself_has_a_fingerprint() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Tree {
        value: u8,
        below: Vec<Tree>,
    }
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Bush {
        value: u8,
        below: Vec<Vec<Bush>>,
    }

    assert_ne!(of::<Tree>(), of::<Bush>());
    assert_ne!(of::<Vec<Tree>>(), of::<Vec<Bush>>());
}

#[test]
fn a_change_inside_of_a_definition_is_seen_through_the_description() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Part {
        count: u8,
    }
    let mut schemas = SchemaGenerator::default();
    let result = schemas.subschema_for::<Part>();
    let mut agent = AgentDescription::new("Store", "");
    agent.actions.push(action(&[], result.to_value()));
    agent.definitions = schemas.take_definitions(true);
    let before = agent.fingerprint("add").unwrap();

    agent.definitions["Part"]["properties"]["count"]["format"] = json!("uint16");

    assert_ne!(agent.fingerprint("add").unwrap(), before);
    assert_eq!(agent.fingerprint("remove"), None);
}

#[test]
fn definitions_that_lie_deep_in_each_other_do_not_use_up_the_stack() {
    let mut agent = AgentDescription::new("Store", "");
    agent.actions.push(action(&[], json!({ "$ref": "#/$defs/0" })));
    for level in 0..100_000 {
        let next = format!("#/$defs/{}", level + 1);
        agent.definitions.insert(level.to_string(), json!({ "$ref": next }));
    }

    assert!(!agent.fingerprint("add").unwrap().is_ordered());
}

#[test]
fn a_fingerprint_is_the_same_in_every_program() {
    assert_eq!(fingerprint(&usual()).to_string(), "bbd1c5bcde8e02c3");
}
