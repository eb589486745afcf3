//! Packets: messages whose content may be anything.

use crate::aiomas::message::{EXCEPTION, REQUEST, RESULT};
use crate::aiomas::{DecodeError, Message, MessageFault, Value};

/// What one side says to the other: `[type, id, content]`, whatever the content is.
///
/// A channel that does not carry calls has these. Of one that does, a [`Message`] can be made.
///
/// ```
/// use lyceum_wire::aiomas::{Codec, Limits, Packet, PacketKind};
///
/// let packet = Codec::Json.decode_packet(b"[0, 7, [\"ping\"]]", Limits::default())?;
/// assert_eq!((packet.kind, &packet.id), (PacketKind::Request, &7.into()));
///
/// let answer = Packet { kind: PacketKind::Result, content: "pong".into(), ..packet };
/// assert_eq!(Codec::Json.encode_packet(answer)?, b"[1, 7, \"pong\"]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// What it is.
    pub kind: PacketKind,
    /// Chosen by who sends a request, and given back with the answer.
    pub id: Value,
    /// What is asked or answered.
    pub content: Value,
}

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketKind {
    /// Something is asked.
    Request,
    /// The answer to what was asked.
    Result,
    /// Why there is no such answer.
    Exception,
}

impl PacketKind {
    fn of(number: u8) -> Option<Self> {
        match number {
            REQUEST => Some(Self::Request),
            RESULT => Some(Self::Result),
            EXCEPTION => Some(Self::Exception),
            _ => None,
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Request => REQUEST,
            Self::Result => RESULT,
            Self::Exception => EXCEPTION,
        }
    }
}

impl Packet {
    /// Takes a decoded payload apart.
    pub(crate) fn read(value: Value) -> Result<Self, DecodeError> {
        let kind = value.kind();
        let Value::List(parts) = value else { return Err(DecodeError::NoMessage { kind }) };
        let count = parts.len();
        let mut parts = parts.into_iter();
        let (Some(number), Some(id)) = (parts.next(), parts.next()) else {
            return Err(DecodeError::NoMessage { kind: "shorter list" });
        };
        match (parts.next(), count, type_number(&number).and_then(PacketKind::of)) {
            (Some(content), 3, Some(kind)) => Ok(Self { kind, id, content }),
            (_, 3, _) => Err(DecodeError::Request { id, source: MessageFault::Type }),
            _ => Err(DecodeError::new(&number, id, MessageFault::Parts { count })),
        }
    }

    /// Puts the payload together.
    pub(crate) fn into_value(self) -> Value {
        vec![self.kind.number().into(), self.id, self.content].into()
    }
}

/// Returns the number of a message's type, if it has room in a byte.
pub(crate) fn type_number(value: &Value) -> Option<u8> {
    match value {
        Value::Int(number) => u8::try_from(number.as_i64()?).ok(),
        _ => None,
    }
}

impl TryFrom<Packet> for Message {
    type Error = DecodeError;

    /// Reads the content: of a request, path and arguments.
    fn try_from(packet: Packet) -> Result<Self, Self::Error> {
        let Packet { kind, id, content } = packet;
        match kind {
            PacketKind::Request => Self::request(id, content),
            PacketKind::Result => Ok(Self::Result { id, value: content }),
            PacketKind::Exception => Ok(Self::exception(id, content)),
        }
    }
}
