//! The store: the shelf of one node, and the way to it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lyceum_core::exchange::{Door, Exchange};
use lyceum_core::wire::Address;
use lyceum_core::{Handle, Node};
use tokio::sync::OnceCell;

use crate::content::{Content, nameless_file};
use crate::error::{BlobFault, PutError};
use crate::keeper::BlobKeeper;
use crate::settings::{BlobSettings, LEAST_LEASE};
use crate::shelf::{BlobId, Item, Share, Shelf};

/// The shelf of one node. Attached to the node as an exchange that leads nowhere, so that it ends
/// with the others.
pub(crate) struct Store {
    pub(crate) door: Door,
    pub(crate) settings: BlobSettings,
    shelf: Mutex<Shelf>,
    keeper: OnceCell<Handle<BlobKeeper>>,
    /// By which address others find it, if not by that of the node.
    advertised: Mutex<Option<Address>>,
    #[cfg(feature = "depot")]
    depots: Mutex<Vec<crate::depot::Depot>>,
    files: AtomicU64,
    /// How many bytes were handed out to other nodes and to readers of this one.
    served: AtomicU64,
}

/// What a node's blobs take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobUse {
    /// Blobs that are kept.
    pub count: usize,
    /// Their bytes, apart from those in files that are lent.
    pub bytes: u64,
    /// How many of these are in memory.
    pub memory: u64,
    /// Bytes that were handed out so far.
    pub served: u64,
}

/// Room that was taken, and is given back unless it is used.
pub(crate) struct Taken {
    store: Arc<Store>,
    pub(crate) share: Share,
}

impl Store {
    /// Returns the store of a node, which has these settings if it is new.
    pub(crate) fn of(node: &Node, mut settings: BlobSettings) -> Arc<Self> {
        settings.lease = settings.lease.max(LEAST_LEASE);
        node.exchange_or_attach(|| Self {
            door: Door::of(node),
            shelf: Mutex::new(Shelf::new(&settings)),
            settings,
            keeper: OnceCell::new(),
            advertised: Mutex::default(),
            #[cfg(feature = "depot")]
            depots: Mutex::default(),
            files: AtomicU64::new(0),
            served: AtomicU64::new(0),
        })
    }

    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the agent that hands blobs out, which is launched with the first blob.
    pub(crate) async fn keeper(
        self: &Arc<Self>,
        node: &Node,
    ) -> Result<&Handle<BlobKeeper>, PutError> {
        let launch = || async { node.launch(BlobKeeper::new(self.clone())).await };
        self.keeper.get_or_try_init(launch).await.map_err(PutError::Launch)
    }

    /// Returns the address by which others find the blobs.
    pub(crate) fn address(&self) -> Option<Address> {
        let advertised = self.advertised.lock().unwrap_or_else(PoisonError::into_inner).clone();
        advertised.or_else(|| self.keeper.get().map(Handle::address))
    }

    /// Sets the address by which others find the blobs.
    pub(crate) fn advertise(&self, address: Address) {
        *self.advertised.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }

    /// Draws a number: one that nobody can guess, unless runs are to be repeated.
    pub(crate) fn fresh_number(&self) -> u64 {
        fresh_number(&self.door)
    }

    /// Takes room, after what has expired made some.
    pub(crate) fn take_room(self: &Arc<Self>, bytes: u64) -> Result<Taken, PutError> {
        let taken = || self.shelf().room.take(bytes);
        if taken().is_err() {
            self.sweep();
            taken()?;
        }
        Ok(Taken { store: self.clone(), share: Share { bytes, memory: 0 } })
    }

    /// Puts a blob on the shelf, pinned once.
    ///
    /// # Errors
    ///
    /// Says that there are too many; the room is given back then.
    pub(crate) fn put(&self, item: Item, mut taken: Taken) -> Result<BlobId, PutError> {
        if self.door.is_closed() {
            return Err(PutError::NodeStopped);
        }
        let id = (u128::from(self.fresh_number()) << 64) | u128::from(self.fresh_number());
        let is_full = self.shelf().len() >= self.settings.count;
        if is_full {
            self.sweep();
        }
        self.shelf().put(id, item, taken.share)?;
        // From now on it is the blob's.
        taken.share = Share::default();
        Ok(id)
    }

