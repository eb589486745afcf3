//! A walk through a JSON Schema in canonical order.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Hash;

/// Keywords that say nothing about the encoded bytes.
const ANNOTATIONS: &[&str] = &[
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];

/// How deep definitions may lie in each other. Below, the walk sees no difference any more, and
/// says so: a description may come from another node, and must not use up the stack.
const DEPTH_LIMIT: usize = 128;

/// A walk under way: what it has hashed, and which definitions it has been at.
pub(super) struct Walk<'s> {
    pub(super) hash: Hash,
    /// Whether all that was seen determines the order of fields and variants.
    pub(super) ordered: bool,
    definitions: &'s Map<String, Value>,
    root: &'s Value,
    /// The definitions in the order of their first visit. They are told apart by where they are.
    visited: HashMap<*const Value, usize>,
    depth: usize,
}

impl<'s> Walk<'s> {
    pub(super) fn new(definitions: &'s Map<String, Value>) -> Self {
        Self {
            hash: Hash::new(),
            ordered: true,
            definitions,
            root: &Value::Null,
            visited: HashMap::new(),
            depth: 0,
        }
    }

    /// Walks through a schema to which `#` refers.
    pub(super) fn root(&mut self, schema: &'s Value) {
        self.root = schema;
        self.definition(schema);
    }

    /// Walks through a definition the first time, and only names it afterwards: it may hold itself.
    fn definition(&mut self, schema: &'s Value) {
        let next = self.visited.len();
        let place = *self.visited.entry(std::ptr::from_ref(schema)).or_insert(next);
        if place < next {
            self.hash.text("seen");
            self.hash.count(place);
        } else if self.depth == DEPTH_LIMIT {
            self.ordered = false;
        } else {
            self.depth += 1;
            self.schema(schema);
            self.depth -= 1;
        }
    }

    fn schema(&mut self, schema: &'s Value) {
        let Value::Object(keywords) = schema else {
            // `true` allows anything: such a type asks the bytes what they are.
            self.ordered = false;
            return self.data(schema);
        };
        if let Some(names) = unit_variants(keywords) {
            return self.names(&names);
        }
        if let Some(branches) = variants(keywords) {
            return self.variants(branches);
        }
        if is_anything(keywords) {
            self.ordered = false;
        }
        self.note_fields(keywords);
        for (keyword, value) in sorted(keywords) {
            if !is_annotation(keyword) {
                self.keyword(keyword, value);
            }
        }
        self.hash.text("end");
    }

    fn keyword(&mut self, keyword: &'s str, value: &'s Value) {
        match (keyword, value) {
            ("$ref", Value::String(to)) => match self.resolve(to) {
                Some(definition) => self.definition(definition),
                None => self.hash.text(to),
            },
            ("oneOf", Value::Array(branches)) => self.variants(branches),
            ("anyOf" | "allOf" | "prefixItems" | "items", Value::Array(schemas)) => {
                self.hash.text(keyword);
                self.hash.count(schemas.len());
                schemas.iter().for_each(|schema| self.schema(schema));
            }
            ("properties" | "patternProperties", Value::Object(schemas)) => {
                self.hash.text(keyword);
                self.hash.count(schemas.len());
                for (name, schema) in sorted(schemas) {
                    self.hash.text(name);
                    self.schema(schema);
                }
            }
            ("items" | "additionalProperties", Value::Object(_)) => {
                self.hash.text(keyword);
                self.schema(value);
            }
            _ => {
                self.hash.text(keyword);
                self.data(value);
            }
        }
    }

    /// Walks through the variants of an enum: those without data first, whose schemas are one or
    /// many depending on whether they have docs.
    fn variants(&mut self, branches: &'s [Value]) {
        let mut names = Vec::new();
        let mut others = Vec::new();
        let mut grouped = false;
        for branch in branches {
            match branch.as_object().and_then(unit_variants) {
                Some(found) => {
                    grouped |= branch.get("enum").is_some();
                    names.extend(found);
                }
                None => others.push(branch),
            }
        }
        let mixed = !names.is_empty() && !others.is_empty();
        if mixed || (grouped && branches.len() > 1) {
            self.ordered = false;
        }
        self.names(&names);
        if !others.is_empty() {
            self.hash.count(others.len());
            others.into_iter().for_each(|schema| self.schema(schema));
        }
    }

    fn names(&mut self, names: &[&str]) {
        self.hash.text("variants");
        self.hash.count(names.len());
        names.iter().for_each(|name| self.hash.text(name));
    }

    /// Notes whether the order of a struct's fields can be seen: in the list of required ones.
    fn note_fields(&mut self, keywords: &Map<String, Value>) {
        let fields = keywords.get("properties").and_then(Value::as_object).map_or(0, Map::len);
        let required = keywords.get("required").and_then(Value::as_array).map_or(0, Vec::len);
        if fields > 1 && fields != required {
            self.ordered = false;
        }
    }

    /// Adds what is no schema: kinds, formats, bounds.
    fn data(&mut self, value: &Value) {
        match value {
            Value::Array(values) => {
                self.hash.text("list");
                self.hash.count(values.len());
                values.iter().for_each(|value| self.data(value));
            }
            Value::Object(entries) => {
                self.hash.text("map");
                self.hash.count(entries.len());
                for (key, value) in sorted(entries) {
                    self.hash.text(key);
                    self.data(value);
                }
            }
            leaf => self.hash.text(&leaf.to_string()),
        }
    }

    fn resolve(&self, reference: &str) -> Option<&'s Value> {
        let pointer = reference.strip_prefix('#')?;
        self.root.pointer(pointer).or_else(|| {
            let name = pointer.strip_prefix("/$defs/")?;
            self.definitions.get(&name.replace("~1", "/").replace("~0", "~"))
        })
    }
}

/// Returns the names, if the schema is that of an enum's variants without data.
fn unit_variants(keywords: &Map<String, Value>) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("type", Value::String(kind)) if kind == "string" => {}
            ("const", Value::String(name)) => names.push(name.as_str()),
            ("enum", Value::Array(listed)) => {
                names = listed.iter().map(Value::as_str).collect::<Option<_>>()?;
            }
            (keyword, _) if is_annotation(keyword) => {}
            _ => return None,
        }
    }
    (!names.is_empty()).then_some(names)
}

/// Returns the variants, if the schema is that of an enum and nothing else.
fn variants(keywords: &Map<String, Value>) -> Option<&Vec<Value>> {
    let says_more = |keyword: &String| keyword != "oneOf" && !is_annotation(keyword);
    if keywords.keys().any(says_more) { None } else { keywords.get("oneOf")?.as_array() }
}

/// Returns whether a schema allows anything.
fn is_anything(keywords: &Map<String, Value>) -> bool {
    keywords.keys().all(|keyword| is_annotation(keyword))
}

fn is_annotation(keyword: &str) -> bool {
    ANNOTATIONS.contains(&keyword)
}

/// Returns entries by key: what order a map has depends on how the program was built.
fn sorted(map: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}
