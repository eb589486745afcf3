//! Codecs: messages to payloads and back.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::aiomas::{
    DecodeError, EncodeError, Limits, Message, MessageFault, Packet, SyntaxError, Value, blosc,
    json, msgpack,
};

/// How payloads are written. Both sides must have the same codec; nothing on the wire says which.
///
/// ```
/// use lyceum_wire::aiomas::{Codec, Limits, Message};
///
/// let message = Message::Result { id: 1.into(), value: "hi".into() };
/// for codec in Codec::ALL {
///     let payload = codec.encode(&message)?;
///     assert_eq!(codec.decode(&payload, Limits::default())?, message);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Codec {
    /// JSON, which every peer has.
    #[default]
    Json,
    /// MsgPack.
    MsgPack,
    /// MsgPack in a Blosc chunk. What is written here is never compressed.
    MsgPackBlosc,
}

/// Says that a text names no codec.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot read `{0}` as a codec: expected json, msgpack or msgpack-blosc")]
pub struct ParseCodecError(String);

impl Codec {
    /// Every codec.
    pub const ALL: [Self; 3] = [Self::Json, Self::MsgPack, Self::MsgPackBlosc];

    /// Returns the name, as addresses have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::MsgPack => "msgpack",
            Self::MsgPackBlosc => "msgpack-blosc",
        }
    }

    /// Writes a message as a payload.
    ///
    /// # Errors
    ///
    /// The codec may lack what a value in the message needs.
    pub fn encode(self, message: &Message) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::Json => json::write_message(message),
            Self::MsgPack => msgpack::write_message(message),
            Self::MsgPackBlosc => blosc::store(&msgpack::write_message(message)?),
        }
    }

    /// Writes a value as a payload, for channels that do not carry calls.
    ///
    /// # Errors
    ///
    /// The codec may lack what the value needs.
    pub fn encode_value(self, value: &Value) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::Json => json::write_value(value),
            Self::MsgPack => msgpack::write_value(value),
            Self::MsgPackBlosc => blosc::store(&msgpack::write_value(value)?),
        }
    }

    /// Writes a packet as a payload, for channels that do not carry calls.
    ///
    /// # Errors
    ///
    /// The codec may lack what the content needs.
    pub fn encode_packet(self, packet: Packet) -> Result<Vec<u8>, EncodeError> {
        self.encode_value(&packet.into_value())
    }

    /// Reads the message of a payload.
    ///
    /// # Errors
    ///
    /// The error knows the id, if it could be read, and [what to answer](DecodeError::answer).
    pub fn decode(self, payload: &[u8], limits: Limits) -> Result<Message, DecodeError> {
        self.decode_packet(payload, limits)?.try_into()
    }

    /// Reads the packet of a payload, for channels that do not carry calls.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode), but any content is right.
    pub fn decode_packet(self, payload: &[u8], limits: Limits) -> Result<Packet, DecodeError> {
        let plain = self.unpack(payload, limits).map_err(DecodeError::Payload)?;
        let error = match self.read(&plain, limits) {
            Ok(value) => return Packet::read(value),
            Err(error) => error,
        };
        match self.read_head(&plain, limits) {
            Ok([number, id]) => Err(DecodeError::new(&number, id, MessageFault::Syntax(error))),
            Err(_) => Err(DecodeError::Payload(error)),
        }
    }

    /// Reads the value of a payload, for channels that do not carry calls.
    ///
    /// # Errors
    ///
    /// The error knows the place where the payload is not what the codec writes.
    pub fn decode_value(self, payload: &[u8], limits: Limits) -> Result<Value, SyntaxError> {
        self.read(&self.unpack(payload, limits)?, limits)
    }

    /// Returns the payload as it was before it was compressed.
    fn unpack(self, payload: &[u8], limits: Limits) -> Result<Cow<'_, [u8]>, SyntaxError> {
        let (length, limit) = (payload.len(), limits.payload);
        if length > limit {
            return Err(SyntaxError::TooLong { length, limit });
        }
        Ok(match self {
            Self::Json | Self::MsgPack => payload.into(),
            Self::MsgPackBlosc => blosc::uncompress(payload, limit)?.into(),
        })
    }

    fn read(self, plain: &[u8], limits: Limits) -> Result<Value, SyntaxError> {
        match self {
            Self::Json => json::Reader::new(plain, limits).payload(),
            Self::MsgPack | Self::MsgPackBlosc => msgpack::Reader::new(plain, limits).payload(),
        }
    }

    /// Reads type and id of a message whose content cannot be read.
    fn read_head(self, plain: &[u8], limits: Limits) -> Result<[Value; 2], SyntaxError> {
        match self {
            Self::Json => json::Reader::new(plain, limits).head(),
            Self::MsgPack | Self::MsgPackBlosc => msgpack::Reader::new(plain, limits).head(),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Codec {
    type Err = ParseCodecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|codec| codec.name() == text);
        named.ok_or_else(|| ParseCodecError(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aiomas::Map;

    #[test]
    fn codecs_are_known_by_their_names() {
        for codec in Codec::ALL {
            assert_eq!(codec.to_string().parse(), Ok(codec));
        }
        let error = "MsgPack".parse::<Codec>().unwrap_err().to_string();
        assert!(error.contains("expected json, msgpack or msgpack-blosc"), "{error}");
    }

    #[test]
    fn payload_over_the_limit_is_refused() {
        let limits = Limits { payload: 3, ..Limits::default() };
        for codec in Codec::ALL {
            let error = codec.decode_value(&[0; 4], limits).unwrap_err();
            assert_eq!(error, SyntaxError::TooLong { length: 4, limit: 3 });
        }
    }

    #[test]
    fn payload_of_too_many_values_is_refused() {
        let value = Value::from(vec![Map::from([("a", 1.into())]).into(), Value::Null]);
        for codec in Codec::ALL {
            let payload = codec.encode_value(&value).unwrap();
            let decode =
                |values| codec.decode_value(&payload, Limits { values, ..Limits::default() });
            assert_eq!(decode(5).as_ref(), Ok(&value));
            assert_eq!(decode(3), Err(SyntaxError::TooMany { limit: 3 }));
        }
    }

    #[test]
    fn compressed_payload_is_limited_in_both_forms() {
        let payload = Codec::MsgPackBlosc.encode_value(&"x".repeat(100).into()).unwrap();
        let limits = Limits { payload: 102, ..Limits::default() };
        assert!(Codec::MsgPackBlosc.decode_value(&payload, limits).is_err(), "118 bytes came");
        let limits = Limits { payload: 118, ..Limits::default() };
        assert!(Codec::MsgPackBlosc.decode_value(&payload, limits).is_ok());
    }

    #[test]
    fn deepest_value_comes_back_and_a_deeper_one_is_not_written() {
        let deep = |depth: usize| (0..depth).fold(Value::Null, |value, _| vec![value].into());
        let limits = Limits { nesting: 255, ..Limits::default() };
        for codec in Codec::ALL {
            let payload = codec.encode_value(&deep(255)).unwrap();
            assert_eq!(codec.decode_value(&payload, limits), Ok(deep(255)));
            assert_eq!(codec.encode_value(&deep(256)), Err(EncodeError::Nesting));
        }
    }
}
