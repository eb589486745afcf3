//! Following what a job prints, in files on a file system that nodes share.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::folder::printed;
use crate::launcher::clerk::Follow;
use crate::launcher::output::Lines;
use crate::launcher::{Output, Stream};

/// How often to look whether there is more.
const PAUSE: Duration = Duration::from_millis(500);
/// How much is read at once.
const PIECE: usize = 64 << 10;

/// The two files that a job prints to.
#[derive(Debug)]
pub(super) struct Files {
    printed: Followed,
    errors: Followed,
}

/// A file that grows.
#[derive(Debug)]
struct Followed {
    path: PathBuf,
    offset: u64,
    lines: Lines,
}

impl Files {
    pub(super) fn of(folder: &Path, job: &str) -> Self {
        let followed = |end, stream| Followed {
            path: printed(folder, job, end),
            offset: 0,
            lines: Lines::new(stream),
        };
        Self { printed: followed("out", Stream::Output), errors: followed("err", Stream::Error) }
    }

    /// Leaves out what was printed before.
    pub(super) fn from_now(folder: &Path, job: &str) -> Self {
        let mut files = Self::of(folder, job);
        for file in [&mut files.printed, &mut files.errors] {
            // One that is not there yet begins later.
            file.offset = std::fs::metadata(&file.path).map_or(0, |known| known.len());
        }
        files
    }

    /// Takes what there is.
    async fn catch_up(&mut self, output: &Output) {
        self.printed.catch_up(output).await;
        self.errors.catch_up(output).await;
    }
}

impl Follow for Files {
    fn follow<'f>(&'f mut self, output: &'f Output) -> BoxFuture<'f, ()> {
        async {
            loop {
                self.catch_up(output).await;
                sleep(PAUSE).await;
            }
        }
        .boxed()
    }

    fn finish<'f>(&'f mut self, output: &'f Output) -> BoxFuture<'f, ()> {
        async {
            self.catch_up(output).await;
            self.printed.lines.end(output);
            self.errors.lines.end(output);
        }
        .boxed()
    }
}

impl Followed {
    /// Takes what there is. Dropping the future loses nothing.
    async fn catch_up(&mut self, output: &Output) {
        loop {
            let (path, offset) = (self.path.clone(), self.offset);
            // A file that is not there yet, or cannot be read now, is looked for again.
            let Ok(Ok(piece)) = spawn_blocking(move || read(&path, offset)).await else { return };
            if piece.is_empty() {
                return;
            }
            self.offset += piece.len() as u64;
            self.lines.take(&piece, output);
        }
    }
}

fn read(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; PIECE];
    let read = File::open(path)?.read_at(&mut piece, offset)?;
    piece.truncate(read);
    Ok(piece)
}