    /// Opens a file of the node's own.
    pub(crate) fn own_file(&self) -> Result<std::fs::File, PutError> {
        if self.door.runtime().is_none() {
            return Err(PutError::VirtualTime);
        }
        let folder = self.settings.folder.clone().unwrap_or_else(std::env::temp_dir);
        let unique = self.fresh_number() ^ self.files.fetch_add(1, Ordering::Relaxed);
        Ok(nameless_file(&folder, unique)?)
    }

    /// Drops what nobody wants any more.
    pub(crate) fn sweep(&self) {
        let unwanted = self.shelf().sweep(self.door.now());
        drop(unwanted);
    }

    pub(crate) fn unpin(&self, id: BlobId) {
        let unwanted = self.shelf().unpin(id, self.door.now());
        drop(unwanted);
    }

    /// Runs work that blocks.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PutError> + Send + 'static,
    ) -> Result<T, PutError> {
        let runtime = self.door.runtime().ok_or(PutError::VirtualTime)?;
        let done = runtime.spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(PutError::File(std::io::Error::other(error))))
    }

    /// Reads a part of a blob.
    pub(crate) async fn read(
        &self,
        item: &Arc<Item>,
        start: u64,
        length: usize,
    ) -> Result<Bytes, BlobFault> {
        let read = match (&item.content, self.door.runtime()) {
            (Content::File(_), Some(runtime)) => {
                let content = item.content.clone();
                let task = runtime.spawn_blocking(move || content.read(start, length));
                task.await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
            }
            (content, _) => content.read(start, length),
        };
        let read = read.map_err(|error| BlobFault::storage(&error))?;
        self.served.fetch_add(read.len() as u64, Ordering::Relaxed);
        Ok(read)
    }

    pub(crate) fn usage(&self) -> BlobUse {
        let shelf = self.shelf();
        BlobUse {
            count: shelf.len(),
            bytes: shelf.room.bytes,
            memory: shelf.room.memory,
            served: self.served.load(Ordering::Relaxed),
        }
    }
}

#[cfg(feature = "depot")]
impl Store {
    /// Makes a depot known to the node, in the place of one with the same URL.
    pub(crate) fn add_depot(&self, depot: crate::depot::Depot) {
        let mut depots = self.depots.lock().unwrap_or_else(PoisonError::into_inner);
        depots.retain(|known| known.url() != depot.url());
        depots.push(depot);
    }

    /// Returns the depot of a URL, if the node knows it: a reference from outside leads to no
    /// server that the node was not told of.
    pub(crate) fn depot_of(door: Option<&Door>, url: &str) -> Option<crate::depot::Depot> {
        let store = door?.exchange::<Self>()?;
        let depots = store.depots.lock().unwrap_or_else(PoisonError::into_inner);
        depots.iter().find(|known| known.url() == url).cloned()
    }
}

/// Draws a number: one that nobody can guess, unless runs are to be repeated.
pub(crate) fn fresh_number(door: &Door) -> u64 {
    if door.world().is_some() { door.random() } else { rand::random() }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.store.shelf().room.give_back(self.share);
    }
}

impl Taken {
    /// Takes room for so many more bytes.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), PutError> {
        let mut more = self.store.take_room(bytes)?;
        self.share.bytes += bytes;
        more.share = Share::default();
        Ok(())
    }

    /// Notes that so many of the bytes are in memory; false if there is no room for them there.
    pub(crate) fn enter_memory(&mut self, bytes: u64) -> bool {
        let has_room = self.store.shelf().room.take_memory(bytes);
        if has_room {
            self.share.memory += bytes;
        }
        has_room
    }

    /// Notes that none of the bytes are in memory any more.
    pub(crate) fn leave_memory(&mut self) {
        let memory = std::mem::take(&mut self.share.memory);
        self.store.shelf().room.give_back(Share { bytes: 0, memory });
    }
}

// It is attached to be found at its node, and leads nowhere.
impl Exchange for Store {}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("usage", &self.usage()).finish_non_exhaustive()
    }
}
