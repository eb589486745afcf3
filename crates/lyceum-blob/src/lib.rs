//! Large data by reference: kept where it is, fetched when it is read, checked by hash.
//!
//! Users depend on the crate `lyceum`, with its feature `blobs`. In reading order:
//!
//! - [`BlobsExt`] gives nodes and agents [`Blobs`], where data is put: bytes, files, or what a
//!   [`BlobWriter`] is given.
//! - [`Blob`] is a reference to it, an argument or result like any other. [`BlobReader`] fetches
//!   the bytes, part by part, from the node that has them.
//! - [`Large`] is a value that becomes a blob once it is large.
//! - [`BlobSettings`] are the bounds of a node's blobs.
//!
//! Inside, the blobs of a node are a `shelf`, which decides what is kept and for how long, and does
//! no I/O and reads no clock. A `store` has the shelf of one node. An agent, the `keeper`, hands
//! out what is on it, so that blobs come over every exchange that calls come over.

// The macros write paths into the crate `lyceum`, which stands above this one.
extern crate self as lyceum;

mod blob;
mod blobs;
mod claim;
mod content;
#[cfg(feature = "depot")]
mod depot;
mod digest;
mod error;
mod far;
mod keeper;
mod large;
mod outline;
mod owner;
mod part;
mod reader;
mod reference;
mod settings;
mod shelf;
mod source;
mod store;
mod writer;

pub use blob::Blob;
pub use blobs::{Blobs, BlobsExt};
#[cfg(feature = "depot")]
pub use depot::{Depot, DepotAccess, DepotError};
pub use digest::{Digest, ParseDigestError};
pub use error::{BlobError, PutError};
pub use large::Large;
pub use reader::BlobReader;
pub use settings::BlobSettings;
pub use store::BlobUse;
pub use writer::BlobWriter;

/// What the code of the macros needs.
#[doc(hidden)]
pub mod macros {
    pub use futures_util::future::BoxFuture;
    pub use lyceum_core::wire::AccessKind;
    pub use lyceum_core::*;
}
