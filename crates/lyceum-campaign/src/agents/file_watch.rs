//! A probe: follows a file, such as a log, while the session runs.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use lyceum_core::BoxError;
use lyceum_macros::agent;
use lyceum_universe::Step;

use super::ProcessExit;
use super::look::{Look, WHILE};
use crate::{OutputWatch, Scanner};

/// How much is read in one step.
const BUDGET: usize = 256 << 10;

/// Follows any file while the session runs, the system's log among them: scores what is written to
/// it by the patterns of a scanner, and reads no further once that is decided.
///
/// It reads a bounded part in each step. What was in the file when the session began counts, or
/// does not, as it was made. A file that is not there yet is waited for.
#[derive(Debug)]
pub struct FileWatch {
    scanner: Scanner,
    path: PathBuf,
    skips: bool,
    watch: OutputWatch,
}

impl FileWatch {
    /// Makes a probe for a file that each session writes anew.
    pub fn new(scanner: Scanner, path: impl Into<PathBuf>) -> Self {
        let watch = OutputWatch::new(scanner.clone());
        Self { scanner, path: path.into(), skips: false, watch }
    }

    /// Makes a probe for a log that was there before: only what a session adds to it counts.
    pub fn of_log(scanner: Scanner, path: impl Into<PathBuf>) -> Self {
        Self { skips: true, ..Self::new(scanner, path) }
    }
}

#[agent]
impl FileWatch {
    #[init]
    fn init(&mut self) {
        let length = || std::fs::metadata(&self.path).map_or(0, |file| file.len());
        let end = if self.skips { length() } else { 0 };
        self.watch = OutputWatch::from_position(self.scanner.clone(), end);
    }

    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        Look::after(Duration::ZERO, cx);
    }

    #[event]
    fn look(&mut self, look: &Look, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if look.is_late(cx) {
            return Ok(());
        }
        let has_more = self.read()?;
        if !self.watch.scanner().is_decided() {
            Look::after(if has_more { Duration::ZERO } else { WHILE }, cx);
        }
        Ok(())
    }

    /// Nobody writes any more: what is left is read, within the step's bounds.
    #[event]
    fn exit(&mut self, _exit: &ProcessExit) -> Result<(), BoxError> {
        self.read()?;
        self.watch.finish();
        Ok(())
    }

    #[score]
    fn score(&self) -> Option<f64> {
        Some(self.watch.scanner().score())
    }
}

impl FileWatch {
    /// Reads what is new, and returns whether there is more.
    fn read(&mut self) -> Result<bool, BoxError> {
        if self.watch.scanner().is_decided() {
            return Ok(false);
        }
        // Opening anything but a plain file could wait for ever.
        let Ok(true) = std::fs::metadata(&self.path).map(|file| file.is_file()) else {
            return Ok(false);
        };
        let Ok(mut file) = File::open(&self.path) else { return Ok(false) };
        Ok(self.watch.look(&mut file, BUDGET)?.has_more)
    }
}
