//! A function for each request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use serde_json::json;

use crate::mailbox::{MailboxId, Query, Status};
use crate::server::Principal;
use crate::server::access::Verb;
use crate::server::depot;
use crate::server::holding::Connection;
use crate::server::hub::Hub;
use crate::server::input::Input;
use crate::server::metrics::count;
use crate::server::openapi;
use crate::server::reply::Refusal;
use crate::server::sending::{self, Incoming};
use crate::server::upgrade::upgrade;
use crate::server::verbs::known;
use crate::store::Level;

type Hubs = State<Arc<Hub>>;
type Answer = Result<Response, Refusal>;

pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/mailbox", post(register).get(status).delete(terminate))
        .route("/mailbox/share", post(share).get(shares).delete(unshare))
        .route("/mailbox/listen", get(listen))
        .route("/mailbox/heartbeat", post(beat).get(heartbeat))
        .route("/mailbox/stats", get(statistics))
        .route("/mailbox/lease", post(lease))
        .route("/message", put(send).get(receive))
        .route("/link", get(upgrade))
        .route("/discover", get(discover))
        .route("/dead-letters", get(dead_letters))
        .route("/dead-letters/{sequence}", axum::routing::delete(bury))
        .route("/dead-letters/{sequence}/replay", post(replay))
        .route("/blob/{id}", put(depot::take).get(depot::give).delete(depot::release))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(async || Json(openapi::document())))
        .layer(middleware::from_fn_with_state(hub.clone(), counted))
        .with_state(hub)
}

async fn counted(State(hub): Hubs, request: Request<Body>, next: Next) -> Response {
    count(&hub.metrics.requests);
    let response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        count(&hub.metrics.refused);
    }
    response
}

/// Reads a request of somebody.
async fn open(
    hub: &Hub,
    request: Request<Body>,
) -> Result<(axum::http::request::Parts, Principal, Input), Refusal> {
    // Who it is comes first: strangers have no body read.
    let principal = hub.principal(request.headers(), request.extensions()).await?;
    let (parts, input) = Input::read(hub, request).await?;
    Ok((parts, principal, input))
}

fn done() -> Answer {
    Ok(StatusCode::OK.into_response())
}

async fn register(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    let entity = input.entity()?;
    let types = input.agent.as_deref().unwrap_or_default().split(',');
    let types = types.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let ticket = hub.register(&principal, entity, types, input.attributes)?;
    hub.keeper.done(ticket).await?;
    done()
}

async fn status(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    let mailbox = input.mailbox()?;
    let now = hub.clock.now();
    let status = hub.keeper.look(|mailboxes| {
        known(&principal, mailbox, mailboxes).ok()?;
        mailboxes.status(mailbox, now)
    });
    let status = match status {
        None => "MISSING",
        Some(Status::Active | Status::Inactive) => "ACTIVE",
        Some(Status::Terminated) => "TERMINATED",
    };
    Ok(Json(json!({ "status": status })).into_response())
}

async fn terminate(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    let ticket = hub.terminate(&principal, input.mailbox()?)?;
    hub.keeper.done(ticket).await?;
    done()
}

async fn send(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (parts, principal, input) = open(&hub, request).await?;
    let text = input.message.ok_or(Refusal::Missing("message"))?;
    let incoming = Incoming::read(&hub, text, &parts.headers)?;
    hub.send(&principal, incoming).await?;
    done()
}

/// Returns how long somebody wants to wait for messages.
fn patience(hub: &Hub, input: &Input) -> Result<Duration, Refusal> {
    let most = hub.settings.listen_timeout;
    let seconds = input.timeout.unwrap_or(most.as_secs_f64());
    let patience = Duration::try_from_secs_f64(seconds).ok();
    let patience = patience.filter(|time| !time.is_zero() && *time <= most);
    patience.ok_or(Refusal::Timeout(most.as_secs()))
}

/// Returns the mailbox that somebody wants to read from.
fn readable(hub: &Hub, principal: &Principal, input: &Input) -> Result<MailboxId, Refusal> {
    let mailbox = input.mailbox()?;
    hub.keeper.look(|mailboxes| {
        principal.check(Verb::Read, mailbox, mailboxes)?;
        mailboxes.generation(mailbox)
    })?;
    Ok(mailbox)
}

async fn receive(
    State(hub): Hubs,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request<Body>,
) -> Answer {
    let (parts, principal, input) = open(&hub, request).await?;
    let patience = patience(&hub, &input)?;
    let mailbox = readable(&hub, &principal, &input)?;
    let generation = hub.claim_once(mailbox, sending::generation(&parts.headers)?)?;
    let message = hub.receive(&connection, mailbox, generation, patience).await?;
    let text = String::from_utf8_lossy(&message.text);
    Ok(Json(json!({ "message": text, "delivery": message.deliveries })).into_response())
}

