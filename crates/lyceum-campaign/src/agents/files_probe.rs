//! A probe: judges what a program left in its directory.

use std::fs;
use std::path::PathBuf;

use lyceum_macros::agent;
use lyceum_universe::Step;

use super::{ExitOpinion, ProcessExit};
use crate::FindKind;

/// Judges how many files the session's program left in its directory: 1 if there are too many.
#[derive(Debug)]
pub struct FilesProbe {
    directory: PathBuf,
    limit: usize,
    score: Option<f64>,
}

impl FilesProbe {
    /// Makes a probe for a directory in which so many files may be.
    pub fn new(directory: impl Into<PathBuf>, limit: usize) -> Self {
        Self { directory: directory.into(), limit, score: None }
    }
}

#[agent]
impl FilesProbe {
    #[init]
    fn init(&mut self) {
        self.score = None;
    }

    #[event]
    fn exit(&mut self, _exit: &ProcessExit, cx: &mut Step<'_>) {
        // One that is gone has no files.
        let files = fs::read_dir(&self.directory).map_or(0, Iterator::count);
        let too_many = files > self.limit;
        self.score = Some(if too_many { 1.0 } else { 0.0 });
        if too_many && let Some(opinion) = cx.session().get::<ExitOpinion>() {
            opinion.kind.get_or_insert(FindKind::LeftFiles);
        }
    }

    #[score]
    fn score(&self) -> Option<f64> {
        self.score
    }
}
