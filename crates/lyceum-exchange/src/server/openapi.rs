//! The description of all requests, for generators of clients.

use serde_json::{Map, Value, json};

/// A request: path, method, what it does, the fields of its body, and what it answers with.
type Route = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str);

/// All requests that have a body.
const ROUTES: &[Route] = &[
    ("/mailbox", "post", "Makes a mailbox", &["mailbox", "agent", "attributes"], ""),
    ("/mailbox", "get", "Tells whether a mailbox is open", &["mailbox"], "status"),
    ("/mailbox", "delete", "Ends a mailbox", &["mailbox"], ""),
    ("/mailbox/share", "post", "Shares a mailbox with a group", &["mailbox", "group_id"], ""),
    ("/mailbox/share", "get", "Tells the groups of a mailbox", &["mailbox"], "group_ids"),
    ("/mailbox/share", "delete", "Shares no longer", &["mailbox", "group_id"], ""),
    ("/mailbox/listen", "get", "Streams messages as events", &["mailbox", "timeout"], "events"),
    ("/mailbox/heartbeat", "post", "Notes a sign of life", &["mailbox"], ""),
    ("/mailbox/heartbeat", "get", "Tells the last sign of life", &["mailbox"], "heartbeat"),
    ("/mailbox/stats", "get", "Counts requests", &["mailbox"], "incoming"),
    ("/mailbox/lease", "post", "Gives a mailbox to a new program", &["mailbox"], "generation"),
    ("/message", "put", "Sends a message", &["message"], ""),
    ("/message", "get", "Waits for one message", &["mailbox", "timeout"], "message"),
    (
        "/discover",
        "get",
        "Finds mailboxes",
        &["agent", "allow_subclasses", "name", "attribute"],
        "agent_ids",
    ),
    ("/link", "get", "Becomes a WebSocket with the frames of a node of Lyceum", &[], ""),
    ("/dead-letters", "get", "Lists dead letters", &["mailbox"], "dead_letters"),
    ("/dead-letters/{sequence}/replay", "post", "Sends a dead letter again", &[], ""),
    ("/dead-letters/{sequence}", "delete", "Throws a dead letter away", &[], ""),
    ("/blob/{id}", "put", "Keeps the bytes of the body", &[], "digest"),
    ("/blob/{id}", "get", "Gives the bytes, or a range of them", &[], "bytes"),
    ("/blob/{id}", "delete", "Deletes the bytes, for who may do so", &[], ""),
    ("/healthz", "get", "Tells that the server runs", &[], ""),
    ("/readyz", "get", "Tells whether it takes messages", &[], ""),
    ("/metrics", "get", "Tells figures for Prometheus", &[], ""),
];

/// Statuses that any request may be answered with.
const ERRORS: &[(&str, &str)] = &[
    ("400", "A field is missing or invalid"),
    ("401", "There is no bearer token, or it is malformed"),
    ("403", "The token is inactive, or the request is not allowed"),
    ("404", "There is no such mailbox for who asks"),
    ("408", "Nothing came in time"),
    ("409", "Another program holds the mailbox by now"),
    ("413", "The message is too long"),
    ("416", "The range lies outside of the bytes"),
    ("419", "The mailbox was terminated"),
    ("422", "The bytes have another digest"),
    ("429", "The mailbox is full, or there are too many requests"),
    ("503", "The server is ending, or its store has failed"),
    ("507", "The storage is full"),
];

pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for (path, method, about, fields, answer) in ROUTES {
        let methods = paths.entry(*path).or_insert_with(|| json!({}));
        methods[*method] = operation(path, about, fields, answer);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Lyceum exchange", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": { "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } } },
        "security": [{ "bearer": [] }, {}],
    })
}

fn operation(path: &str, about: &str, fields: &[&str], answer: &str) -> Value {
    let mut responses = Map::new();
    let content = match answer {
        "" => json!({ "description": "Done" }),
        "events" => json!({
            "description": "One event for each message",
            "content": { "text/event-stream": { "schema": { "type": "string" } } },
        }),
        "bytes" => json!({
            "description": "The bytes",
            "content": { "application/octet-stream": {} },
        }),
        field => json!({
            "description": "Done",
            "content": { "application/json": { "schema": {
                "type": "object", "required": [field], "properties": { field: {} },
            } } },
        }),
    };
    responses.insert("200".into(), content);
    for (status, description) in ERRORS {
        responses.insert((*status).into(), json!({ "description": description }));
    }
    let mut operation = json!({ "summary": about, "responses": responses });
    if !fields.is_empty() {
        let properties: Map<String, Value> =
            fields.iter().map(|field| ((*field).to_owned(), schema(field))).collect();
        operation["requestBody"] = json!({ "content": { "application/json": { "schema": {
            "type": "object", "properties": properties,
        } } } });
    }
    if path.contains("{id}") {
        operation["parameters"] = json!([{
            "name": "id", "in": "path", "required": true,
            "schema": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
        }]);
    }
    if path.contains("{sequence}") {
        operation["parameters"] = json!([{
            "name": "sequence", "in": "path", "required": true, "schema": { "type": "integer" },
        }]);
    }
    operation
}

fn schema(field: &str) -> Value {
    match field {
        "timeout" => json!({ "type": "number", "exclusiveMinimum": 0 }),
        "allow_subclasses" => json!({ "type": "boolean" }),
        "attributes" => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        "mailbox" => json!({
            "type": "string",
            "description": "An entity as JSON text, with uid, name and role; or its UUID",
        }),
        "message" => json!({ "type": "string", "description": "A message as JSON text" }),
        _ => json!({ "type": "string" }),
    }
}
