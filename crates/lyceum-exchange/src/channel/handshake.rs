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

/// A byte stream whose ends have greeted each other. Neither has said yet that it wants the other.
pub(crate) struct Met {
    stream: Box<dyn ByteStream>,
    terms: Terms,
    pub(crate) theirs: Hello,
    decoder: Decoder,
    received: BytesMut,
}

/// Greets the other side.
pub(crate) async fn greet(
    mut stream: Box<dyn ByteStream>,
    mine: &Hello,
) -> Result<Met, HandshakeError> {
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
    match agree(mine, &theirs) {
        Ok(terms) => Ok(Met { stream, terms, theirs, decoder, received }),
        Err(refusal) => {
            // If it does not want to know why, that is its affair.
            let _ = refuse(stream, &refusal).await;
            Err(HandshakeError::Refused(refusal))
        }
    }
}

impl Met {
    /// Says that this node wants the other one, and waits for the same. Until then, calls of this
    /// node go elsewhere.
    pub(crate) async fn welcome(&mut self) -> Result<(), HandshakeError> {
        // If it has closed the stream already, it has said why.
        let said = say(&mut self.stream, &Head::Welcome(Box::new(self.terms.clone()))).await;
        match next(&mut self.stream, &mut self.decoder, &mut self.received).await?.head {
            Head::Welcome(_) => said,
            Head::Refused(refusal) => Err(HandshakeError::RefusedThere(refusal)),
            other => Err(unexpected("a welcome", &other)),
        }
    }

    /// Says that this node does not want the other one, and waits until that has let go of the
    /// stream.
    pub(crate) async fn refuse(self, refusal: &Refusal) -> Result<(), HandshakeError> {
        refuse(self.stream, refusal).await
    }

    /// Returns what is used as a channel, once both are welcome.
    pub(crate) fn handshaken(self) -> Handshaken {
        let Self { stream, terms, theirs, mut decoder, received } = self;
        decoder.set_frame_limit(terms.frame_limit);
        Handshaken { stream, terms, theirs, decoder, received }
    }
}

/// Says no, and waits until the other side has let go of the stream: bytes that nobody has read
/// would make the system throw away what was said.
async fn refuse(mut stream: Box<dyn ByteStream>, refusal: &Refusal) -> Result<(), HandshakeError> {
    say(&mut stream, &Head::Refused(refusal.clone())).await?;
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn say(stream: &mut Box<dyn ByteStream>, head: &Head) -> Result<(), HandshakeError> {
    let mut said = BytesMut::new();
    Encoder::new(HANDSHAKE_FRAME_LIMIT).encode(head, &[], &mut said)?;
    stream.write_all(&said).await?;
    stream.flush().await?;
    Ok(())
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
