//! What a target must be able to do to be measured.

use serde::{Deserialize, Serialize};

/// Both ends of one way of reaching an agent, actor or service of another process: it has a
/// number, adds to it what it is sent, and sends bodies back.
pub trait Remote: 'static {
    /// What the server needs while it serves.
    type Server: Send;
    /// Reaches the server; clones share the connection.
    type Client: Clone + Send + Sync + 'static;

    /// Serves; returns where, or why that is not possible.
    fn serve() -> impl Future<Output = Result<(Self::Server, String), String>> + Send;

    /// Connects to a server.
    fn connect(address: String) -> impl Future<Output = Self::Client> + Send;

    /// Adds to the server's number and returns it.
    fn add(client: &Self::Client, n: u64) -> impl Future<Output = u64> + Send;

    /// Sends a body there and back.
    fn echo(client: &Self::Client, body: Vec<u8>) -> impl Future<Output = Vec<u8>> + Send;
}

/// Targets whose calls are asked to wait until their peer is gone.
pub trait Hang: Remote {
    /// Makes a call that is never answered, and returns when it has ended.
    fn hang(client: &Self::Client) -> impl Future<Output = ()> + Send;
}

/// Bytes that serde takes for bytes, and not for a sequence of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl Serialize for Body {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> serde::de::Visitor<'de> for BodyVisitor {
    type Value = Body;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Body, E> {
        Ok(Body(bytes.to_vec()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Body, E> {
        Ok(Body(bytes))
    }

    /// JSON has no bytes.
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut sequence: A) -> Result<Body, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element()? {
            bytes.push(byte);
        }
        Ok(Body(bytes))
    }
}

impl schemars::JsonSchema for Body {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Body".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Vec<u8>>()
    }
}
