//! The handshake: what two nodes say of themselves, and how one refuses the other.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{BYTE_WINDOW, CALL_WINDOW, FRAME_LIMIT, HEARTBEAT, MESSAGE_LIMIT, Text, VERSION};
use crate::{CodecKind, Compression, NodeId};

/// What a node says of itself, right after the preface. Both sides send one at once.
///
/// ```
/// use lyceum_wire::NodeId;
/// use lyceum_wire::link::{Hello, agree};
///
/// let (mine, theirs) = (Hello::new(NodeId::new(1)), Hello::new(NodeId::new(2)));
/// assert_eq!(agree(&mine, &theirs), agree(&theirs, &mine));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Which versions it speaks.
    pub versions: VersionRange,
    /// Its id.
    pub node: NodeId,
    /// The names of the codecs that it has, the dearest first.
    pub codecs: Vec<String>,
    /// The names of the compressions that it wants, the dearest first; empty for none.
    pub compressions: Vec<String>,
    /// How long the frames may be that it receives.
    pub frame_limit: u32,
    /// How long the bodies may be that it receives.
    pub message_limit: u64,
    /// How many calls it takes on before it grants more.
    pub call_window: u32,
    /// How many bytes of calls it takes on before it grants more.
    pub byte_window: u64,
    /// The addresses that it listens at, as URLs.
    pub endpoints: Vec<String>,
    /// Identifies the machine and its network namespace, so that two nodes on one machine find out
    /// that they can use a socket of the machine. Zeros if it does not say.
    pub host: [u8; 16],
    /// How often it wants to hear something.
    pub heartbeat: Duration,
    /// Proves that it may connect.
    pub token: Option<Token>,
}

/// The versions of the frames' meaning that a node speaks, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VersionRange {
    /// The oldest.
    pub oldest: u16,
    /// The newest.
    pub newest: u16,
}

/// A secret that a node shows. It is not written into logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

/// Says why a node does not talk with another one. It is sent, and is an error here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{text}")]
pub struct Refusal {
    /// The reason.
    pub reason: RefusalReason,
    /// What was expected.
    pub text: Text,
}

/// Why a node does not talk with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RefusalReason {
    /// They have no version in common.
    Version,
    /// They have no codec in common.
    Codec,
    /// A limit is too small to work with.
    Limits,
    /// They are one and the same node.
    SameNode,
    /// The token, or the lack of one.
    Unauthorized,
    /// There are two channels between them already, or one that is kept.
    Duplicate,
    /// It has too many channels.
    TooManyChannels,
    /// It is about to stop.
    Stopping,
}

impl Hello {
    /// Makes a hello with the usual limits and what this program was built with.
    pub fn new(node: NodeId) -> Self {
        Self {
            versions: VersionRange { oldest: VERSION, newest: VERSION },
            node,
            codecs: CodecKind::built_in().map(|codec| codec.name().into()).collect(),
            compressions: Vec::new(),
            frame_limit: FRAME_LIMIT,
            message_limit: MESSAGE_LIMIT,
            call_window: CALL_WINDOW,
            byte_window: BYTE_WINDOW,
            endpoints: Vec::new(),
            host: [0; 16],
            heartbeat: HEARTBEAT,
            token: None,
        }
    }

    /// Offers these codecs, the dearest first.
    #[must_use]
    pub fn codecs(mut self, codecs: impl IntoIterator<Item = CodecKind>) -> Self {
        self.codecs = codecs.into_iter().map(|codec| codec.name().into()).collect();
        self
    }

    /// Wants these compressions, the dearest first.
    #[must_use]
    pub fn compressions(mut self, compressions: impl IntoIterator<Item = Compression>) -> Self {
        self.compressions = compressions.into_iter().map(|kind| kind.name().into()).collect();
        self
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.oldest, self.newest)
    }
}

impl Token {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Returns the secret.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Returns whether the other one is the same, in a time that does not tell how much of it is.
    pub fn matches(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), other.0.as_bytes());
        let difference = ours.iter().zip(theirs).fold(0, |sum, (one, two)| sum | (one ^ two));
        ours.len() == theirs.len() && std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Refusal {
    /// Makes a refusal.
    pub fn new(reason: RefusalReason, text: impl Into<String>) -> Self {
        Self { reason, text: Text::new(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        let mut hello = Hello::new(NodeId::new(1));
        hello.token = Some(Token::new("swordfish"));

        assert!(!format!("{hello:?}").contains("swordfish"));
    }

    #[test]
    fn a_token_matches_itself_only() {
        let token = Token::new("swordfish");

        assert!(token.matches(&Token::new("swordfish")));
        for other in ["", "swordfisj", "swordfish "] {
            assert!(!token.matches(&Token::new(other)), "{other}");
        }
    }
}
