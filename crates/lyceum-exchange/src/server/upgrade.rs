//! Connections that become links.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::server::Principal;
use crate::server::holding::Connection;
use crate::server::hub::{Hub, bearer};
use crate::server::reply::Refusal;

/// What a connection becomes.
pub(crate) struct Upgrade {
    pub(crate) on: OnUpgrade,
    pub(crate) principal: Principal,
    /// What he showed, to be looked at again now and then.
    pub(crate) bearer: Option<String>,
}

/// Makes a link of the connection, once this is answered.
pub(crate) async fn upgrade(
    State(hub): State<Arc<Hub>>,
    Extension(connection): Extension<Arc<Connection>>,
    mut request: Request<Body>,
) -> Result<Response, Refusal> {
    let principal = hub.principal(request.headers(), request.extensions()).await?;
    if *hub.drain.borrow() {
        return Err(Refusal::Draining);
    }
    let headers = request.headers();
    if headers.contains_key(header::ORIGIN) {
        // Browsers let pages of any origin open WebSockets to this machine, and say so.
        return Err(Refusal::Forbidden("pages of browsers may not link"));
    }
    let key = key(headers).ok_or(Refusal::Missing("a WebSocket of version 13"))?;
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
    let accept = accept.map_err(|error| Refusal::Invalid(error.to_string()))?;
    let bearer = bearer(headers).map(str::to_owned);
    let on = hyper::upgrade::on(&mut request);
    connection.becomes(Upgrade { on, principal, bearer });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// Returns the key of a request for a WebSocket.
fn key(headers: &HeaderMap) -> Option<&HeaderValue> {
    let has = |name, word: &str| {
        let value = headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        value.is_some_and(|value| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(word)))
    };
    let is_asked = has(header::UPGRADE, "websocket")
        && has(header::CONNECTION, "upgrade")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_asked)
}
