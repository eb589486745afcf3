//! Files into a program's directory before it starts, and out of it when it has ended.

use std::collections::HashMap;
use std::fs::{self, DirEntry, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

/// The most files that are taken over, either way.
const FILE_LIMIT: u32 = 10_000;

/// The deepest folder from which files are taken over.
const DEPTH_LIMIT: u32 = 32;

/// Bytes in what the system counts the size of files by.
const BLOCK: u64 = 512;

/// What was brought in, so that only what changed is brought out again.
#[derive(Debug, Default)]
pub(super) struct Carried {
    stamps: HashMap<PathBuf, Stamp>,
    /// Files outside that belong to the keeper: they are neither brought in nor overwritten.
    kept: Vec<(u64, u64)>,
}

/// What changes when a file is written.
type Stamp = (u64, i64, i64);

/// Brings the files of one folder into another.
///
/// # Errors
///
/// Fails where there are more bytes than `size`, or more files or folders than are taken over.
pub(super) fn bring_in(from: &Path, to: &Path, skip: &[&File], size: u64) -> io::Result<Carried> {
    let mut carried = Carried { stamps: HashMap::new(), kept: identities(skip) };
    let mut inward = Inward { from, to, room: size, files: 0 };
    inward.folder(Path::new(""), 0, &mut carried)?;
    Ok(carried)
}

/// Brings what a program wrote out of its directory; returns how many files stayed behind.
///
/// Not more than `size` bytes are: a file can be much longer than what it takes up in memory.
pub(super) fn bring_out(from: &Path, to: &Path, carried: &Carried, size: u64) -> u32 {
    let mut outward = Outward { from, to, carried, room: size, files: 0, left_out: 0 };
    outward.folder(Path::new(""), 0);
    outward.left_out
}

/// Removes everything in a folder.
pub(super) fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A folder whose files are weighed while a program writes them.
#[derive(Debug)]
pub(super) struct Scales {
    folder: PathBuf,
    /// Files that belong to the keeper.
    kept: Vec<(u64, u64)>,
}

impl Scales {
    pub(super) fn new(folder: PathBuf, kept: &[&File]) -> Self {
        Self { folder, kept: identities(kept) }
    }

    /// Returns whether all files together have more bytes than this.
    pub(super) fn exceed(&self, most: u64) -> bool {
        let mut room = most;
        !self.fit(&self.folder, &mut room, 0)
    }

    fn fit(&self, folder: &Path, room: &mut u64, depth: u32) -> bool {
        let Ok(entries) = fs::read_dir(folder) else { return true };
        for entry in entries.flatten() {
            let Ok(found) = entry.metadata() else { continue };
            if found.is_dir() {
                if depth < DEPTH_LIMIT && !self.fit(&entry.path(), room, depth + 1) {
                    return false;
                }
                continue;
            }
            if self.kept.contains(&(found.dev(), found.ino())) {
                continue;
            }
            // A file can be much longer than what it takes up.
            let bytes = found.len().min(found.blocks() * BLOCK);
            let Some(less) = room.checked_sub(bytes) else { return false };
            *room = less;
        }
        true
    }
}

fn identities(files: &[&File]) -> Vec<(u64, u64)> {
    let found = files.iter().filter_map(|file| file.metadata().ok());
    found.map(|found| (found.dev(), found.ino())).collect()
}

struct Inward<'a> {
    from: &'a Path,
    to: &'a Path,
    room: u64,
    files: u32,
}

impl Inward<'_> {
    fn folder(&mut self, part: &Path, depth: u32, carried: &mut Carried) -> io::Result<()> {
        for entry in fs::read_dir(self.from.join(part))? {
            let entry = entry?;
            let part = part.join(entry.file_name());
            let found = entry.metadata()?;
            if carried.kept.contains(&(found.dev(), found.ino())) {
                continue;
            }
            self.files += 1;
            if self.files > FILE_LIMIT || depth > DEPTH_LIMIT {
                return Err(Errno::MLINK.into());
            }
            self.entry(&entry, &part, &found, carried)?;
            if found.is_dir() {
                self.folder(&part, depth + 1, carried)?;
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        entry: &DirEntry,
        part: &Path,
        found: &Metadata,
        carried: &mut Carried,
    ) -> io::Result<()> {
        let to = self.to.join(part);
        if found.is_dir() {
            fs::create_dir(&to)?;
        } else if found.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, &to)?;
        } else if found.is_file() {
            self.room = self.room.checked_sub(found.len()).ok_or(Errno::NOSPC)?;
            // The copy is taken of as many bytes as were counted: the file may grow meanwhile.
            let from = File::open(entry.path())?;
            let mut new = File::create(&to)?;
            io::copy(&mut io::Read::take(from, found.len()), &mut new)?;
            new.set_permissions(found.permissions())?;
            let stamp = stamp(&new.metadata()?);
            carried.stamps.insert(part.to_owned(), stamp);
        }
        Ok(())
    }
}

