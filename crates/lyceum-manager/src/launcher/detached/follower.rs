//! Following a file that a process appends to, without letting it grow.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FallocateFlags, fallocate};

use crate::launcher::output::Lines;
use crate::launcher::{Output, Stream};

/// How often the file is looked at.
const PAUSE: Duration = Duration::from_millis(100);
/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// Follows a file that a process appends to.
///
/// What was read is punched out of the file: it takes no room any more, and whoever follows the
/// file next finds zeros there, which it skips. So nothing is lost or told twice when a manager is
/// killed, but for the last piece.
#[derive(Debug)]
pub(super) struct Follower {
    file: File,
    read: u64,
    lines: Lines,
    output: Output,
    /// Nothing but zeros was read so far.
    is_skipping: bool,
}

impl Follower {
    pub(super) fn new(path: &Path, output: Output) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let lines = Lines::new(Stream::Output);
        Ok(Self { file, read: 0, lines, output, is_skipping: true })
    }

    /// Takes what is printed until whoever prints is over. Dropping the future loses nothing.
    pub(super) async fn follow(&mut self, is_over: impl Fn() -> bool) {
        loop {
            // Asked before, so that what was printed last is read.
            let was_last = is_over();
            self.read_on();
            if was_last {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Takes what was printed until now.
    pub(super) fn read_on(&mut self) {
        let mut piece = vec![0; PIECE];
        // A file that cannot be read has nothing to tell.
        while let Ok(count @ 1..) = self.file.read_at(&mut piece, self.read) {
            let mut printed = &piece[..count];
            if self.is_skipping {
                let first = printed.iter().position(|byte| *byte != 0).unwrap_or(count);
                printed = &printed[first..];
                self.is_skipping = printed.is_empty();
            }
            self.lines.take(printed, &self.output);
            // Where the file system cannot do that, the file grows.
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            let _ = fallocate(&self.file, flags, self.read, count as u64);
            self.read += count as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn next_follower_goes_on_where_the_last_one_ended() {
        let path = std::env::temp_dir().join(format!("lyceum-follower-{}", std::process::id()));
        let mut printing = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let follow = || {
            let taken = lines.clone();
            let take =
                move |line: &crate::OutputLine| taken.lock().unwrap().push(line.text.clone());
            let output = Output::new("a".parse().unwrap(), Arc::new(take));
            Follower::new(&path, output).unwrap()
        };

        writeln!(printing, "one\ntwo").unwrap();
        follow().read_on();
        writeln!(printing, "three").unwrap();
        let mut next = follow();
        next.read_on();
        next.read_on();

        assert_eq!(*lines.lock().unwrap(), ["one", "two", "three"]);
        std::fs::remove_file(path).unwrap();
    }
}
