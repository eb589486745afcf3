//! One server, and the requests that it is sent.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::request::Builder;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client as Pool;
use lyceum_core::full_text;
use lyceum_wire::Endpoint;
use serde_json::Value as Json;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::connector::{Connections, Connector};
use crate::Transport;
use crate::academy::MailboxError;

/// The status of a mailbox that is gone for good.
const TERMINATED: u16 = 419;

/// What a server's answer may have, unless it is a message.
pub(super) const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// How much of the text of an error is kept.
const ERROR_LIMIT: usize = 512;

/// How many bytes a second pass at least.
const LEAST_RATE: usize = 64 << 10;

/// Connections that are kept although nobody uses them.
const IDLE_LIMIT: usize = 16;

/// How requests are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpSettings {
    /// How long one request may take.
    pub(crate) patience: Duration,
    /// How often a request is sent again that the server did not take.
    pub(crate) retries: u32,
    /// How long to wait before the first time; it doubles.
    pub(crate) pause: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { patience: Duration::from_secs(30), retries: 4, pause: Duration::from_millis(50) }
    }
}

/// One server.
pub(crate) struct Client {
    pool: Pool<Connector, Full<Bytes>>,
    connections: Connections,
    host: String,
    prefix: String,
    settings: HttpSettings,
    /// `Bearer` and a token.
    authorization: Mutex<Option<HeaderValue>>,
}

/// Whether a request may be sent again when it is not known what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice is doing it once.
    Always,
    /// Only if the server did nothing.
    Refused,
}

/// A request that can be sent again.
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) body: Json,
    pub(super) repeat: Repeat,
}

impl Client {
    pub(crate) fn new(
        runtime: Handle,
        transport: Arc<dyn Transport>,
        endpoint: Endpoint,
        prefix: &str,
        settings: HttpSettings,
    ) -> Self {
        let host = endpoint.location().to_owned();
        let connections = Connections::on(runtime);
        let mut builder = Pool::builder(connections.clone());
        builder.pool_max_idle_per_host(IDLE_LIMIT);
        let pool = builder.build(Connector { transport, endpoint });
        let authorization = Mutex::default();
        Self { pool, connections, host, prefix: prefix.into(), settings, authorization }
    }

    /// Shows a token with each request from now on.
    pub(crate) fn authorize(&self, token: &str) -> bool {
        let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {token}")) else { return false };
        value.set_sensitive(true);
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        true
    }

    /// Ends all connections.
    pub(crate) fn close(&self) {
        self.connections.close();
    }

    /// Asks, and reads the answer; asks again, after a pause that doubles, what may pass.
    pub(super) async fn ask(&self, question: Question) -> Result<Json, MailboxError> {
        let mut pause = self.settings.pause;
        for left in (0..=self.settings.retries).rev() {
            let error = match self.ask_once(&question).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let did_nothing =
                matches!(error, MailboxError::Overloaded(_) | MailboxError::Unreachable(_));
            let again = did_nothing || (question.repeat == Repeat::Always && error.may_pass());
            if left == 0 || !again {
                return Err(error);
            }
            sleep(pause).await;
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    /// Asks for a message; `None` if the server had none in time.
    pub(super) async fn ask_message(
        &self,
        question: Question,
    ) -> Result<Option<Json>, MailboxError> {
        match self.ask_once(&question).await {
            Ok(answer) => Ok(Some(answer)),
            Err(MailboxError::Late) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ask_once(&self, question: &Question) -> Result<Json, MailboxError> {
        let request = self.request(question, "application/json")?;
        let exchange = async {
            let response = self.respond(request).await?;
            let body = collect(response, ANSWER_LIMIT).await?;
            if body.is_empty() {
                return Ok(Json::Null);
            }
            serde_json::from_slice(&body).map_err(|error| MailboxError::Answer(error.to_string()))
        };
        let late = || MailboxError::Lost("no answer in time".into());
        timeout(self.settings.patience, exchange).await.unwrap_or_else(|_| Err(late()))
    }

    /// Asks for a stream of events.
    pub(super) async fn events(
        &self,
        question: &Question,
    ) -> Result<Response<Incoming>, MailboxError> {
        let request = self.request(question, "text/event-stream")?;
        let late = || MailboxError::Lost("no answer in time".into());
        let response = timeout(self.settings.patience, self.respond(request)).await;
        response.unwrap_or_else(|_| Err(late()))
    }

    /// Sends a request about large data, and returns the bytes of the answer.
    pub(crate) async fn ask_bytes(
        &self,
        (method, path): (Method, &str),
        headers: &[(&'static str, String)],
        body: Bytes,
        limit: usize,
    ) -> Result<Bytes, MailboxError> {
        let most = body.len().saturating_add(limit) / LEAST_RATE;
        let patience = self.settings.patience + Duration::from_secs(most as u64);
        let mut request = self.builder(&method, path);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(body));
        let request = request.map_err(|error| MailboxError::Unreachable(error.to_string()))?;
        let exchange = async { collect(self.respond(request).await?, limit).await };
        let late = || MailboxError::Lost("no answer in time".into());
        timeout(patience, exchange).await.unwrap_or_else(|_| Err(late()))
    }

    fn builder(&self, method: &Method, path: &str) -> Builder {
        let uri = format!("http://{}{}{path}", self.host, self.prefix);
        let request = Request::builder().method(method).uri(uri).header(HOST, &self.host);
        let token = self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match token {
            Some(token) => request.header(AUTHORIZATION, token),
            None => request,
        }
    }

    fn request(
        &self,
        question: &Question,
        accept: &'static str,
    ) -> Result<Request<Full<Bytes>>, MailboxError> {
        let request = self
            .builder(&question.method, question.path)
            .header(ACCEPT, accept)
            .header(CONTENT_TYPE, "application/json")
            .header("academy_version", "1.0.0");
        let body = Full::new(Bytes::from(question.body.to_string()));
        request.body(body).map_err(|error| MailboxError::Unreachable(error.to_string()))
    }

    async fn respond(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, MailboxError> {
        let response = self.pool.request(request).await.map_err(|error| {
            let text = full_text(&error);
            if error.is_connect() {
                MailboxError::Unreachable(text)
            } else {
                MailboxError::Lost(text)
            }
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(response).await)
    }
}

/// Reads a whole body, as long as it is not too long.
async fn collect(response: Response<Incoming>, limit: usize) -> Result<Bytes, MailboxError> {
    let body = Limited::new(response.into_body(), limit).collect().await;
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(MailboxError::Lost(error.to_string())),
    }
}

/// Returns what a status that is no success means.
async fn refusal(response: Response<Incoming>) -> MailboxError {
    let status = response.status();
    let body = collect(response, ANSWER_LIMIT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&body[..body.len().min(ERROR_LIMIT)]);
    let said = format!("{} {}", status.as_u16(), text.trim());
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => MailboxError::Unauthorized(said),
        StatusCode::NOT_FOUND => MailboxError::Unknown,
        StatusCode::INSUFFICIENT_STORAGE => MailboxError::StorageFull,
        StatusCode::PAYLOAD_TOO_LARGE => MailboxError::TooLarge(said),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            MailboxError::Overloaded(said)
        }
        other if other.as_u16() == TERMINATED => MailboxError::Terminated,
        StatusCode::REQUEST_TIMEOUT => MailboxError::Late,
        other if other.is_server_error() => MailboxError::Lost(said),
        _ => MailboxError::Answer(said),
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({}{})", self.host, self.prefix)
    }
}
