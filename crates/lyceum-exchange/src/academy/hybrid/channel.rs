//! One direct connection to another program, on which this side only writes.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::frame;
use crate::transport::tcp::tune;

/// How long it may take until somebody answers there.
pub(super) const DIAL_LIMIT: Duration = Duration::from_secs(1);

/// Bytes that wait to be written; more wait elsewhere.
const QUEUE_BYTES: usize = 16 << 20;

/// Bytes that are written together, if messages are small.
const WRITE_BYTES: usize = 256 << 10;

/// Bytes of a message that is written by itself.
const LARGE: usize = 64 << 10;

/// How long the other side may read nothing.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// One direct connection.
#[derive(Debug)]
pub(super) struct Channel {
    address: String,
    state: Mutex<State>,
    /// Wakes the writer.
    waiting: Notify,
    /// Wakes who waits for room, or for the end.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<String>,
    bytes: usize,
    is_over: bool,
    /// Wakes who reads what the other program sends: it may answer soon.
    reader: Weak<Notify>,
}

impl Channel {
    /// Connects to an address, as `HOST:PORT`.
    pub(super) async fn dial(address: &str) -> io::Result<(Arc<Self>, TcpStream)> {
        let stream = timeout(DIAL_LIMIT, TcpStream::connect(address)).await;
        let stream = stream.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        tune(&stream)?;
        let (waiting, changed) = (Notify::new(), Notify::new());
        let (address, state) = (address.into(), Mutex::default());
        let channel = Self { address, state, waiting, changed };
        Ok((Arc::new(channel), stream))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Says who reads what the other program sends.
    pub(super) fn is_answered_to(&self, reader: &Arc<Notify>) {
        self.lock().reader = Arc::downgrade(reader);
    }

    /// Lets a message go after those before it; gives it back if there is no room, or no connection
    /// any more.
    pub(super) fn push(&self, message: String) -> Result<(), String> {
        let mut state = self.lock();
        if state.is_over || (state.bytes > 0 && state.bytes + message.len() > QUEUE_BYTES) {
            return Err(message);
        }
        state.bytes += message.len();
        state.queue.push_back(message);
        drop(state);
        self.waiting.notify_one();
        Ok(())
    }

    /// Waits until there may be room, or the connection is over.
    pub(super) async fn changed(&self) {
        let changed = self.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        {
            let state = self.lock();
            if state.is_over || state.bytes < QUEUE_BYTES / 2 {
                return;
            }
        }
        changed.await;
    }

    /// Writes until the other side is gone.
    pub(super) async fn drive(&self, mut stream: TcpStream) {
        let (mut reader, mut writer) = stream.split();
        let mut nothing = [0; 64];
        let writing = async {
            let mut buffer = Vec::new();
            loop {
                while let Some(large) = self.fill(&mut buffer) {
                    for part in [&*buffer, large.as_bytes()] {
                        match timeout(WRITE_LIMIT, writer.write_all(part)).await {
                            Ok(Ok(())) => {}
                            _ => return,
                        }
                    }
                    self.changed.notify_waiters();
                }
                let reader = self.lock().reader.upgrade();
                if let Some(reader) = reader {
                    reader.notify_one();
                }
                self.waiting.notified().await;
            }
        };
        let reading = async {
            // Nothing ever comes but the end.
            while reader.read(&mut nothing).await.is_ok_and(|count| count > 0) {}
        };
        tokio::select! {
            () = writing => {}
            () = reading => {}
        }
        // Whether what is left arrived is not known: what was in the queue did not, but whoever
        // sent it waits for an answer, and is told with the others.
        self.lock().is_over = true;
        self.changed.notify_waiters();
    }

    /// Takes what is written next: small messages together, and after them a large one, which is
    /// not copied; `None` if there is nothing.
    fn fill(&self, buffer: &mut Vec<u8>) -> Option<String> {
        buffer.clear();
        let mut state = self.lock();
        while buffer.len() < WRITE_BYTES {
            let Some(message) = state.queue.pop_front() else { break };
            state.bytes -= message.len();
            if message.len() > LARGE {
                frame::write_length(buffer, &message);
                return Some(message);
            }
            frame::write(buffer, &message);
        }
        (!buffer.is_empty()).then(String::new)
    }
}
