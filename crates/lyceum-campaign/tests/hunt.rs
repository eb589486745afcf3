//! The bugs of the targets are found from their three inputs, by what decides in a campaign.

use std::fs;
use std::path::{Path, PathBuf};

use lyceum_campaign::process::{Ending, Exit, Input, Limits, Program, TerminalSize};
use lyceum_campaign::sandbox::{self, Keeper, Sandbox};
use lyceum_campaign::{
    Corpus, CorpusLimits, Find, FindKind, MinimizeStatus, Minimizer, Mutator, Novelty, ProjectFile,
    Strength,
};
use rand::SeedableRng;
use rand::rngs::SmallRng;

#[path = "machine/refusal.rs"]
mod refusal;

use refusal::has_sandboxes;

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

/// Sessions after which a bug counts as not found.
const SESSIONS: u64 = 10_000;

/// A campaign without universes: one session after the other.
struct Hunt {
    keeper: Keeper,
    program: PathBuf,
    directory: PathBuf,
    project: ProjectFile,
    corpus: Corpus,
    novelty: Novelty,
    mutator: Mutator,
    strength: Strength,
    random: SmallRng,
}

impl Hunt {
    fn new(name: &str, program: &str) -> Self {
        let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets");
        let text = format!("command = {program:?}\naccept = [0, 1]\nlimits.time = \"1s\"\n");
        let project = ProjectFile::parse(&text, &targets.join("a.toml")).unwrap();
        let limits = CorpusLimits { input_bytes: project.input_size, ..CorpusLimits::default() };
        let seeds = targets.join("corpus").join(name);
        let (corpus, _) = Corpus::read_folder(&seeds, limits).unwrap();
        // The tests of this program may run side by side, two of them with the same target.
        let test = std::thread::current().name().unwrap_or("main").to_owned();
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("hunt-{name}-{test}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        Self {
            keeper: Keeper::of_program(KEEPER, Sandbox::On).unwrap(),
            program: program.into(),
            directory,
            mutator: Mutator::new(project.input_size).with_words(corpus.tokens(100)),
            strength: Strength::new(project.strength),
            project,
            corpus,
            novelty: Novelty::default(),
            random: SmallRng::seed_from_u64(1),
        }
    }

    /// Runs sessions until the bug is found, and returns how many it took and the input.
    fn run(&mut self, bug: &str, is_terminal: bool) -> Option<(u64, Vec<u8>)> {
        for session in 1..=SESSIONS {
            let place = self.corpus.choose(&mut self.random)?;
            let input = self.corpus.inputs()[place].bytes.clone();
            let other = self.corpus.other(place, &mut self.random);
            let strength = self.strength.value();
            let mutant = self.mutator.mutate(&input, other, strength, &mut self.random);
            let (exit, output, find) = self.session(mutant.bytes.clone(), is_terminal);
            if find.is_some_and(|find| find.key().starts_with(bug)) {
                return Some((session, mutant.bytes));
            }
            if self.novelty.is_new(exit.ending, &output, &mutant.bytes) {
                self.corpus.keep(&mutant.bytes, session, 0.0);
            }
            let is_refused = exit.ending == Ending::Code(1);
            self.strength.record(if is_refused { -0.5 } else { 0.0 }, false);
        }
        None
    }

    fn session(&mut self, input: Vec<u8>, is_terminal: bool) -> (Exit, Vec<u8>, Option<Find>) {
        let limits = Limits::from(&self.project.limits);
        let mut program =
            Program::new(&self.program, &self.directory).input(Input::Bytes(input)).limits(limits);
        if is_terminal {
            program = program.terminal(TerminalSize::default());
        }
        self.keeper.start(&program).unwrap();
        let exit = self.keeper.wait().unwrap();
        let mut output = fs::read(program.output_path()).unwrap();
        output.extend(fs::read(program.error_output_path()).unwrap_or_default());
        let mut scanner = self.project.scanner();
        scanner.feed(&output);
        scanner.finish();
        let is_pattern = scanner.score() >= self.project.success_score;
        let files = fs::read_dir(&self.directory).unwrap().count();
        let kind = FindKind::of(&exit, &self.project.accepted_exit_codes)
            .or_else(|| (files > self.project.limits.files).then_some(FindKind::LeftFiles))
            .or_else(|| is_pattern.then_some(FindKind::Pattern));
        let find = kind.map(|kind| Find::new(kind, &output, scanner.best_hit()));
        if files > 2 {
            // More than what it printed: the next session begins without.
            fs::remove_dir_all(&self.directory).unwrap();
            fs::create_dir(&self.directory).unwrap();
        }
        (exit, output, find)
    }
}

