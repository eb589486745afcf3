//! The decoders as one program under test: the first byte of its input chooses the decoder.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::ExitCode;

use lyceum_fuzz::{Digest, TARGETS, Target};
use stats_alloc::Region;

use crate::mutation::{Chance, mutate};
use crate::{ALLOCATOR, hunt, planted};

/// What drives a node over the network, which there is none of in a sandbox.
const NETWORKED: [&str; 2] = ["aiomas-node", "mosaik"];
/// The byte that chooses the first decoder. Others follow in the order of the targets.
const FIRST: u8 = b'a';
/// The most bytes that are read of an input.
const INPUT_LIMIT: u64 = 1 << 20;
/// How many seeds each decoder has, so that each gets its share of the sessions.
const SEEDS: RangeInclusive<usize> = 8..=12;
/// How often seeds are changed to have enough of them.
const CHANGES: usize = 100;
/// The most bytes of a seed, as in `decoders.toml`.
const SEED_LIMIT: usize = 16 << 10;
/// How many bytes a decoder may have allocated for what it sets up once.
const SET_UP: usize = 16 << 20;

/// What the program ends with if it cannot read its input.
const UNREAD: u8 = 2;
/// What it ends with if a decoder allocated too much.
const OVER_BUDGET: u8 = 3;

/// How many seeds there are for each decoder, by its name.
pub(crate) type Seeds = Vec<(&'static str, u64)>;

/// The decoders of the program under test.
pub(crate) struct Decoders(Vec<Target>);

impl Decoders {
    /// Returns all that need no network.
    pub(crate) fn all() -> Self {
        let decodes = |target: &&Target| !NETWORKED.contains(&target.name);
        Self(TARGETS.iter().filter(decodes).copied().collect())
    }

    /// Adds the one with a fault, behind the others.
    pub(crate) fn with_planted(mut self) -> Self {
        self.0.push(planted::TARGET);
        self
    }

    /// Decodes a file, or standard input for `-`, as a program under test.
    ///
    /// By what is printed a campaign knows inputs that lead somewhere new.
    pub(crate) fn decode(&self, file: &Path) -> ExitCode {
        let bytes = match read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("error: cannot read `{}`: {error}", file.display());
                return ExitCode::from(UNREAD);
            }
        };
        let Some((target, input)) = self.choose(&bytes) else {
            println!("nothing");
            return ExitCode::SUCCESS;
        };
        // Before it runs, so that a crash, too, has the name.
        println!("{}", target.name);
        let region = Region::new(ALLOCATOR);
        let digest = (target.run)(input);
        let allocated = region.change().bytes_allocated;
        println!("{}: {}", target.name, letters(digest));
        let budget = SET_UP + hunt::budget(target, input);
        if allocated > budget {
            let name = target.name;
            eprintln!("{name} allocated {allocated} bytes, more than its budget of {budget}");
            return ExitCode::from(OVER_BUDGET);
        }
        ExitCode::SUCCESS
    }

    fn choose<'i>(&self, input: &'i [u8]) -> Option<(&Target, &'i [u8])> {
        let (first, rest) = input.split_first()?;
        // Any byte chooses one, so that no input is lost.
        let place = usize::from(first.wrapping_sub(FIRST)) % self.0.len();
        Some((&self.0[place], rest))
    }

    /// Writes inputs to begin with, and returns how many each decoder has.
    pub(crate) fn write_seeds(&self, folder: &Path) -> io::Result<Seeds> {
        fs::create_dir_all(folder)?;
        let mut counts = Vec::new();
        for (first, target) in (FIRST..).zip(&self.0) {
            let seeds = seeds(target);
            for (place, seed) in seeds.iter().enumerate() {
                let name = format!("{}-{place:02}", target.name);
                fs::write(folder.join(name), [&[first], seed.as_slice()].concat())?;
            }
            counts.push((target.name, seeds.len() as u64));
        }
        Ok(counts)
    }
}

/// Returns what once found something, then seeds of all kinds, and some that were changed where
/// there are few.
fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut seeds = hunt::kept(target);
    let mut others = (target.seeds)();
    others.retain(|seed| seed.len() < SEED_LIMIT && !seeds.contains(seed));
    others.sort();
    others.dedup();
    let step = others.len().div_ceil(*SEEDS.end()).max(1);
    seeds.extend(others.into_iter().step_by(step));
    let mut chance = Chance::new(1);
    for _ in 0..CHANGES {
        if seeds.len() >= *SEEDS.start() {
            break;
        }
        let base = chance.below(seeds.len());
        let changed = mutate(&mut chance, &seeds[base], &[]);
        if !seeds.contains(&changed) {
            seeds.push(changed);
        }
    }
    seeds
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let input: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(file)?),
    };
    input.take(INPUT_LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns two letters for a digest: to a campaign, all numbers are the same. There are as many
/// ends of each decoder as a campaign can remember.
fn letters(digest: Digest) -> String {
    // None is a hexadecimal digit.
    let letter = |shift: u32| char::from(b'g' + (digest.0 >> shift & 0xf) as u8);
    [letter(4), letter(0)].iter().collect()
}
