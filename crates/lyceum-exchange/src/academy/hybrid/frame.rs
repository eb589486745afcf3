//! The frames of direct connections: four bytes with the length, the highest first, and a message.

use std::io;

use lyceum_wire::academy::{Message, Unread};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much room a frame is given before any of it has come.
const FIRST_ROOM: usize = 64 << 10;

/// Reads the length of the next frame; `None` at the end of the stream.
///
/// # Errors
///
/// The stream ends within it, or announces more than the limit.
pub(super) async fn length(
    stream: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> io::Result<Option<usize>> {
    let mut bytes = [0; 4];
    let mut filled = 0;
    while filled < bytes.len() {
        match stream.read(&mut bytes[filled..]).await? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    let length = u32::from_be_bytes(bytes) as usize;
    if length > limit {
        let text = format!("a message of {length} bytes, where at most {limit} are taken");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(Some(length))
}

/// Reads a frame of that length. It takes as much memory as has come, and not what was announced.
///
/// # Errors
///
/// The stream ends within it.
pub(super) async fn body(
    stream: &mut (impl AsyncRead + Unpin),
    length: usize,
) -> io::Result<Vec<u8>> {
    let mut frame = Vec::with_capacity(length.min(FIRST_ROOM));
    stream.take(length as u64).read_to_end(&mut frame).await?;
    if frame.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(frame)
}

/// Reads all frames of a stream, for whoever tries what becomes of any bytes: the messages, and
/// `None` for each frame that is whole and has none; and why the stream is not read on.
pub async fn direct_messages(
    stream: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> (Vec<Option<Message<Unread>>>, io::Result<()>) {
    let mut found = Vec::new();
    loop {
        let read = match length(stream, limit).await {
            Ok(None) => return (found, Ok(())),
            Ok(Some(length)) => body(stream, length).await,
            Err(error) => Err(error),
        };
        match read {
            Ok(bytes) => found.push(Message::read(&bytes).ok()),
            Err(error) => return (found, Err(error)),
        }
    }
}

/// Writes a frame behind others.
pub(super) fn write(buffer: &mut Vec<u8>, message: &str) {
    write_length(buffer, message);
    buffer.extend_from_slice(message.as_bytes());
}

/// Writes what stands before a message.
pub(super) fn write_length(buffer: &mut Vec<u8>, message: &str) {
    let length = u32::try_from(message.len()).expect("messages are limited to less");
    buffer.extend_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(mut bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
        match length(&mut bytes, 8).await? {
            Some(length) => body(&mut bytes, length).await.map(Some),
            None => Ok(None),
        }
    }

    #[tokio::test]
    async fn frames_are_read_whole_or_not_at_all() {
        let mut frame = Vec::new();
        write(&mut frame, "hello");
        assert_eq!(frame, b"\0\0\0\x05hello");
        assert_eq!(read(&frame).await.unwrap().unwrap(), b"hello");
        assert!(read(&[]).await.unwrap().is_none());
        for end in 1..frame.len() {
            let error = read(&frame[..end]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end}");
        }
        assert!(read(&[255; 4]).await.unwrap_err().to_string().contains("4294967295 bytes"));
    }
}
