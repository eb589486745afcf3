//! One connection, requests with numbers, postcard, writes that take all that waits: a reference
//! line, with nothing in it that a protocol between two programs could do without.
//!
//! At each end one task reads and one writes; the server's writer is the one that has the state.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

use super::socket;
use crate::contract::{Body, Hang, Remote};

/// How many requests are taken on at once.
const QUEUE: usize = 1_024;
/// How many bytes there is room for, at least, when a stream is read.
const READ_SIZE: usize = 32 << 10;
/// The length in front of each frame.
const LENGTH: usize = size_of::<u32>();

#[derive(Serialize, Deserialize)]
enum Request {
    Add(u64),
    Echo(Body),
    Hang,
}

#[derive(Serialize, Deserialize)]
enum Answer {
    Sum(u64),
    Echo(Body),
}

type Numbered<T> = (u64, T);

/// Those who wait for an answer, by number; none once the connection is lost.
type Waiting = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Answer>>>>>;

#[derive(Clone)]
pub struct Client(mpsc::Sender<(Request, oneshot::Sender<Answer>)>);

pub struct Tcp;
pub struct Unix;

impl Remote for Tcp {
    type Server = ();
    type Client = Client;

    async fn serve() -> Result<((), String), String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?.to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a fresh socket takes options");
                let (read, write) = stream.into_split();
                answer_all(read, write);
            }
        });
        Ok(((), address))
    }

    async fn connect(address: String) -> Client {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a fresh socket takes options");
        let (read, write) = stream.into_split();
        client(read, write)
    }

    async fn add(client: &Client, n: u64) -> u64 {
        client.add(n).await
    }

    async fn echo(client: &Client, body: Vec<u8>) -> Vec<u8> {
        client.echo(body).await
    }
}

impl Remote for Unix {
    type Server = ();
    type Client = Client;

    async fn serve() -> Result<((), String), String> {
        let path = socket();
        let listener = UnixListener::bind(&path).map_err(|error| error.to_string())?;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (read, write) = stream.into_split();
                answer_all(read, write);
            }
        });
        Ok(((), path.display().to_string()))
    }

    async fn connect(address: String) -> Client {
        let stream = UnixStream::connect(address).await.expect("the server listens");
        let (read, write) = stream.into_split();
        client(read, write)
    }

    async fn add(client: &Client, n: u64) -> u64 {
        client.add(n).await
    }

    async fn echo(client: &Client, body: Vec<u8>) -> Vec<u8> {
        client.echo(body).await
    }
}

impl Hang for Tcp {
    async fn hang(client: &Client) {
        assert!(client.request(Request::Hang).await.is_err(), "nobody answers");
    }
}

impl Hang for Unix {
    async fn hang(client: &Client) {
        assert!(client.request(Request::Hang).await.is_err(), "nobody answers");
    }
}

impl Client {
    async fn request(&self, request: Request) -> Result<Answer, oneshot::error::RecvError> {
        let (sender, answer) = oneshot::channel();
        // If the connection is lost, so is the sender of the answer.
        let _ = self.0.send((request, sender)).await;
        answer.await
    }

    async fn add(&self, n: u64) -> u64 {
        match self.request(Request::Add(n)).await {
            Ok(Answer::Sum(sum)) => sum,
            _ => panic!("the server adds"),
        }
    }

    async fn echo(&self, body: Vec<u8>) -> Vec<u8> {
        match self.request(Request::Echo(Body(body))).await {
            Ok(Answer::Echo(body)) => body.0,
            _ => panic!("the server sends bodies back"),
        }
    }
}

/// Runs the client's end of a connection.
fn client(
    read: impl AsyncRead + Unpin + Send + 'static,
    mut write: impl AsyncWrite + Unpin + Send + 'static,
) -> Client {
    let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
    let (sender, mut requests) = mpsc::channel(QUEUE);
    let asked = waiting.clone();
    tokio::spawn(async move {
        let (mut batch, mut frames, mut id) = (Vec::new(), Vec::new(), 0);
        while requests.recv_many(&mut batch, QUEUE).await > 0 {
            if let Some(waiting) = &mut *asked.lock().expect("no panic") {
                for (request, sender) in batch.drain(..) {
                    id += 1;
                    waiting.insert(id, sender);
                    frame(&(id, request), &mut frames);
                }
            } else {
                return;
            }
            if write.write_all(&frames).await.is_err() {
                return;
            }
            clear(&mut frames);
        }
    });
    tokio::spawn(async move {
        let mut frames = Frames::new(read);
        // An error is the end of the connection, like the end of the stream.
        while let Ok(Some((id, answer))) = frames.next::<Numbered<Answer>>().await {
            let sender = waiting.lock().expect("no panic").as_mut().and_then(|all| all.remove(&id));
            if let Some(sender) = sender {
                // Whoever gave up does not miss it.
                let _ = sender.send(answer);
            }
        }
        waiting.lock().expect("no panic").take();
    });
    Client(sender)
}

/// Runs the server's end of a connection.
fn answer_all(
    read: impl AsyncRead + Unpin + Send + 'static,
    mut write: impl AsyncWrite + Unpin + Send + 'static,
) {
    let (sender, mut requests) = mpsc::channel::<Numbered<Request>>(QUEUE);
    tokio::spawn(async move {
        let mut frames = Frames::new(read);
        while let Ok(Some(item)) = frames.next().await {
            if sender.send(item).await.is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        let (mut batch, mut frames, mut value) = (Vec::new(), Vec::new(), 0);
        while requests.recv_many(&mut batch, QUEUE).await > 0 {
            for (id, request) in batch.drain(..) {
                match request {
                    Request::Add(n) => {
                        value += n;
                        frame(&(id, Answer::Sum(value)), &mut frames);
                    }
                    Request::Echo(body) => frame(&(id, Answer::Echo(body)), &mut frames),
                    Request::Hang => {}
                }
            }
            if write.write_all(&frames).await.is_err() {
                return;
            }
            clear(&mut frames);
        }
    });
}

/// Appends a frame.
fn frame<T: Serialize>(item: &T, frames: &mut Vec<u8>) {
    let start = frames.len();
    frames.extend_from_slice(&[0; LENGTH]);
    let mut whole = postcard::to_extend(item, std::mem::take(frames)).expect("it can be encoded");
    let length = (whole.len() - start - LENGTH) as u32;
    whole[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
    *frames = whole;
}

/// Empties a buffer, and gives back what only a large body needs.
fn clear(frames: &mut Vec<u8>) {
    frames.clear();
    frames.shrink_to(4 << 20);
}

/// Reads frames.
struct Frames<R> {
    read: R,
    received: BytesMut,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    fn new(read: R) -> Self {
        Self { read, received: BytesMut::new() }
    }

    /// Returns the next one; none at the end of the stream.
    async fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        loop {
            let length = self.received.first_chunk::<LENGTH>();
            let length = length.map(|length| LENGTH + u32::from_le_bytes(*length) as usize);
            if let Some(length) = length.filter(|length| self.received.len() >= *length) {
                let frame = self.received.split_to(length);
                let item = postcard::from_bytes(&frame[LENGTH..]);
                return Ok(Some(item.expect("the other side sends no nonsense")));
            }
            let missing = length.map_or(0, |length| length - self.received.len());
            self.received.reserve(missing.max(READ_SIZE));
            if self.read.read_buf(&mut self.received).await? == 0 {
                return Ok(None);
            }
        }
    }
}
