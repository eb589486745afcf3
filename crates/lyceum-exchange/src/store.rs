//! Where mailboxes are kept, so that a kill of the process loses nothing that was accepted.
//!
//! A log of segments has every event of the mailboxes, with a check sum for each record, and the
//! bodies of the messages. An index has the state as keys and values up to some place of the log,
//! so that a restart reads the index and the log's last part alone.
//!
//! - [`Store`] is where both lie: [`Folder`] on disk, [`Memory`] for what need not outlive the
//!   process.
//! - [`Keeper`] has the mailboxes and their log. One writer groups what waits to be written.

mod bell;
mod error;
mod folder;
mod indexer;
mod keeper;
mod log;
mod memory;
mod record;
mod recovery;
mod writer;

use std::io;

pub use bell::Bell;
pub use error::{ReadError, StoreError};
pub use folder::Folder;
pub use keeper::{Keeper, Level, Progress, Settings, Taken, Ticket};
pub use memory::Memory;

use crate::mailbox::Change;

/// A place in the log, up to which something holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The segment.
    pub segment: u64,
    /// The first byte after it.
    pub offset: u32,
}

/// Takes in one key and one value of an index, and says whether they can be read.
pub type Restore<'a> = dyn FnMut(&[u8], &[u8]) -> bool + 'a;

/// Segments of a log, and an index. All methods may block.
pub trait Store: Send + Sync + 'static {
    /// Returns the segments and their lengths, in order.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn segments(&self) -> io::Result<Vec<(u64, u32)>>;

    /// Makes a segment of so many zeros, with space that is there for certain.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::StorageFull`] where there is no space; nothing is left behind then.
    fn allocate(&self, segment: u64, size: u32) -> io::Result<()>;

    /// Writes into a segment.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn append(&self, segment: u64, offset: u32, bytes: &[u8]) -> io::Result<()>;

    /// Returns when all that was written to a segment is on disk.
    ///
    /// # Errors
    ///
    /// What the disk says; what was written since the last time may be lost then.
    fn sync(&self, segment: u64) -> io::Result<()>;

    /// Reads from a segment.
    ///
    /// # Errors
    ///
    /// What the disk says, also where the segment is shorter.
    fn read(&self, segment: u64, offset: u32, length: u32) -> io::Result<Vec<u8>>;

    /// Gives back the space of a segment after so many bytes.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn cut(&self, segment: u64, length: u32) -> io::Result<()>;

    /// Gives back the space of a segment.
    ///
    /// # Errors
    ///
    /// What the disk says.
    fn delete(&self, segment: u64) -> io::Result<()>;

    /// Reads the index, keys in their order, and returns up to where it holds.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the index.
    fn load_index(&self, restore: &mut Restore<'_>) -> Result<Option<Cursor>, StoreError>;

    /// Changes the index, all at once, and returns when that is on disk.
    ///
    /// # Errors
    ///
    /// Says why the index stays as it was.
    fn save_index(&self, changes: &[Change], cursor: Cursor) -> Result<(), StoreError>;
}
