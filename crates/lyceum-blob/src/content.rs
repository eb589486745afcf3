//! Where the bytes of a blob are.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

/// The bytes of a blob.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// In memory.
    Memory(Bytes),
    /// In a file: one of the node's own without a name, or one of the user's.
    File(Arc<File>),
}

impl Content {
    /// Reads some of the bytes. Blocks if they are in a file.
    ///
    /// # Errors
    ///
    /// Says what the system says; a file that was cut off meanwhile ends before its time.
    pub(crate) fn read(&self, start: u64, length: usize) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(start).map_err(io::Error::other)?;
                let end = start.checked_add(length).filter(|end| *end <= bytes.len());
                let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
                Ok(bytes.slice(start..end))
            }
            Self::File(file) => {
                let mut buffer = vec![0; length];
                file.read_exact_at(&mut buffer, start)?;
                Ok(buffer.into())
            }
        }
    }
}

/// Makes a file without a name: it is gone when it is closed, also if the process dies.
///
/// # Errors
///
/// Says what the system says.
pub(crate) fn nameless_file(folder: &Path, unique: u64) -> io::Result<File> {
    let path = folder.join(format!("lyceum-blob-{}-{unique:016x}", std::process::id()));
    let file =
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
