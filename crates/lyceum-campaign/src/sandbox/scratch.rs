//! The directory of a program in a sandbox: in memory, limited, and empty again for the next one.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::mount::{UnmountFlags, mount_move, unmount};

use crate::sandbox::carry::{self, Carried};
use crate::sandbox::mounts;

/// Where the directory is mounted while no program runs.
pub(super) const PARKED: &str = "/dev/directory";

/// The last part of it.
pub(super) const PARKED_NAME: &str = "directory";

/// The least that it can hold.
const LEAST: u64 = 4096;

/// The most that it can hold.
const MOST: u64 = 1 << 50;

/// Other places that programs write to.
const LEFT_OVERS: &[&str] = &["/tmp", "/dev/shm"];

/// A file system in memory that is moved to where each program expects its directory.
///
/// Moving it takes a few microseconds; to unmount it and mount another one takes a hundred.
#[derive(Debug)]
pub(super) struct Scratch {
    /// Its top folder, which stays reachable if the place where it is mounted vanishes.
    top: File,
    size: u64,
    place: Option<PathBuf>,
}

impl Scratch {
    /// Takes over what was mounted with the rest of the sandbox.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { top: File::open(PARKED)?, size: 0, place: None })
    }

    /// Puts it to a place, and fills it with what is there outside.
    pub(super) fn enter(
        &mut self,
        place: &Path,
        outside: &File,
        size: u64,
        skip: &[&File],
    ) -> io::Result<Carried> {
        // The system takes none as no limit at all, and not every number.
        let size = size.clamp(LEAST, MOST);
        if size != self.size {
            mounts::resize(Path::new(PARKED), size)?;
            self.size = size;
        }
        let carried = carry::bring_in(&path_of(outside), &self.inside(), skip, size)?;
        // A place in one of the folders that are the sandbox's own is not there yet.
        fs::create_dir_all(place)?;
        mount_move(PARKED, place)?;
        self.place = Some(place.to_owned());
        Ok(carried)
    }

    /// Returns whether nothing more can be written to it.
    pub(super) fn is_full(&self) -> bool {
        let found = rustix::fs::fstatvfs(&self.top);
        found.is_ok_and(|found| found.f_bfree == 0 || found.f_ffree == 0)
    }

    /// Returns a path to its top folder, for this process alone.
    pub(super) fn inside(&self) -> PathBuf {
        path_of(&self.top)
    }

    /// Takes it back, and empties it and all other places for the next program.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        let place = self.place.take();
        let moved = place.is_none_or(|place| mount_move(&place, PARKED).is_ok());
        if !moved || carry::empty(&self.inside()).is_err() {
            self.renew(moved)?;
        }
        for folder in LEFT_OVERS {
            carry::empty(Path::new(folder))?;
        }
        Ok(())
    }

    /// Mounts a new one: the old one is gone, or holds what cannot be removed.
    fn renew(&mut self, is_parked: bool) -> io::Result<()> {
        if is_parked {
            unmount(PARKED, UnmountFlags::DETACH)?;
        }
        mounts::memory(PARKED, "755", 1 << 20)?;
        self.size = 0;
        self.top = File::open(PARKED)?;
        Ok(())
    }
}

/// Returns a path to an open folder, for this process alone.
pub(super) fn path_of(folder: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()))
}
