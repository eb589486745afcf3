//! A function for each request about blobs.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Path, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde_json::json;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::upload::{Terms, Upload};
use super::{BlobId, Bond, Depot, Record};
use crate::server::hub::Hub;
use crate::server::reply::Refusal;
use crate::server::{Principal, Which};

type Hubs = State<Arc<Hub>>;
type Answer = Result<Response, Refusal>;

/// The header with the BLAKE3 digest of a blob.
const DIGEST: &str = "lyceum-digest";
/// The header with the seconds that a blob is to be kept.
const EXPIRES: &str = "lyceum-expires";
/// The header that says who may delete a blob besides who put it: `reader`.
const RELEASE: &str = "lyceum-release";
/// The header with the message that a blob belongs to: `request` or `answer`, the sender of the
/// request, and its tag.
const MESSAGE: &str = "lyceum-message";
/// How many bytes are taken of what is refused.
const DISCARDED: usize = 64 << 20;
/// How many bytes are read from a file at once.
const PIECE: u64 = 256 << 10;

/// Finds out who asks, and for which blob.
async fn open(
    hub: &Hub,
    id: &str,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<(Arc<Depot>, BlobId, Principal), Refusal> {
    let principal = hub.principal(headers, extensions).await?;
    let (depot, id) = find(hub, id)?;
    Ok((depot, id, principal))
}

fn find(hub: &Hub, id: &str) -> Result<(Arc<Depot>, BlobId), Refusal> {
    let depot = hub.depot.clone().ok_or(Refusal::NoDepot)?;
    let id = id.parse();
    let id = id.map_err(|error: super::record::BlobIdError| Refusal::Invalid(error.to_string()))?;
    Ok((depot, id))
}

/// Takes a blob.
pub(crate) async fn take(
    State(hub): Hubs,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Answer {
    let (parts, body) = request.into_parts();
    let principal = hub.principal(&parts.headers, &parts.extensions).await?;
    let mut body = body.into_data_stream();
    let taken = receive(&hub, &id, principal, &parts.headers, &mut body).await;
    if taken.is_err() {
        discard(&hub, &mut body).await;
    }
    taken
}

/// Takes the rest of what is refused, up to a limit. Whoever is still sending when the connection
/// is closed does not hear why.
async fn discard(hub: &Hub, body: &mut BodyDataStream) {
    let mut left = DISCARDED;
    while let Ok(Some(bytes)) = next(hub, body).await {
        left = match left.checked_sub(bytes.len()) {
            Some(left) => left,
            None => return,
        };
    }
}

async fn receive(
    hub: &Hub,
    id: &str,
    principal: Principal,
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Answer {
    let (depot, id) = find(hub, id)?;
    if *hub.drain.borrow() {
        return Err(Refusal::Draining);
    }
    if principal.rights.write == Which::None {
        return Err(Refusal::Forbidden("blobs are put by who may write"));
    }
    let kept = kept(&depot, headers)?;
    let expected = digest(headers)?;
    let (is_passed, bond) = (is_passed(headers)?, bond(headers)?);
    let (number, owner) = (hub.number(), principal.subject);
    let mut upload = blocking({
        let depot = depot.clone();
        move || Upload::begin(depot, id, owner, number)
    })
    .await?;
    while let Some(bytes) = next(hub, body).await? {
        upload = blocking(move || upload.write(&bytes).map(|()| upload)).await?;
    }
    let expires = hub.clock.now().after(kept).millis();
    let terms = Terms { expires, is_passed, bond };
    let record = blocking(move || upload.finish(expected.as_deref(), terms)).await?;
    let kept = kept.as_secs();
    let about = json!({
        "id": id.to_string(), "size": record.size, "digest": record.digest, "expires": kept,
    });
    Ok(axum::Json(about).into_response())
}

/// Waits for the next bytes of a body.
async fn next(hub: &Hub, body: &mut BodyDataStream) -> Result<Option<Bytes>, Refusal> {
    let next = timeout(hub.settings.body, body.next()).await;
    match next.map_err(|_| Refusal::SlowBody)? {
        None => Ok(None),
        Some(Ok(bytes)) => Ok(Some(bytes)),
        Some(Err(error)) => Err(Refusal::Invalid(format!("the body ended early: {error}"))),
    }
}

/// Runs work that blocks; it goes on to its end though nobody waits any more.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error).into()))
}

/// Returns how long a blob is to be kept.
fn kept(depot: &Depot, headers: &HeaderMap) -> Result<Duration, Refusal> {
    let Some(value) = headers.get(EXPIRES) else { return Ok(depot.settings.kept) };
    let seconds = value.to_str().ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let most = depot.settings.longest;
    let seconds = seconds.filter(|seconds| !seconds.is_zero() && *seconds <= most);
    seconds.ok_or_else(|| {
        Refusal::Invalid(format!("expected 1 to {} seconds in {EXPIRES}", most.as_secs()))
    })
}

/// Returns whether who may read a blob may delete it.
fn is_passed(headers: &HeaderMap) -> Result<bool, Refusal> {
    match headers.get(RELEASE).map(HeaderValue::as_bytes) {
        None => Ok(false),
        Some(b"reader") => Ok(true),
        Some(_) => Err(Refusal::Invalid(format!("expected `reader` in {RELEASE}"))),
    }
}

/// Returns the message that a blob belongs to.
fn bond(headers: &HeaderMap) -> Result<Option<Bond>, Refusal> {
    let Some(value) = headers.get(MESSAGE) else { return Ok(None) };
    let bond = value.to_str().unwrap_or_default().parse();
    let bond = bond
        .map_err(|error: super::bonds::BondError| Refusal::Invalid(format!("{MESSAGE}: {error}")));
    bond.map(Some)
}

/// Returns the digest that whoever puts a blob expects it to have.
fn digest(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(DIGEST) else { return Ok(None) };
    let digest = value.to_str().ok().and_then(|text| blake3::Hash::from_hex(text).ok());
    let digest = digest
        .ok_or_else(|| Refusal::Invalid(format!("expected 64 hexadecimal digits in {DIGEST}")))?;
    Ok(Some(digest.to_hex().to_string()))
}

/// Gives a blob, or a range of it.
pub(crate) async fn give(
    State(hub): Hubs,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Answer {
    let (depot, id, principal) = open(&hub, &id, request.headers(), request.extensions()).await?;
    if principal.rights.read == Which::None {
        return Err(Refusal::NoBlob);
    }
    let record = depot.find(id, hub.clock.now()).ok_or(Refusal::NoBlob)?;
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
    let range = range.and_then(|range| parse_range(range, record.size));
    let (start, end) = match range {
        None => (0, record.size),
        Some(range) => range.ok_or(Refusal::BadRange { size: record.size })?,
    };
    let file = blocking(move || depot.open_bytes(id).map_err(|_| Refusal::NoBlob)).await?;
    let body = Body::from_stream(pieces(Arc::new(file), start, end));
    let mut response = body.into_response();
    describe(response.headers_mut(), &record, end - start);
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let last = end.saturating_sub(1);
        insert(
            &mut response,
            header::CONTENT_RANGE,
            format!("bytes {start}-{last}/{}", record.size),
        );
    }
    Ok(response)
}

fn describe(headers: &mut HeaderMap, record: &Record, length: u64) {
    let texts = [
        (header::CONTENT_LENGTH, length.to_string()),
        (header::ETAG, format!("\"{}\"", record.digest)),
        (header::HeaderName::from_static(DIGEST), record.digest.clone()),
    ];
    for (name, text) in texts {
        headers.insert(name, HeaderValue::from_str(&text).expect("digits are a header's value"));
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
}

fn insert(response: &mut Response, name: header::HeaderName, text: String) {
    let value = HeaderValue::try_from(text).expect("digits are a header's value");
    response.headers_mut().insert(name, value);
}

/// Reads one range, as in `bytes=5-`: none if it is of another form, which means all, and an inner
/// none if it lies outside.
fn parse_range(text: &str, size: u64) -> Option<Option<(u64, u64)>> {
    let (start, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let start: u64 = start.parse().ok()?;
    let last: Option<u64> = if last.is_empty() { None } else { Some(last.parse().ok()?) };
    let end = last.map_or(size, |last| last.saturating_add(1).min(size));
    Some((start < end).then_some((start, end)))
}

/// Reads a file piece by piece, as fast as the client takes them.
fn pieces(
    file: Arc<File>,
    start: u64,
    end: u64,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold(Some(start), move |at| {
        let file = file.clone();
        async move {
            let at = at.filter(|at| *at < end)?;
            let length = (end - at).min(PIECE);
            let read = spawn_blocking(move || {
                let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
                file.read_exact_at(&mut bytes, at).map(|()| Bytes::from(bytes))
            });
            let read = read.await.unwrap_or_else(|error| Err(io::Error::other(error)));
            let next = read.is_ok().then_some(at + length);
            Some((read, next))
        }
    })
}

/// Deletes a blob, for who put it, or whom it was passed to.
pub(crate) async fn release(
    State(hub): Hubs,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Answer {
    let (depot, id, principal) = open(&hub, &id, request.headers(), request.extensions()).await?;
    let now = hub.clock.now();
    let is_released = blocking(move || {
        let is_his = |record: &Record| {
            let is_reader = record.is_passed && principal.rights.read != Which::None;
            is_reader || record.owner == principal.subject || principal.sees_all()
        };
        Ok(depot.release(id, now, is_his)?)
    })
    .await?;
    // What is missing and what is another's look the same.
    if !is_released {
        return Err(Refusal::NoBlob);
    }
    Ok(StatusCode::OK.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_or_mean_all() {
        assert_eq!(parse_range("bytes=0-4", 10), Some(Some((0, 5))));
        assert_eq!(parse_range("bytes=5-", 10), Some(Some((5, 10))));
        assert_eq!(parse_range("bytes=5-99", 10), Some(Some((5, 10))));
        assert_eq!(parse_range("bytes=10-", 10), Some(None));
        assert_eq!(parse_range("bytes=7-5", 10), Some(None));
        for other in ["bytes=-5", "bytes=1-2,4-5", "lines=1-2", "bytes=a-", ""] {
            assert_eq!(parse_range(other, 10), None, "{other}");
        }
    }
}
