//! What the disk itself can do.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes of one record, about those of a put.
const RECORD: usize = 324;

/// Bytes of the file, which has its space before anything is measured.
const FILE: u64 = 16 << 20;

/// How fast records are written and synced, one after the other.
pub(crate) struct Disk {
    /// In a second, with all that else goes on on the machine.
    pub(crate) as_it_was: f64,
    /// In a second, if each took as long as the fastest tenth. On a busy machine the other figure
    /// says how long a process waits for its turn, and a goal that is a part of it is none.
    pub(crate) undisturbed: f64,
}

impl Disk {
    pub(crate) fn measure(folder: &Path, time: Duration) -> Self {
        fs::create_dir_all(folder).expect("the folder can be made");
        let path = folder.join("sync-rate");
        let file = File::create(&path).expect("a file can be made");
        file.write_all_at(&vec![0; FILE as usize], 0).expect("there is space");
        file.sync_all().expect("the disk works");
        let (begin, mut took) = (Instant::now(), Vec::new());
        while begin.elapsed() < time {
            let start = Instant::now();
            let place = took.len() as u64 * RECORD as u64 % (FILE - RECORD as u64);
            file.write_all_at(&[1; RECORD], place).expect("it was written");
            file.sync_data().expect("the disk works");
            took.push(start.elapsed());
        }
        let as_it_was = took.len() as f64 / begin.elapsed().as_secs_f64();
        fs::remove_file(path).expect("it is there");
        took.sort_unstable();
        let undisturbed = 1.0 / took[took.len() / 10].as_secs_f64();
        Self { as_it_was, undisturbed }
    }
}
