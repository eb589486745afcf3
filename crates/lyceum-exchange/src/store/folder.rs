//! A store in a folder: a file for each segment, and redb for the index.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use rustix::fs::{FallocateFlags, fallocate};

use crate::mailbox::{Change, LAYOUT};
use crate::store::{Cursor, Restore, Store, StoreError};

const STATE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("state");
const ABOUT: TableDefinition<'_, &str, (u64, u32, u8)> = TableDefinition::new("about");
const CURSOR: &str = "cursor";

/// Files that stay open for reading.
const OPEN_FILES: usize = 64;

/// Keeps everything in a folder, which one process has at a time.
///
/// ```no_run
/// use lyceum_exchange::store::Folder;
///
/// let folder = Folder::open("/var/lib/lyceum", 16 << 20)?;
/// # Ok::<(), lyceum_exchange::store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    cache: usize,
    files: Mutex<HashMap<u64, Arc<File>>>,
    index: Mutex<Option<Database>>,
}

impl Folder {
    /// Opens a folder, or makes it. Only its owner may read it. The index caches so many bytes.
    ///
    /// # Errors
    ///
    /// Says why it cannot be used; another process may have it.
    pub fn open(path: impl AsRef<Path>, cache: usize) -> Result<Self, StoreError> {
        use std::os::unix::fs::DirBuilderExt;
        let path = path.as_ref().to_owned();
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&path).map_err(StoreError::Folder)?;
        let index = Some(open_index(&path, cache)?);
        Ok(Self { path, cache, files: Mutex::default(), index: Mutex::new(index) })
    }

    fn name(&self, segment: u64) -> PathBuf {
        self.path.join(format!("{segment:016x}.log"))
    }

    fn file(&self, segment: u64) -> io::Result<Arc<File>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&segment) {
            return Ok(file.clone());
        }
        if files.len() >= OPEN_FILES {
            files.clear();
        }
        let file = OpenOptions::new().read(true).write(true).open(self.name(segment))?;
        let file = Arc::new(file);
        files.insert(segment, file.clone());
        Ok(file)
    }

    fn forget(&self, segment: u64) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(&segment);
    }

    /// Makes the names of files in the folder last.
    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn save(&self, changes: &[Change], cursor: Cursor) -> Result<(), StoreError> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if index.is_none() {
            *index = Some(open_index(&self.path, self.cache)?);
        }
        let database = index.as_ref().expect("it is open");
        let saved = save(database, changes, cursor);
        if saved.is_err() {
            // After an error the database refuses until it is opened again.
            *index = None;
        }
        saved.map_err(StoreError::index("write"))
    }
}

fn open_index(path: &Path, cache: usize) -> Result<Database, StoreError> {
    let mut builder = Database::builder();
    builder.set_cache_size(cache);
    builder.create(path.join("index.redb")).map_err(StoreError::index("open"))
}

fn save(database: &Database, changes: &[Change], cursor: Cursor) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut state = transaction.open_table(STATE)?;
        for (key, value) in changes {
            match value {
                Some(value) => state.insert(key.as_slice(), value.as_slice())?,
                None => state.remove(key.as_slice())?,
            };
        }
        let mut about = transaction.open_table(ABOUT)?;
        about.insert(CURSOR, (cursor.segment, cursor.offset, LAYOUT))?;
    }
    transaction.commit()?;
    Ok(())
}

fn load(
    database: &Database,
    restore: &mut Restore<'_>,
) -> Result<Result<Option<Cursor>, StoreError>, redb::Error> {
    let transaction = database.begin_read()?;
    let about = match transaction.open_table(ABOUT) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Ok(None)),
        about => about?,
    };
    let Some((segment, offset, found)) = about.get(CURSOR)?.map(|about| about.value()) else {
        return Ok(Ok(None));
    };
    if found != LAYOUT {
        return Ok(Err(StoreError::Layout { found, known: LAYOUT }));
    }
    for entry in transaction.open_table(STATE)?.iter()? {
        let (key, value) = entry?;
        if !restore(key.value(), value.value()) {
            return Ok(Err(StoreError::IndexUnreadable));
        }
    }
    Ok(Ok(Some(Cursor { segment, offset })))
}

impl Store for Folder {
    fn segments(&self) -> io::Result<Vec<(u64, u32)>> {
        let mut segments = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
            let Some(Ok(number)) = number.map(|number| u64::from_str_radix(number, 16)) else {
                continue;
            };
            let length = u32::try_from(entry.metadata()?.len());
            segments.push((number, length.map_err(io::Error::other)?));
        }
        segments.sort_unstable();
        Ok(segments)
    }

    fn allocate(&self, segment: u64, size: u32) -> io::Result<()> {
        let name = self.name(segment);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let allocated = options.open(&name).and_then(|file| {
            reserve(&file, size)?;
            file.sync_all()?;
            self.sync_names()
        });
        if allocated.is_err() {
            // What was made of it would count as space that is there.
            let _ = fs::remove_file(&name);
        }
        allocated
    }

    fn append(&self, segment: u64, offset: u32, bytes: &[u8]) -> io::Result<()> {
        self.file(segment)?.write_all_at(bytes, u64::from(offset))
    }

    fn sync(&self, segment: u64) -> io::Result<()> {
        self.file(segment)?.sync_data()
    }

    fn read(&self, segment: u64, offset: u32, length: u32) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        self.file(segment)?.read_exact_at(&mut bytes, u64::from(offset))?;
        Ok(bytes)
    }

    fn cut(&self, segment: u64, length: u32) -> io::Result<()> {
        let file = self.file(segment)?;
        file.set_len(u64::from(length))?;
        file.sync_all()
    }

    fn delete(&self, segment: u64) -> io::Result<()> {
        self.forget(segment);
        fs::remove_file(self.name(segment))
    }

    fn load_index(&self, restore: &mut Restore<'_>) -> Result<Option<Cursor>, StoreError> {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let database = index.as_ref().ok_or(StoreError::Failed)?;
        load(database, restore).map_err(StoreError::index("read"))?
    }

    fn save_index(&self, changes: &[Change], cursor: Cursor) -> Result<(), StoreError> {
        self.save(changes, cursor)
    }
}

/// Reserves space; where the file system cannot, zeros do it.
fn reserve(file: &File, size: u32) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, u64::from(size)) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP) => {
            let zeros = vec![0; 1 << 16];
            let mut at = 0;
            while at < size {
                let part = zeros.len().min((size - at) as usize);
                file.write_all_at(&zeros[..part], u64::from(at))?;
                at += u32::try_from(part).expect("a part of the size");
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
