//! Limits: how much of a peer's input is taken.

/// The longest payload that is taken, unless set.
///
/// It is larger than between Lyceum's own nodes, since aiomas cannot send a body in pieces.
pub const PAYLOAD_LIMIT: usize = 16 * 1024 * 1024;

/// The deepest nesting of lists and maps that is taken, unless set.
pub const NESTING_LIMIT: u8 = 64;

/// The most values in a payload that are taken, unless set.
///
/// In memory a value takes up to 100 times what it takes on the wire. The limit lets through a
/// payload of the longest length that is a list of floats in MsgPack.
pub const VALUE_LIMIT: usize = 2 * 1024 * 1024;

/// The deepest nesting of lists and maps that is written.
pub(crate) const WRITTEN_NESTING: u8 = u8::MAX;

/// How much of a peer's input is taken. All of it is checked before memory is taken.
///
/// ```
/// use lyceum_wire::aiomas::{Codec, Limits};
///
/// let limits = Limits { nesting: 2, ..Limits::default() };
/// assert!(Codec::Json.decode_value(b"[[1]]", limits).is_ok());
/// assert!(Codec::Json.decode_value(b"[[[1]]]", limits).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a payload, both as it came and uncompressed.
    pub payload: usize,
    /// How deep lists and maps may lie in each other. A call's arguments lie three deep already.
    pub nesting: u8,
    /// How many values there may be, lists and maps and what is in them.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { payload: PAYLOAD_LIMIT, nesting: NESTING_LIMIT, values: VALUE_LIMIT }
    }
}
