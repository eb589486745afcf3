//! The hunt for an input that a target does not bear.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lyceum_fuzz::{Digest, Target};
use stats_alloc::Region;

use crate::ALLOCATOR;
use crate::mutation::{Chance, mutate};

/// How long one input may take; it is a hang rather than a slow machine.
const INPUT_LIMIT: Duration = Duration::from_secs(30);
/// How many bytes may be allocated for each byte of an input.
const BYTES_PER_BYTE: usize = 1000;
/// How many inputs are kept that led somewhere new.
const CORPUS_LIMIT: usize = 4096;

/// How many different ends are remembered.
const SEEN_LIMIT: usize = 1 << 20;

/// A hunt with one target.
pub(crate) struct Hunt<'t> {
    target: &'t Target,
    chance: Chance,
    corpus: Vec<Vec<u8>>,
    seen: HashSet<Digest>,
    count: u64,
    /// The most bytes that were allocated for an input.
    most: usize,
    keep: bool,
}

/// What was found.
pub(crate) struct Find {
    why: String,
    file: PathBuf,
}

impl<'t> Hunt<'t> {
    pub(crate) fn new(target: &'t Target, seed: u64, keep: bool) -> Self {
        set_hook(Box::new(|_| {}));
        Self {
            target,
            chance: Chance::new(seed),
            corpus: Vec::new(),
            seen: HashSet::new(),
            count: 0,
            most: 0,
            keep,
        }
    }

    /// Runs the seeds, and then what becomes of them, for so long.
    pub(crate) fn run(&mut self, time: Duration) -> Option<Find> {
        let start = Instant::now();
        let mut seeds = (self.target.seeds)();
        seeds.extend(kept(self.target));
        for seed in seeds {
            if let Some(find) = self.try_one(&seed) {
                return Some(find);
            }
            self.corpus.push(seed);
        }
        while start.elapsed() < time {
            let base = self.chance.below(self.corpus.len());
            let input = mutate(&mut self.chance, &self.corpus[base], &self.corpus);
            let known = self.seen.len();
            if let Some(find) = self.try_one(&input) {
                return Some(find);
            }
            if self.seen.len() > known && self.corpus.len() < CORPUS_LIMIT {
                self.corpus.push(input);
            }
        }
        None
    }

    /// Runs the inputs in files.
    pub(crate) fn run_files(&mut self, files: &[PathBuf]) -> Option<Find> {
        files.iter().find_map(|file| match fs::read(file) {
            Ok(input) => self.try_one(&input),
            Err(error) => Some(Find { why: error.to_string(), file: file.clone() }),
        })
    }

    fn try_one(&mut self, input: &[u8]) -> Option<Find> {
        if self.keep {
            write(&artifact(self.target, "last"), input);
        }
        let (region, start) = (Region::new(ALLOCATOR), Instant::now());
        let ran = catch_unwind(AssertUnwindSafe(|| (self.target.run)(input)));
        let (allocated, took) = (region.change().bytes_allocated, start.elapsed());
        self.count += 1;
        let why = match ran {
            Err(panic) => format!("panicked: {}", text(&*panic)),
            Ok(digest) => {
                if self.seen.len() < SEEN_LIMIT {
                    self.seen.insert(digest);
                }
                // What is set up once is no input's fault.
                let is_first = self.count == 1;
                self.most = self.most.max(if is_first { 0 } else { allocated });
                let budget = budget(self.target, input);
                if took > INPUT_LIMIT {
                    format!("took {took:?}")
                } else if allocated > budget && !is_first {
                    format!("allocated {allocated} bytes, the budget is {budget}")
                } else {
                    return None;
                }
            }
        };
        let file = artifact(self.target, &format!("{:016x}", Digest::of(input).0));
        write(&file, input);
        Some(Find { why, file })
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("with a value")
}

/// Returns how many bytes a target may have allocated for an input.
pub(crate) fn budget(target: &Target, input: &[u8]) -> usize {
    target.budget + BYTES_PER_BYTE * input.len()
}

/// Returns the folder of the fuzz targets.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn artifact(target: &Target, name: &str) -> PathBuf {
    folder().join("artifacts").join(target.name).join(name)
}

/// Returns inputs that once found something, and must not again.
pub(crate) fn kept(target: &Target) -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder().join("found").join(target.name)).into_iter().flatten();
    let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
    files.sort();
    files.iter().filter_map(|file| fs::read(file).ok()).collect()
}

/// Writes the seeds of a target for libFuzzer.
pub(crate) fn write_seeds(target: &Target) {
    let corpus = folder().join("corpus").join(target.name);
    for (index, seed) in (target.seeds)().iter().chain(&kept(target)).enumerate() {
        write(&corpus.join(format!("seed-{index:03}")), seed);
    }
}

fn write(file: &Path, bytes: &[u8]) {
    let folder = file.parent().expect("it lies in a folder");
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(file, bytes));
    written.unwrap_or_else(|error| eprintln!("cannot write `{}`: {error}", file.display()));
}

impl fmt::Display for Hunt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, ends, most) = (self.count, self.seen.len(), self.most >> 10);
        write!(f, "passed: {count} inputs, {ends} different ends, at most {most} KiB for one")
    }
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FAILED: {} by `{}`", self.why, self.file.display())
    }
}
