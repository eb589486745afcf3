//! What a pool and its processes tell each other: lines of JSON over a socket.

use std::io;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::Ticket;
use crate::launcher::Exit;

/// A longer line is none that a pool or its processes write.
const LINE_LIMIT: usize = 64 * 1024 * 1024;

/// What a pool tells one of its processes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Launch the agent of a ticket, which goes by this number from then on.
    Launch { number: u64, ticket: Box<Ticket> },
    /// Let an agent finish what it has begun.
    Terminate { number: u64 },
    /// End an agent at once.
    Kill { number: u64 },
}

/// What a process tells its pool: an agent ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) number: u64,
    pub(crate) exit: Exit,
}

/// Reads the next line into a buffer that is empty or holds its beginning; false at the end.
///
/// # Errors
///
/// The line is too long, or the socket is broken.
///
/// # Cancel safety
///
/// What was read is in the buffer.
pub(crate) async fn read_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> io::Result<bool> {
    let room = (LINE_LIMIT - line.len()) as u64;
    let read = reader.take(room).read_until(b'\n', line).await?;
    match (line.last(), read) {
        (Some(b'\n'), _) => Ok(true),
        (_, 0) => Ok(false),
        _ if line.len() >= LINE_LIMIT => Err(io::Error::other("a line is too long")),
        _ => Ok(false),
    }
}