struct Outward<'a> {
    from: &'a Path,
    to: &'a Path,
    carried: &'a Carried,
    room: u64,
    files: u32,
    left_out: u32,
}

impl Outward<'_> {
    fn folder(&mut self, part: &Path, depth: u32) {
        let Ok(entries) = fs::read_dir(self.from.join(part)) else { return };
        for entry in entries.flatten() {
            self.files = self.files.saturating_add(1);
            let part = part.join(entry.file_name());
            let is_over = self.files > FILE_LIMIT || depth > DEPTH_LIMIT;
            if is_over || self.entry(&entry, &part, depth).is_err() {
                self.left_out = self.left_out.saturating_add(1);
            }
        }
    }

    fn entry(&mut self, entry: &DirEntry, part: &Path, depth: u32) -> io::Result<()> {
        let found = entry.metadata()?;
        let to = self.to.join(part);
        if found.is_dir() {
            match fs::create_dir(&to) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                // Nothing is followed out of the directory.
                _ if !to.symlink_metadata()?.is_dir() => return Err(Errno::NOTDIR.into()),
                _ => {}
            }
            self.folder(part, depth + 1);
            return Ok(());
        }
        if !found.is_file() {
            // A link that was brought in is there already; another one would lead anywhere.
            return if to.is_symlink() { Ok(()) } else { Err(Errno::INVAL.into()) };
        }
        if self.carried.stamps.get(part) == Some(&stamp(&found)) {
            return Ok(());
        }
        self.room = self.room.checked_sub(found.len()).ok_or(Errno::NOSPC)?;
        self.file(&entry.path(), &to)
    }

    fn file(&self, from: &Path, to: &Path) -> io::Result<()> {
        if let Ok(there) = to.symlink_metadata() {
            if self.carried.kept.contains(&(there.dev(), there.ino())) {
                return Err(Errno::EXIST.into());
            }
            fs::remove_file(to)?;
        }
        let no_follow = OFlags::NOFOLLOW.bits().cast_signed();
        let mut options = OpenOptions::new();
        let mut new = options.write(true).create_new(true).custom_flags(no_follow).open(to)?;
        io::copy(&mut File::open(from)?, &mut new)?;
        Ok(())
    }
}

fn stamp(found: &Metadata) -> Stamp {
    (found.ino(), found.ctime(), found.ctime_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(name: &str) -> (PathBuf, PathBuf) {
        let top = std::env::temp_dir().join(format!("carry-{name}-{}", std::process::id()));
        let _none = fs::remove_dir_all(&top);
        let (from, to) = (top.join("from"), top.join("to"));
        fs::create_dir_all(&from).unwrap();
        fs::create_dir_all(&to).unwrap();
        (from, to)
    }

    #[test]
    fn changed_and_new_files_come_out_and_others_stay() {
        let (outside, inside) = folders("changed");
        fs::create_dir(outside.join("sub")).unwrap();
        fs::write(outside.join("same"), "same").unwrap();
        fs::write(outside.join("sub/changed"), "before").unwrap();
        let carried = bring_in(&outside, &inside, &[], 1024).unwrap();
        fs::write(inside.join("sub/changed"), "after").unwrap();
        fs::write(inside.join("new"), "new").unwrap();
        fs::write(outside.join("same"), "changed outside meanwhile").unwrap();

        assert_eq!(bring_out(&inside, &outside, &carried, 1024), 0);

        let read = |name: &str| fs::read_to_string(outside.join(name)).unwrap();
        assert_eq!((read("sub/changed"), read("new")), ("after".into(), "new".into()));
        assert_eq!(read("same"), "changed outside meanwhile");
    }

    #[test]
    fn more_bytes_than_there_is_room_for_are_refused() {
        let (outside, inside) = folders("room");
        fs::write(outside.join("big"), [0; 1025]).unwrap();

        let error = bring_in(&outside, &inside, &[], 1024).unwrap_err();

        assert_eq!(error.raw_os_error(), Some(Errno::NOSPC.raw_os_error()));
    }

    #[test]
    fn links_and_files_of_the_keeper_are_never_written_through() {
        let (outside, inside) = folders("links");
        let secret = outside.parent().unwrap().join("secret");
        fs::write(&secret, "secret").unwrap();
        let log = outside.join("stdout");
        fs::write(&log, "log").unwrap();
        let skip = File::open(&log).unwrap();
        let carried = bring_in(&outside, &inside, &[&skip], 1024).unwrap();
        assert!(!inside.join("stdout").exists());
        fs::write(inside.join("stdout"), "forged").unwrap();
        std::os::unix::fs::symlink(&secret, inside.join("link")).unwrap();
        fs::write(inside.join("through"), "overwritten").unwrap();
        std::os::unix::fs::symlink(&secret, outside.join("through")).unwrap();

        assert_eq!(bring_out(&inside, &outside, &carried, 1024), 2);

        assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
        assert_eq!(fs::read_to_string(&log).unwrap(), "log");
        assert_eq!(fs::read_to_string(outside.join("through")).unwrap(), "overwritten");
        assert!(!outside.join("link").exists());
    }
}
