//! Where tickets and what jobs print are kept, on a file system that all nodes share.
//!
//! Each batch has a folder within the launcher's, which only this user can enter. It is called by
//! the number of its first job once that is known.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::Ticket;

/// The variable of a job with its place in its array.
const TASK: &str = "SLURM_ARRAY_TASK_ID";

/// The folder of a batch.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Folder {
    /// Makes the folder of a new batch, with its tickets.
    ///
    /// # Errors
    ///
    /// Says which file could not be made.
    pub(super) fn make(parent: &Path, batch: &[Ticket]) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(named(parent))?;
        let path = fresh(parent).map_err(named(parent))?;
        let folder = Self { path };
        for (index, ticket) in batch.iter().enumerate() {
            let path = folder.path.join(format!("{index}.ticket"));
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            let text = serde_json::to_vec(ticket)?;
            file.and_then(|mut file| file.write_all(&text)).map_err(named(&path))?;
        }
        Ok(folder)
    }

    /// Returns the shell word for the ticket of whichever job of the batch reads it.
    pub(super) fn ticket(&self) -> String {
        format!("{}\"/${{{TASK}:-0}}.ticket\"", quoted(&self.path))
    }

    /// Lets the folder be found by a job.
    pub(super) fn enter(&self, parent: &Path, job: &str) -> io::Result<()> {
        let link = parent.join(job);
        // Another cluster, or one that was set up anew, gave that number before.
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&self.path, &link).map_err(named(&link))
    }

    /// Removes it, with tickets that nobody read.
    pub(super) fn remove(&self) {
        // What cannot be removed can be read by nobody else.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Returns the file that a job prints to.
pub(super) fn printed(parent: &Path, job: &str, stream: &str) -> PathBuf {
    let (number, task) = parts(job);
    parent.join(number).join(format!("{task}.{stream}"))
}

/// Removes what is left of a job, and the folder of its batch with the last one.
pub(super) fn clear(parent: &Path, job: &str) -> io::Result<()> {
    let (number, task) = parts(job);
    let link = parent.join(number);
    let folder = match fs::read_link(&link) {
        // It was removed with the last one.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        folder => folder?,
    };
    for end in ["ticket", "out", "err"] {
        match fs::remove_file(folder.join(format!("{task}.{end}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    // It has more jobs unless it is empty.
    if fs::remove_dir(&folder).is_ok() {
        fs::remove_file(&link)?;
    }
    Ok(())
}

/// Returns the number of a job's array, or its own, and its place within that.
fn parts(job: &str) -> (&str, &str) {
    job.split_once('_').unwrap_or((job, "0"))
}

/// Makes a folder that only this user can enter and that was not there before.
fn fresh(parent: &Path) -> io::Result<PathBuf> {
    let process = std::process::id();
    for number in 0_u64.. {
        let path = parent.join(format!("batch-{process}-{number}"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
    unreachable!("there are fewer folders than numbers")
}

/// Quotes a path for a shell.
pub(super) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

fn named(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("cannot use `{}`: {error}", path.display()))
}
