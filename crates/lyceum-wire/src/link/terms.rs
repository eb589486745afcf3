//! What two nodes agree on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Hello, Refusal, RefusalReason, SHORTEST_HEARTBEAT, SMALLEST_FRAME_LIMIT};
use crate::{CodecKind, Compression, Encoding, Fingerprint, Style};

/// What two nodes have agreed on. Both find the same from their hellos, and tell each other.
///
/// How much a node may send before more is granted is not in here: the other one's hello says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The newest version that both speak.
    pub version: u16,
    /// The codec, in the order of preference of the node with the smaller id.
    pub codec: CodecKind,
    /// The codec for what must be read by names: the same one, if it has names.
    pub named_codec: Option<CodecKind>,
    /// The compression, in the order of preference of the node with the smaller id.
    pub compression: Compression,
    /// How long frames may be.
    pub frame_limit: u32,
    /// How long bodies may be.
    pub message_limit: u64,
    /// How often each sends something.
    pub heartbeat: Duration,
}

/// Finds what two nodes agree on, whichever of them is called `mine`.
///
/// # Errors
///
/// Says what is missing. The refusal is meant to be sent, too.
///
/// ```
/// use lyceum_wire::link::{Hello, RefusalReason, agree};
/// use lyceum_wire::{CodecKind, NodeId};
///
/// let mine = Hello::new(NodeId::new(1)).codecs([CodecKind::Json]);
/// let mut theirs = Hello::new(NodeId::new(2));
/// assert_eq!(agree(&mine, &theirs)?.codec, CodecKind::Json);
///
/// theirs.codecs = vec!["pickle".into()];
/// assert_eq!(agree(&mine, &theirs).unwrap_err().reason, RefusalReason::Codec);
/// # Ok::<(), lyceum_wire::link::Refusal>(())
/// ```
pub fn agree(mine: &Hello, theirs: &Hello) -> Result<Terms, Refusal> {
    if mine.node == theirs.node {
        let text = format!("node {} cannot talk with itself", mine.node);
        return Err(Refusal::new(RefusalReason::SameNode, text));
    }
    let (first, second) = if mine.node < theirs.node { (mine, theirs) } else { (theirs, mine) };
    let codecs = common_codecs(first, second)?;
    Ok(Terms {
        version: common_version(first, second)?,
        codec: codecs[0],
        named_codec: codecs.iter().copied().find(|codec| codec.has_names()),
        compression: common_compression(first, second),
        frame_limit: common_frame_limit(first, second)?,
        message_limit: first.message_limit.min(second.message_limit),
        heartbeat: common_heartbeat(first, second)?,
    })
}

impl Terms {
    /// Returns how to encode for an action whose fingerprints at both ends are these.
    ///
    /// None, if the types differ and there is no codec that has names.
    pub fn encoding(&self, mine: Fingerprint, theirs: Fingerprint) -> Option<Encoding> {
        match mine.style_with(theirs) {
            Style::Positional => {
                Some(Encoding::new(self.codec, Style::Positional).compressed(self.compression))
            }
            Style::SelfDescribing => self.named_encoding(),
        }
    }

    /// Returns how to encode for who has no type, or for a type that needs names.
    pub fn named_encoding(&self) -> Option<Encoding> {
        let encoding = Encoding::new(self.named_codec?, Style::SelfDescribing);
        Some(encoding.compressed(self.compression))
    }
}

fn common_version(first: &Hello, second: &Hello) -> Result<u16, Refusal> {
    let newest = first.versions.newest.min(second.versions.newest);
    let oldest = first.versions.oldest.max(second.versions.oldest);
    if newest < oldest {
        let text = format!(
            "cannot agree on a version: node {} speaks {}, node {} speaks {}",
            first.node, first.versions, second.node, second.versions
        );
        return Err(Refusal::new(RefusalReason::Version, text));
    }
    Ok(newest)
}

/// Returns the codecs that both have, one at least. Names that are not known here are left out.
fn common_codecs(first: &Hello, second: &Hello) -> Result<Vec<CodecKind>, Refusal> {
    let common: Vec<CodecKind> = first
        .codecs
        .iter()
        .filter(|name| second.codecs.contains(name))
        .filter_map(|name| name.parse().ok())
        .collect();
    if common.is_empty() {
        let text = format!(
            "cannot agree on a codec: node {} has {}, node {} has {}",
            first.node,
            list(&first.codecs),
            second.node,
            list(&second.codecs)
        );
        return Err(Refusal::new(RefusalReason::Codec, text));
    }
    Ok(common)
}

fn common_compression(first: &Hello, second: &Hello) -> Compression {
    let common = first.compressions.iter().filter(|name| second.compressions.contains(name));
    common.filter_map(|name| name.parse().ok()).next().unwrap_or_default()
}

fn common_frame_limit(first: &Hello, second: &Hello) -> Result<u32, Refusal> {
    let limit = first.frame_limit.min(second.frame_limit);
    if limit < SMALLEST_FRAME_LIMIT {
        let text = format!(
            "cannot work with frames of {limit} bytes: expected at least {SMALLEST_FRAME_LIMIT}"
        );
        return Err(Refusal::new(RefusalReason::Limits, text));
    }
    Ok(limit)
}

fn common_heartbeat(first: &Hello, second: &Hello) -> Result<Duration, Refusal> {
    let heartbeat = first.heartbeat.min(second.heartbeat);
    if heartbeat < SHORTEST_HEARTBEAT {
        let text = format!(
            "cannot keep up a heartbeat of {heartbeat:?}: expected at least {SHORTEST_HEARTBEAT:?}"
        );
        return Err(Refusal::new(RefusalReason::Limits, text));
    }
    Ok(heartbeat)
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
