//! What the disk itself can do.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes of one record, about those of a message.
const RECORD: usize = 256;
const FILE: u64 = 16 << 20;

/// Returns how many thousand records can be written and synced in a second, one after the other, in
/// a file that is allocated.
pub fn syncs(folder: &Path, long: Duration) -> io::Result<f64> {
    fs::create_dir_all(folder)?;
    let path = folder.join("syncs");
    let file = File::create(&path)?;
    file.write_all_at(&vec![0; FILE as usize], 0)?;
    file.sync_all()?;
    let (begin, mut count) = (Instant::now(), 0);
    while begin.elapsed() < long {
        file.write_all_at(&[1; RECORD], count * RECORD as u64 % FILE)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = count as f64 / begin.elapsed().as_secs_f64() / 1e3;
    fs::remove_file(path)?;
    Ok(rate)
}
