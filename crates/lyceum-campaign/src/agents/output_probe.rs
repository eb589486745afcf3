//! A probe: judges what a program printed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use lyceum_core::BoxError;
use lyceum_macros::agent;
use lyceum_universe::Step;

use super::ProcessExit;
use crate::{Hit, Scanner};

/// How much of the end of each file is kept for who wants to know the cause.
const KEPT: u64 = 256 << 10;
/// How much is read at once.
const PIECE: usize = 64 << 10;

/// What the [`OutputProbe`] found, for others of the session.
#[derive(Clone, Debug, Default)]
pub struct OutputOpinion {
    /// The end of what the program printed.
    pub output: Vec<u8>,
    /// The line that says most.
    pub hit: Option<Hit>,
    /// What all lines count.
    pub score: f64,
    /// Whether it printed more lines than it should.
    pub too_many_lines: bool,
}

/// Judges what the session's program printed, by the patterns of a scanner.
#[derive(Debug)]
pub struct OutputProbe {
    scanner: Scanner,
    files: Vec<PathBuf>,
    score: Option<f64>,
}

impl OutputProbe {
    /// Makes a probe that reads these files, each with a copy of this scanner, which has seen
    /// nothing.
    pub fn new(scanner: Scanner, files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { scanner, files: files.into_iter().collect(), score: None }
    }
}

#[agent]
impl OutputProbe {
    #[init]
    fn init(&mut self) {
        self.score = None;
    }

    #[event]
    fn exit(&mut self, _exit: &ProcessExit, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let mut opinion = OutputOpinion::default();
        for path in &self.files {
            let mut scanner = self.scanner.clone();
            let Ok(mut file) = File::open(path) else { continue };
            scan(&mut scanner, &mut file)?;
            opinion.score += scanner.score();
            opinion.too_many_lines |= scanner.has_too_many_lines();
            let best = scanner.best_hit().cloned();
            let weight = |hit: &Option<Hit>| hit.as_ref().map_or(0.0, |hit| hit.weight.abs());
            if weight(&best) > weight(&opinion.hit) {
                opinion.hit = best;
            }
            last(&mut file, &mut opinion.output)?;
        }
        self.score = Some(opinion.score);
        cx.session().put(opinion);
        Ok(())
    }

    #[score]
    fn score(&self) -> Option<f64> {
        self.score
    }
}

/// Reads a file to its end.
fn scan(scanner: &mut Scanner, file: &mut File) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => scanner.feed(&piece[..read]),
        }
    }
    scanner.finish();
    Ok(())
}

/// Reads the end of a file.
fn last(file: &mut File, end: &mut Vec<u8>) -> std::io::Result<()> {
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(KEPT)))?;
    file.take(KEPT).read_to_end(end)?;
    Ok(())
}

/// Returns the ends of what a program printed, as the probe has them.
pub(crate) fn printed(files: &[PathBuf]) -> Vec<u8> {
    let mut printed = Vec::new();
    for path in files {
        if let Ok(mut file) = File::open(path) {
            // What cannot be read was not printed.
            let _ = last(&mut file, &mut printed);
        }
    }
    printed
}
