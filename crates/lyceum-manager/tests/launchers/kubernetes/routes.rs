//! Requests that the API server of our small cluster answers.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State as Of};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::cluster::{KINDS, Refusal, State};

/// The longest page, so that all lists have several.
const PAGE: usize = 2;

type Shared = Arc<State>;
type Asked = Query<HashMap<String, String>>;

pub(super) fn of(state: &Shared) -> Router {
    let list = get(list).post(make);
    let one = get(one).delete(remove).patch(change).put(replace);
    let mut router = Router::new()
        .route("/api", get(|| async { Json(json!({ "kind": "APIVersions", "versions": ["v1"] })) }))
        .route("/apis", get(groups))
        .route("/api/v1/namespaces/{name}", get(namespace))
        .route("/api/v1/namespaces/{namespace}/pods/{name}/log", get(log));
    let versions = KINDS.iter().map(|(version, ..)| *version).collect::<BTreeSet<_>>();
    for version in versions {
        let prefix = if version == "v1" { "/api/v1".into() } else { format!("/apis/{version}") };
        router = router
            .route(&prefix, get(move || async move { Json(resources(version)) }))
            .route(&format!("{prefix}/namespaces/{{namespace}}/{{kind}}"), list.clone())
            .route(&format!("{prefix}/namespaces/{{namespace}}/{{kind}}/{{name}}"), one.clone());
    }
    router.with_state(state.clone())
}

/// Returns what kinds there are: kubectl asks for that first.
fn resources(version: &str) -> Value {
    let of_version = KINDS.iter().filter(|(of, ..)| *of == version);
    let resources = of_version.map(|(_, kind, singular)| {
        let verbs = ["create", "delete", "get", "list", "patch", "update"];
        json!({ "name": kind, "singularName": "", "namespaced": *kind != "namespaces",
                "kind": singular, "verbs": verbs })
    });
    let resources: Vec<_> = resources.collect();
    json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version,
            "resources": resources })
}

async fn groups() -> Json<Value> {
    let versions = KINDS.iter().map(|(version, ..)| *version).collect::<BTreeSet<_>>();
    let names = versions.iter().filter_map(|version| version.strip_suffix("/v1"));
    let groups = names.map(|name| {
        let version = json!({ "groupVersion": format!("{name}/v1"), "version": "v1" });
        json!({ "name": name, "versions": [version], "preferredVersion": version })
    });
    let groups: Vec<_> = groups.collect();
    Json(json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }))
}

async fn namespace(Path(name): Path<String>) -> Json<Value> {
    Json(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }))
}

async fn list(
    Of(state): Of<Shared>,
    Path((_, kind)): Path<(String, String)>,
    Query(asked): Asked,
) -> Response {
    let Some((version, _, singular)) = KINDS.iter().find(|(_, one, _)| *one == kind) else {
        return refused(&missing(&kind, ""));
    };
    let labels = asked.get("labelSelector").map(String::as_str).unwrap_or_default();
    let labels: Vec<_> = labels.split(',').filter_map(|label| label.split_once('=')).collect();
    let has_labels = |thing: &Value| {
        labels.iter().all(|(name, value)| thing["metadata"]["labels"][*name] == *value)
    };
    let after = asked.get("continue").cloned().unwrap_or_default();
    let things = state.things();
    let of_kind = things.all.iter().filter(|((of, name), _)| *of == kind && *name > after);
    let mut items: Vec<_> =
        of_kind.map(|(_, thing)| thing).filter(|thing| has_labels(thing)).cloned().collect();
    let mut metadata = json!({ "resourceVersion": "1" });
    if asked.contains_key("limit") && items.len() > PAGE {
        items.truncate(PAGE);
        metadata["continue"] = items[PAGE - 1]["metadata"]["name"].clone();
    }
    let list = json!({ "apiVersion": version, "kind": format!("{singular}List"),
                       "metadata": metadata, "items": items });
    Json(list).into_response()
}

async fn make(
    Of(state): Of<Shared>,
    Path((_, kind)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let Ok(thing) = serde_json::from_slice(&body) else {
        return refused(&Refusal(400, "BadRequest", "expected JSON".into()));
    };
    match state.make(&kind, thing) {
        Ok(thing) => (StatusCode::CREATED, Json(thing)).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

type One = Path<(String, String, String)>;

async fn one(Of(state): Of<Shared>, Path((_, kind, name)): One) -> Response {
    let thing = state.things().all.get(&(kind.clone(), name.clone())).cloned();
    thing.map_or_else(|| refused(&missing(&kind, &name)), |thing| Json(thing).into_response())
}

async fn change(Of(state): Of<Shared>, Path((_, kind, name)): One, body: Bytes) -> Response {
    let change: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut things = state.things();
    match things.all.get_mut(&(kind.clone(), name.clone())) {
        None => refused(&missing(&kind, &name)),
        Some(thing) => {
            merge(thing, &change);
            Json(thing.clone()).into_response()
        }
    }
}

async fn replace(Of(state): Of<Shared>, Path((_, kind, name)): One, body: Bytes) -> Response {
    let thing: Value = serde_json::from_slice(&body).unwrap_or_default();
    state.things().all.insert((kind, name), thing.clone());
    Json(thing).into_response()
}

async fn remove(Of(state): Of<Shared>, Path((_, kind, name)): One, body: Bytes) -> Response {
    let options: Value = serde_json::from_slice(&body).unwrap_or_default();
    if state.remove(&kind, &name, options["gracePeriodSeconds"].as_u64()) {
        return Json(json!({ "kind": "Status", "apiVersion": "v1", "status": "Success" }))
            .into_response();
    }
    refused(&missing(&kind, &name))
}

async fn log(
    Of(state): Of<Shared>,
    Path((_, name)): Path<(String, String)>,
    Query(asked): Asked,
) -> Response {
    if !state.things().processes.contains_key(&name) {
        return refused(&missing("pods", &name));
    }
    let follows = asked.get("follow").is_some_and(|follow| follow == "true");
    let is_tail = asked.get("tailLines").is_some_and(|lines| lines == "0");
    let known = state.things().processes.get(&name).map_or(0, |process| process.log.len());
    let pieces = futures_util::stream::unfold(if is_tail { known } else { 0 }, move |from| {
        let (state, name) = (state.clone(), name.clone());
        async move {
            loop {
                let changed = state.changed.notified();
                let (piece, has_ended) = {
                    let things = state.things();
                    let process = things.processes.get(&name)?;
                    (process.log[from..].to_vec(), process.has_ended)
                };
                if !piece.is_empty() {
                    let to = from + piece.len();
                    return Some((Ok::<_, Infallible>(piece), to));
                }
                if has_ended || !follows {
                    return None;
                }
                changed.await;
            }
        }
    });
    Body::from_stream(pieces).into_response()
}

/// Puts a change into a thing: RFC 7386.
fn merge(thing: &mut Value, change: &Value) {
    let Some(fields) = change.as_object() else {
        *thing = change.clone();
        return;
    };
    if !thing.is_object() {
        *thing = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            thing.as_object_mut().expect("it is one").remove(name);
        } else {
            merge(&mut thing[name], value);
        }
    }
}

fn missing(kind: &str, name: &str) -> Refusal {
    Refusal(404, "NotFound", format!("{kind} \"{name}\" not found"))
}

fn refused(Refusal(code, reason, text): &Refusal) -> Response {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure",
        "message": text, "reason": reason, "code": code,
    });
    (StatusCode::from_u16(*code).expect("it is one"), Json(status)).into_response()
}