async fn listen(
    State(hub): Hubs,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request<Body>,
) -> Answer {
    let (parts, principal, input) = open(&hub, request).await?;
    let patience = patience(&hub, &input)?;
    let mailbox = readable(&hub, &principal, &input)?;
    if *hub.drain.borrow() {
        return Err(Refusal::Draining);
    }
    let generation = sending::generation(&parts.headers)?;
    let claim = hub.claim(mailbox, connection.number, generation)?;
    let events = hub.listen(connection, mailbox, claim, patience);
    let mut response = Body::from_stream(events).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

async fn lease(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    let mailbox = readable(&hub, &principal, &input)?;
    let generation = hub.claim_named(mailbox)?;
    Ok(Json(json!({ "generation": generation })).into_response())
}

async fn beat(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    hub.beat(&principal, input.mailbox()?)?;
    done()
}

async fn heartbeat(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    let ago = hub.last_beat(&principal, input.mailbox()?)?;
    Ok(Json(json!({ "heartbeat": ago.map(|ago| ago.as_secs_f64()) })).into_response())
}

async fn statistics(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    Ok(Json(hub.statistics(&principal, input.mailbox()?)?).into_response())
}

async fn discover(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    let attribute = match &input.attribute {
        None => None,
        Some(text) => {
            let (key, value) = text.split_once('=').ok_or(Refusal::Missing("attribute"))?;
            Some((key.to_owned(), value.to_owned()))
        }
    };
    if input.agent.is_none() && input.name.is_none() && attribute.is_none() {
        return Err(Refusal::Missing("agent"));
    }
    let query = Query {
        of_type: input.agent,
        subtypes: input.allow_subclasses.unwrap_or(true),
        name: input.name,
        attribute,
    };
    let found = hub.find(&principal, &query);
    let ids: Vec<String> = found.iter().map(|entity| entity.uid.to_string()).collect();
    Ok(Json(json!({ "agent_ids": ids.join(","), "agents": found })).into_response())
}

async fn share(State(hub): Hubs, request: Request<Body>) -> Answer {
    set_shared(&hub, request, true).await
}

async fn unshare(State(hub): Hubs, request: Request<Body>) -> Answer {
    set_shared(&hub, request, false).await
}

async fn set_shared(hub: &Hub, request: Request<Body>, is_shared: bool) -> Answer {
    let (_, principal, input) = open(hub, request).await?;
    let (mailbox, group) = (input.mailbox()?, input.group()?);
    let (shared, ticket) = hub.keeper.change(Level::Synced, |mailboxes, log| {
        principal.check(Verb::Administer, mailbox, mailboxes)?;
        if is_shared && !principal.groups.contains(group) {
            return Err(Refusal::Forbidden("who shares with a group belongs to it"));
        }
        Ok(mailboxes.share(log, mailbox, group, is_shared)?)
    });
    shared?;
    hub.keeper.done(ticket).await?;
    done()
}

async fn shares(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    let mailbox = input.mailbox()?;
    let groups = hub.keeper.look(|mailboxes| {
        principal.check(Verb::Administer, mailbox, mailboxes)?;
        mailboxes.groups(mailbox)
    })?;
    Ok(Json(BTreeMap::from([("group_ids", groups)])).into_response())
}

async fn dead_letters(State(hub): Hubs, request: Request<Body>) -> Answer {
    let (_, principal, input) = open(&hub, request).await?;
    let mailbox = if input.mailbox.is_some() { Some(input.mailbox()?) } else { None };
    Ok(Json(hub.dead_letters(&principal, mailbox)).into_response())
}

async fn replay(State(hub): Hubs, Path(sequence): Path<u64>, request: Request<Body>) -> Answer {
    let principal = hub.principal(request.headers(), request.extensions()).await?;
    hub.replay(&principal, sequence).await?;
    done()
}

async fn bury(State(hub): Hubs, Path(sequence): Path<u64>, request: Request<Body>) -> Answer {
    let principal = hub.principal(request.headers(), request.extensions()).await?;
    hub.bury(&principal, sequence).await?;
    done()
}

/// Says whether the server takes messages. A full disk is no reason to send clients elsewhere:
/// what waits can still be read.
async fn ready(State(hub): Hubs) -> Answer {
    if *hub.drain.borrow() {
        return Err(Refusal::Draining);
    }
    hub.keeper.health()?;
    let text = if hub.keeper.is_full() { "ready, but the storage is full\n" } else { "ready\n" };
    Ok(text.into_response())
}

async fn metrics(State(hub): Hubs, request: Request<Body>) -> Answer {
    let principal = hub.principal(request.headers(), request.extensions()).await?;
    if !principal.sees_all() {
        return Err(Refusal::Forbidden("figures are for who administers all mailboxes"));
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((kind, hub.metrics_text()).into_response())
}
