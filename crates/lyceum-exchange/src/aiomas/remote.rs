//! Remote objects: what the other side of a connection offers, without agents.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use lyceum_wire::aiomas::{Deserializer, Message, Value, ValueError, to_value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::link::{Link, Sent};
use super::{Closed, RpcError};

/// Something that the other side of a connection offers: an object whose methods can be called.
///
/// It is equal to another one of the same connection and path. It does not keep the connection
/// open.
#[derive(Clone)]
pub struct RemoteObject {
    link: Arc<Link>,
    path: String,
}

/// A call that was sent; [`result`](Self::result) waits for what it returns.
///
/// # Cancel safety
///
/// Dropping it gives up; the answer is ignored when it comes, and the connection goes on.
#[must_use = "dropping this gives up the answer"]
pub struct RpcPending<R> {
    link: Arc<Link>,
    sent: Sent,
    result: PhantomData<fn() -> R>,
}

impl RemoteObject {
    pub(super) fn new(link: Arc<Link>, path: String) -> Self {
        Self { link, path }
    }

    /// Returns the path from the root of what the other side serves.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the object of that name within this one; `name` may be a path, too.
    pub fn at(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.into() } else { format!("{}/{name}", self.path) };
        Self { link: self.link.clone(), path }
    }

    /// Calls a method with arguments by position, which are a tuple, an array or a slice.
    ///
    /// # Errors
    ///
    /// The exception that came back; or why none could.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up: it may have run.
    pub async fn call<R: DeserializeOwned>(
        &self,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<R, RpcError> {
        self.send(method, args, &()).await?.result().await
    }

    /// Calls a method with arguments by position, and by name in a map or struct.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up: it may have run.
    pub async fn call_with<R: DeserializeOwned>(
        &self,
        method: &str,
        args: &(impl Serialize + ?Sized),
        kwargs: &(impl Serialize + ?Sized),
    ) -> Result<R, RpcError> {
        self.send(method, args, kwargs).await?.result().await
    }

    /// Sends a call, and returns the way to its result: to have many under way.
    ///
    /// # Errors
    ///
    /// Says why it was not sent.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future sends nothing.
    pub async fn send<R: DeserializeOwned>(
        &self,
        method: &str,
        args: &(impl Serialize + ?Sized),
        kwargs: &(impl Serialize + ?Sized),
    ) -> Result<RpcPending<R>, RpcError> {
        let types = &self.link.profile.types;
        let args = list(to_value(args, types)).map_err(RpcError::Argument)?;
        let kwargs = names(to_value(kwargs, types)).map_err(RpcError::Argument)?;
        let path = self.at(method).path;
        let codec = self.link.profile.codec;
        let encode = |id| codec.encode(&Message::Request { id, path, args, kwargs });
        let sent = self.link.send(encode).await?;
        Ok(RpcPending { link: self.link.clone(), sent, result: PhantomData })
    }

    /// Waits for the end of the connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn closed(&self) -> Closed {
        self.link.closed().await
    }
}

impl<R: DeserializeOwned> RpcPending<R> {
    /// Waits for the result.
    ///
    /// # Errors
    ///
    /// As for [`RemoteObject::call`].
    pub async fn result(self) -> Result<R, RpcError> {
        let value = self.sent.answer().await?.into_result()?;
        let deserializer = Deserializer::new(value, &self.link.profile.types);
        R::deserialize(deserializer).map_err(RpcError::Result)
    }
}

/// Returns arguments by position.
fn list(value: Result<Value, ValueError>) -> Result<Vec<Value>, ValueError> {
    match value? {
        Value::List(items) => Ok(items),
        Value::Null => Ok(Vec::new()),
        other => Err(ValueError::Custom {
            text: format!("expected a tuple or list of arguments, found {}", other.kind()),
        }),
    }
}

/// Returns arguments by name.
fn names(value: Result<Value, ValueError>) -> Result<Vec<(String, Value)>, ValueError> {
    let text = |kind| format!("expected names and arguments, found {kind}");
    match value? {
        Value::Map(map) => map
            .into_iter()
            .map(|(name, value)| match name {
                Value::Text(name) => Ok((name, value)),
                other => Err(ValueError::Custom { text: text(other.kind()) }),
            })
            .collect(),
        Value::Null => Ok(Vec::new()),
        other => Err(ValueError::Custom { text: text(other.kind()) }),
    }
}

impl PartialEq for RemoteObject {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.link, &other.link) && self.path == other.path
    }
}

impl Eq for RemoteObject {}

impl Hash for RemoteObject {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.link).hash(state);
        self.path.hash(state);
    }
}

impl fmt::Debug for RemoteObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteObject({})", self.path)
    }
}

impl<R> fmt::Debug for RpcPending<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RpcPending")
    }
}
