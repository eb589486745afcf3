//! The limits of a link, each with its name.

use std::time::Duration;

/// What both sides send first, so that a stranger is told apart at once. The last byte is the
/// version of the framing; what the frames mean has [versions](super::VersionRange) of its own.
pub const PREFACE: [u8; 8] = *b"LYCEUM\x00\x01";

/// The version of the frames' meaning that this program speaks.
pub const VERSION: u16 = 1;

/// How long a frame may be, unless two nodes agree on less.
pub const FRAME_LIMIT: u32 = 1 << 20;

/// The least that a node may ask of the other: a head and a chunk must fit.
pub const SMALLEST_FRAME_LIMIT: u32 = 256 << 10;

/// How long a frame may be before two nodes have agreed: the handshake has no bodies.
pub const HANDSHAKE_FRAME_LIMIT: u32 = HEAD_LIMIT as u32;

/// How long the head of a frame may be.
pub const HEAD_LIMIT: usize = 64 << 10;

/// How long a body may be to travel in one frame. Larger ones are sent in chunks of this size.
pub const CHUNK_SIZE: usize = 64 << 10;

/// From how many bytes on the memory of a body that has gone out is handed back by itself, since
/// it takes long to give it back.
pub const SPENT_SIZE: u64 = 4 << 20;

/// How long a body may be, unless two nodes agree on less. All large bodies under way in one
/// direction share it, so that it also bounds what a peer makes a node hold.
pub const MESSAGE_LIMIT: u64 = 256 << 20;

/// How many large bodies may be under way at once in one direction.
pub const BODIES_UNDER_WAY: usize = 16;

/// How many calls a node takes on before it grants more, unless it says otherwise.
pub const CALL_WINDOW: u32 = 4096;

/// How many bytes of calls a node takes on before it grants more, unless it says otherwise.
pub const BYTE_WINDOW: u64 = 64 << 20;

/// How often a node sends a ping when there is nothing else to send.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// The least that a node may ask of the other as a heartbeat.
pub const SHORTEST_HEARTBEAT: Duration = Duration::from_millis(10);

/// How many calls may wait for each other.
pub const CHAIN_LIMIT: usize = 64;

/// How long the name of an action, a type, an interface, a flag or an attribute may be.
pub const NAME_LIMIT: usize = 256;

/// How long a topic or a pattern may be.
pub const TOPIC_LIMIT: usize = 255;

/// How many patterns may be added or removed in one frame.
pub const PATTERN_COUNT_LIMIT: usize = 200;

/// How long a text that explains something may be; longer ones are cut.
pub const TEXT_LIMIT: usize = 4096;

/// How many codecs or compressions a node may offer.
pub const OFFER_LIMIT: usize = 16;

/// How long the name of a codec or a compression may be.
pub const OFFER_NAME_LIMIT: usize = 32;

/// How many addresses a node may say that it listens at.
pub const ENDPOINT_COUNT_LIMIT: usize = 16;

/// How long such an address may be.
pub const ENDPOINT_LIMIT: usize = 2048;

/// How long a token may be.
pub const TOKEN_LIMIT: usize = 4096;

/// How many attributes a search may ask for.
pub const ATTRIBUTE_COUNT_LIMIT: usize = 16;

/// How many messages wait to go out over one channel, unless set.
pub const OUTBOX_MESSAGE_LIMIT: usize = 8192;

/// How many bytes of small messages wait to go out over one channel, unless set.
pub const OUTBOX_BYTE_LIMIT: usize = 4 << 20;

/// How many bytes of large bodies wait to go out over one channel, unless set.
pub const OUTBOX_LARGE_BYTE_LIMIT: usize = 256 << 20;

/// How many messages that keep a channel going are let into a full outbox.
pub const CONTROL_RESERVE: usize = 1024;
