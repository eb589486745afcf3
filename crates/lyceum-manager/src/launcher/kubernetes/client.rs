//! Requests to an API server.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use lyceum_core::Value;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::access::{Access, Token};

/// No answer is longer, in bytes.
const ANSWER_LIMIT: usize = 64 << 20;

/// Asks an API server; each request has a connection of its own.
#[derive(Clone, Debug)]
pub(super) struct Client {
    access: Arc<Access>,
}

/// An answer that comes bit by bit.
pub(super) struct Stream {
    body: Incoming,
    connection: Option<BoxFuture<'static, ()>>,
}

/// A byte stream to an API server.
trait Bytestream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytestream for S {}

impl Client {
    pub(super) fn of(access: &Access) -> Self {
        Self { access: Arc::new(access.clone()) }
    }

    /// Returns the path of a kind of things in the namespace.
    pub(super) fn path(&self, api: &str, kind: &str) -> String {
        format!("/{api}/namespaces/{}/{kind}", self.access.namespace)
    }

    /// Asks, and returns the answer as JSON; nothing if there is no such thing.
    ///
    /// # Errors
    ///
    /// Says that the server is not reached, or why it refused.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<Option<Value>> {
        let what = format!("{method} {path}");
        let (mut sender, connection) = self.connect().await?;
        let request = self.request(method, path, body)?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(io::Error::other)?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_LIMIT).collect().await;
            Ok::<_, io::Error>((status, body.map_err(io::Error::other)?.to_bytes()))
        };
        let (status, bytes) = match select(pin!(exchange), connection).await {
            Either::Left((answer, _)) => answer?,
            Either::Right(((), exchange)) => exchange.await?,
        };
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !status.is_success() {
            return Err(refused(&what, status, &bytes));
        }
        let answer = serde_json::from_slice(&bytes).map_err(|error| {
            io::Error::other(format!("the API server answered {what} with no JSON: {error}"))
        })?;
        Ok(Some(answer))
    }

    /// Makes something; returns it as the server has it.
    pub(super) async fn make(&self, api: &str, kind: &str, thing: &Value) -> io::Result<Value> {
        let path = self.path(api, kind);
        let made = self.ask(Method::POST, &path, Some(thing)).await?;
        let missing = || io::Error::other(format!("the API server has no {path}"));
        made.ok_or_else(missing)
    }

    /// Asks for an answer that comes bit by bit; nothing if there is no such thing.
    pub(super) async fn stream(&self, path: &str) -> io::Result<Option<Stream>> {
        let (mut sender, mut connection) = self.connect().await?;
        let request = self.request(Method::GET, path, None)?;
        let response: Response<Incoming> = {
            let sent = pin!(sender.send_request(request));
            match select(sent, &mut connection).await {
                Either::Left((answer, _)) => answer.map_err(io::Error::other)?,
                Either::Right(((), sent)) => sent.await.map_err(io::Error::other)?,
            }
        };
        match response.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                Ok(Some(Stream { body: response.into_body(), connection: Some(connection) }))
            }
            status => Err(refused(&format!("GET {path}"), status, b"")),
        }
    }

    async fn connect(&self) -> io::Result<(SendRequest<Full<Bytes>>, BoxFuture<'static, ()>)> {
        let Access { host, port, .. } = &*self.access;
        let named = |error: io::Error| {
            let text = format!("cannot reach the API server at {host}:{port}: {error}");
            io::Error::new(error.kind(), text)
        };
        let plain = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((plain, *port)).await.map_err(named)?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Bytestream> = match &self.access.tls {
            None => Box::new(stream),
            Some(tls) => {
                let name = self.access.server_name.as_deref().unwrap_or(plain);
                let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
                let tls = TlsConnector::from(tls.clone()).connect(name, stream).await;
                Box::new(tls.map_err(named)?)
            }
        };
        let made = handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(io::Error::other)?;
        // How it ended is seen by who waits for an answer.
        Ok((sender, connection.map(drop).boxed()))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<Request<Full<Bytes>>> {
        let Access { host, port, prefix, token, .. } = &*self.access;
        let kind = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{prefix}{path}"))
            .header(HOST, format!("{host}:{port}"))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, kind);
        let token = match token {
            None => None,
            Some(Token::Fixed(token)) => Some(token.clone()),
            Some(Token::File(file)) => Some(std::fs::read_to_string(file)?.trim().to_owned()),
        };
        if let Some(token) = token {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| io::Error::other("the token has letters that no token has"))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        request.body(Full::new(body.into())).map_err(io::Error::other)
    }
}

impl Stream {
    /// Returns what comes next, or nothing at the end.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let frame = {
                let frame = pin!(self.body.frame());
                match &mut self.connection {
                    None => frame.await,
                    Some(connection) => match select(frame, connection).await {
                        Either::Left((frame, _)) => frame,
                        Either::Right(((), _)) => {
                            // What it has read is still there.
                            self.connection = None;
                            continue;
                        }
                    },
                }
            };
            match frame {
                None => return Ok(None),
                Some(Err(error)) => return Err(io::Error::other(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

/// Says why the server refused something, in its own words.
fn refused(what: &str, status: StatusCode, body: &[u8]) -> io::Error {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = said["message"].as_str().unwrap_or("it does not say why");
    io::Error::other(format!("the API server refused {what} ({status}): {said}"))
}
