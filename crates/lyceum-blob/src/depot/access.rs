//! What a node shows a depot of itself, and which one it believes.

use std::fmt;
use std::path::{Path, PathBuf};

/// What a node shows a [depot](crate::Depot) of itself, and which server it believes; for
/// [`Blobs::depot_with`](crate::Blobs::depot_with).
///
/// ```
/// use lyceum::DepotAccess;
///
/// let access = DepotAccess::new().token("a secret").authority("authority.pem");
/// assert!(!format!("{access:?}").contains("secret"));
/// ```
#[derive(Clone, Default)]
#[must_use = "it is used by `Blobs::depot_with`"]
pub struct DepotAccess {
    token: Option<String>,
    authority: Option<PathBuf>,
}

impl DepotAccess {
    /// Shows nothing, and believes the authorities that the system believes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows a bearer token with each request.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Believes a server at `https://` if this authority signed its certificate; a file in PEM.
    pub fn authority(mut self, file: impl AsRef<Path>) -> Self {
        self.authority = Some(file.as_ref().to_owned());
        self
    }

    pub(super) fn shown(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub(super) fn believed(&self) -> Option<&Path> {
        self.authority.as_deref()
    }
}

impl fmt::Debug for DepotAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "...");
        let authority = &self.authority;
        f.debug_struct("DepotAccess").field("token", &token).field("authority", authority).finish()
    }
}
