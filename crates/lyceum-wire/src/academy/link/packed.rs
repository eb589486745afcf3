//! Messages without their header in JSON.

use bytes::{BufMut, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::FrameError;
use crate::academy::{EntityId, Header, Kind, Message, Role, Unread, writing};
use crate::link::Appended;

/// What a packed message begins with. One in JSON begins with a brace.
const MARK: u8 = 1;

/// A message of Academy whose header is binary, and whose body is JSON.
///
/// ```
/// use bytes::BytesMut;
/// use lyceum_wire::academy::link::Packed;
/// use lyceum_wire::academy::{Body, EntityId, Message, Uuid};
///
/// let (user, agent) = (EntityId::user(Uuid::nil(), None), EntityId::agent(Uuid::nil(), None));
/// let ping = Message::request(user, agent, Uuid::nil(), Body::PingRequest);
/// let mut bytes = BytesMut::new();
/// Packed::write(&ping, &mut bytes);
/// let packed = Packed::read(&bytes)?;
/// assert_eq!((packed.post.tag, packed.body), (Uuid::nil(), r#"{"kind":"ping-request"}"#));
/// # Ok::<(), lyceum_wire::academy::link::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed<'b> {
    /// Who sends what to whom.
    pub post: Post,
    /// The body, in JSON.
    pub body: &'b str,
}

/// Who sends what to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The mailbox of the sender.
    pub from: Uuid,
    /// What the sender says that it is.
    pub from_role: Role,
    /// The mailbox that it is for.
    pub to: Uuid,
    /// What the sender takes that one for.
    pub to_role: Role,
    /// Tells a request from others; its answer has the same.
    pub tag: Uuid,
    /// Comes back with the answer.
    pub label: Option<Uuid>,
    /// Whether it asks or answers.
    pub kind: Kind,
}

impl<'b> Packed<'b> {
    /// Returns whether bytes are those of a packed message, and not of one in JSON.
    pub fn is_packed(bytes: &[u8]) -> bool {
        bytes.first() == Some(&MARK)
    }

    /// Appends a message to a buffer.
    ///
    /// # Panics
    ///
    /// Never: every message has a form.
    pub fn write(message: &Message, into: &mut BytesMut) {
        let header = &message.header;
        let post = Post {
            from: header.src.uid,
            from_role: header.src.role,
            to: header.dest.uid,
            to_role: header.dest.role,
            tag: header.tag,
            label: header.label,
            kind: header.kind,
        };
        into.put_u8(MARK);
        let mut writer = postcard::Serializer { output: Appended(into) };
        post.serialize(&mut writer).expect("a header has a form in bytes");
        writing::body(&message.body, into).expect("a buffer takes it");
    }

    /// Reads a message. Its body is one value of JSON, whatever it says.
    ///
    /// # Errors
    ///
    /// [`FrameError::Packed`].
    pub fn read(bytes: &'b [u8]) -> Result<Self, FrameError> {
        let rest = bytes.strip_prefix(&[MARK]).ok_or(FrameError::Packed)?;
        let (post, body) =
            postcard::take_from_bytes::<Post>(rest).map_err(|_| FrameError::Packed)?;
        let body: &RawValue = serde_json::from_slice(body).map_err(|_| FrameError::Packed)?;
        Ok(Self { post, body: body.get() })
    }

    /// Returns the message, for whoever reads its body.
    ///
    /// # Errors
    ///
    /// [`FrameError::Packed`].
    pub fn message(self) -> Result<Message<Unread>, FrameError> {
        let body = RawValue::from_string(self.body.to_owned()).map_err(|_| FrameError::Packed)?;
        let Post { from, from_role, to, to_role, tag, label, kind } = self.post;
        let entity = |uid, role| EntityId { uid, name: None, role };
        let (src, dest) = (entity(from, from_role), entity(to, to_role));
        Ok(Message { header: Header::new(src, dest, tag, label, kind), body })
    }

    /// Writes the message as Academy's programs read it, with what is known of the two.
    pub fn to_json(&self, src: EntityId, dest: EntityId) -> String {
        let Post { tag, label, kind, .. } = self.post;
        let header = Header::new(src, dest, tag, label, kind);
        let header = serde_json::to_string(&header).expect("a header has a form in JSON");
        // In JSON, line ends only stand between values; in a stream of events they end a field.
        let body = self.body.replace(['\n', '\r'], " ");
        format!(r#"{{"header":{header},"body":{body}}}"#)
    }
}

/// What the server must know of a body: whether it cancels a request.
#[derive(Deserialize)]
struct Outline<'b> {
    kind: &'b str,
    target_tag: Option<Uuid>,
}

impl Packed<'_> {
    /// Returns the tag of the request that this is to cancel.
    pub fn cancels(&self) -> Option<Uuid> {
        // Looked at only where the text may say so: most bodies are not parsed for it.
        if self.body.len() > 256 || !self.body.contains("cancel-request") {
            return None;
        }
        let outline: Outline<'_> = serde_json::from_str(self.body).ok()?;
        outline.target_tag.filter(|_| outline.kind == "cancel-request")
    }
}
