//! The handshake: who is there, and what both can.

use std::io;

use bytes::{Buf, BytesMut};
use lyceum_wire::link::{
    Decoder, Encoder, Frame, HANDSHAKE_FRAME_LIMIT, Head, Hello, LinkError, PREFACE, Refusal,
    Terms, agree,
};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::transport::ByteStream;

/// A byte stream whose ends know each other.
pub(crate) struct Handshaken {
    pub(super) stream: Box<dyn ByteStream>,
    pub(super) terms: Terms,
    pub(crate) theirs: Hello,
    pub(super) decoder: Decoder,
    /// What came in after the handshake.
    pub(super) received: BytesMut,
    pub(super) dialed: bool,
}

/// Says why a handshake failed.
#[derive(Debug, Error)]
pub(crate) enum HandshakeError {
    /// The bytes stopped.
    #[error("the byte stream ended in the handshake")]
    Io(#[from] io::Error),
    /// The other side does not speak this wire.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// This node does not want the other one.
    #[error(transparent)]
    Refused(Refusal),
    /// The other node does not want this one.
    #[error("the other node refused: {0}")]
    RefusedThere(Refusal),
    /// The other side said something else.
    #[error("expected {expected} from the other node, found {found}")]
    Unexpected { expected: &'static str, found: &'static str },
}

/// Greets the other side. `accept` has the last word on whom this node wants.
pub(crate) async fn greet(
    mut stream: Box<dyn ByteStream>,
    mine: &Hello,
    dialed: bool,
    accept: impl FnOnce(&Hello) -> Result<(), Refusal> + Send,
) -> Result<Handshaken, HandshakeError> {
    let mut greeting = BytesMut::from(&PREFACE[..]);
    let encoder = Encoder::new(HANDSHAKE_FRAME_LIMIT);
    encoder.encode(&Head::Hello(Box::new(mine.clone())), &[], &mut greeting)?;
    stream.write_all(&greeting).await?;
    stream.flush().await?;

    let (mut decoder, mut received) = (Decoder::new(), BytesMut::new());
    let theirs = match next(&mut stream, &mut decoder, &mut received).await?.head {
        Head::Hello(hello) => *hello,
        other => return Err(unexpected("a hello", &other)),
    };
    let terms = agree(mine, &theirs).and_then(|terms| accept(&theirs).map(|()| terms));
    let mut reply = BytesMut::new();
    let head = match &terms {
        Ok(terms) => Head::Welcome(Box::new(terms.clone())),
        Err(refusal) => Head::Refused(refusal.clone()),
    };
    encoder.encode(&head, &[], &mut reply)?;
    stream.write_all(&reply).await?;
    stream.flush().await?;
    let terms = match terms {
        Ok(terms) => terms,
        Err(refusal) => {
            // Let it read why, if it still does.
            let _ = stream.shutdown().await;
            return Err(HandshakeError::Refused(refusal));
        }
    };
    match next(&mut stream, &mut decoder, &mut received).await?.head {
        Head::Welcome(_) => {}
        Head::Refused(refusal) => return Err(HandshakeError::RefusedThere(refusal)),
        other => return Err(unexpected("a welcome", &other)),
    }
    decoder.set_frame_limit(terms.frame_limit);
    Ok(Handshaken { stream, terms, theirs, decoder, received, dialed })
}

async fn next(
    stream: &mut Box<dyn ByteStream>,
    decoder: &mut Decoder,
    received: &mut BytesMut,
) -> Result<Frame, HandshakeError> {
    loop {
        if let Some(frame) = decoder.decode(received)? {
            return Ok(frame);
        }
        if stream.read_buf(received).await? == 0 {
            let ended = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(HandshakeError::Io(ended));
        }
        debug_assert!(received.has_remaining(), "something was read");
    }
}

fn unexpected(expected: &'static str, found: &Head) -> HandshakeError {
    HandshakeError::Unexpected { expected, found: found.name() }
}