macro_rules! found {
    ($($test:ident: $program:literal => $bug:literal;)+) => {$(
        #[test]
        fn $test() {
            if !has_sandboxes(KEEPER) {
                return;
            }
            let name = stringify!($test);
            let mut hunt = Hunt::new(name, env!(concat!("CARGO_BIN_EXE_target-", $program)));

            let found = hunt.run($bug, name == "terminal");

            fs::remove_dir_all(&hunt.directory).unwrap();
            let (sessions, input) = found.expect("it was not found");
            println!("{name}: {sessions} sessions, {} bytes", input.len());
        }
    )+};
}

// What tells the find of each bug from others, but for lines of its source.
found! {
    overflow: "overflow" => "sigabrt: buffer overflow: # bytes in #";
    utf8: "utf8" => "exitcode101 at targets/utf8.rs:";
    nesting: "nesting" => "sigabrt: has overflowed its stack";
    endless: "endless" => "timeout";
    memory: "memory" => "sigabrt: memory allocation of # bytes failed";
    division: "division" => "exitcode101 at targets/division.rs:";
    exit_code: "exit-code" => "pattern: fatal error: no value in '...'";
    detach: "detach" => "left_processes";
    stubborn: "stubborn" => "timeout";
    flood: "flood" => "output_limit";
    leak: "leak" => "left_files";
    segfault: "segfault" => "sigsegv";
    checksum: "checksum" => "exitcode101 at targets/checksum.rs:";
    states: "states" => "exitcode101 at targets/states.rs:";
    disk: "disk" => "disk_limit";
    terminal: "terminal" => "exitcode101 at targets/terminal.rs:";
}

#[test]
fn found_input_is_minimized_by_sessions() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let mut hunt = Hunt::new("nesting", env!("CARGO_BIN_EXE_target-nesting"));
    let bug = "sigabrt: has overflowed its stack";
    let (_, input) = hunt.run(bug, false).unwrap();
    let mut minimizer = Minimizer::new(input.clone(), 200);

    while let Some(trial) = minimizer.trial().map(<[u8]>::to_vec) {
        let (_, _, find) = hunt.session(trial, false);
        minimizer.answer(find.is_some_and(|find| find.key() == bug));
    }

    let (_, _, find) = hunt.session(minimizer.best().to_vec(), false);
    fs::remove_dir_all(&hunt.directory).unwrap();
    assert_eq!(find.unwrap().key(), bug);
    assert_eq!(minimizer.status(), MinimizeStatus::OutOfTrials);
    assert!(minimizer.best().len() < input.len(), "{} bytes", input.len());
}

#[test]
fn input_of_one_byte_is_left_of_a_text_that_is_none() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let mut hunt = Hunt::new("utf8", env!("CARGO_BIN_EXE_target-utf8"));
    let bug = "exitcode101 at targets/utf8.rs:";
    let mut minimizer = Minimizer::new(b"some words and \xff others".to_vec(), 200);

    while let Some(trial) = minimizer.trial().map(<[u8]>::to_vec) {
        let (_, _, find) = hunt.session(trial, false);
        minimizer.answer(find.is_some_and(|find| find.key().starts_with(bug)));
    }

    fs::remove_dir_all(&hunt.directory).unwrap();
    assert_eq!(
        (minimizer.best(), minimizer.status()),
        (b"\xff".as_slice(), MinimizeStatus::Smallest)
    );
}
