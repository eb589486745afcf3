//! Requests to a server.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Limited};
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::rt::Executor;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client as Pool;
use lyceum_core::exchange::Door;
use lyceum_core::{BoxError, full_text};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::connector::Connector;
use super::{DepotAccess, DepotError};
use crate::error::BlobError;

/// How long the server may take to begin an answer once it has the whole request.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many bytes a second the server takes at least.
const LEAST_RATE: u64 = 64 << 10;
/// Connections that are kept although nobody uses them.
const IDLE_LIMIT: usize = 16;
/// How much of the text of an error is kept.
const ERROR_LIMIT: usize = 512;

/// What is sent.
pub(super) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// Sends requests to one server, over connections that are kept.
pub(super) struct Client {
    pool: Pool<Connector, Body>,
    url: String,
    authorization: Option<HeaderValue>,
}

/// Runs connections. Each ends with the client, which has its other end.
#[derive(Clone, Debug)]
struct Connections(Handle);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Connections {
    fn execute(&self, connection: F) {
        self.0.spawn(connection);
    }
}

pub(super) fn never(never: Infallible) -> BoxError {
    match never {}
}

pub(super) fn broken(error: BlobError) -> BoxError {
    Box::new(error)
}

impl Client {
    pub(super) fn new(url: &str, access: &DepotAccess, door: &Door) -> Result<Self, DepotError> {
        let wrong = || DepotError::Url { url: url.chars().take(200).collect() };
        let uri: hyper::Uri = url.parse().map_err(|_| wrong())?;
        if uri.authority().is_none() || uri.path() != "/" || uri.query().is_some() {
            return Err(wrong());
        }
        let authorization = access.shown().map(|token| {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            let mut value = value.map_err(|_| DepotError::Token)?;
            value.set_sensitive(true);
            Ok::<_, DepotError>(value)
        });
        let authorization = authorization.transpose()?;
        let runtime = door.runtime().ok_or(DepotError::VirtualTime)?;
        let connector = match uri.scheme_str() {
            Some("http") => Connector::plain(),
            Some("https") => Connector::encrypted(access.believed())?,
            _ => return Err(wrong()),
        };
        let mut builder = Pool::builder(Connections(runtime));
        builder.pool_max_idle_per_host(IDLE_LIMIT);
        Ok(Self { pool: builder.build(connector), url: url.to_owned(), authorization })
    }

    /// Sends a request, and returns the body of the answer, which may have so many bytes.
    ///
    /// What is sent may have so many bytes, which bounds the time that the server has.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        (body, size): (Body, u64),
        limit: usize,
    ) -> Result<Bytes, DepotError> {
        let patience = PATIENCE + Duration::from_secs(size / LEAST_RATE);
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(body).map_err(|_| DepotError::Url { url: self.url.clone() })?;
        let response = timeout(patience, self.pool.request(request)).await;
        let response = response.map_err(|_| self.unreachable("there is no answer".into()))?;
        let response = response.map_err(|error| self.lost(&error))?;
        let status = response.status();
        let limit = if status.is_success() { limit } else { super::ANSWER_LIMIT };
        let answer = Limited::new(response.into_body(), limit).collect();
        let answer = timeout(PATIENCE, answer).await;
        let answer = answer.map_err(|_| self.unreachable("the answer took too long".into()))?;
        let answer = answer.map_err(|error| self.unreachable(error.to_string()))?.to_bytes();
        if status.is_success() { Ok(answer) } else { Err(self.refusal(status, &answer)) }
    }

    fn lost(&self, error: &dyn std::error::Error) -> DepotError {
        self.unreachable(full_text(error))
    }

    fn unreachable(&self, why: String) -> DepotError {
        DepotError::Unreachable { url: self.url.clone(), why }
    }

    fn refusal(&self, status: StatusCode, answer: &[u8]) -> DepotError {
        let text = String::from_utf8_lossy(&answer[..answer.len().min(ERROR_LIMIT)]);
        let said = format!("{} {}", status.as_u16(), text.trim());
        match status {
            StatusCode::NOT_FOUND => DepotError::Gone,
            StatusCode::INSUFFICIENT_STORAGE | StatusCode::PAYLOAD_TOO_LARGE => {
                DepotError::Full(said)
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                self.unreachable(said)
            }
            _ => DepotError::Refused(said),
        }
    }
}
