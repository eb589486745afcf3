//! Measures what a session costs beyond the program that runs in it.
//!
//! One program is run again and again in three ways, in turn: by the standard library, which starts
//! it and waits for it; by a keeper without a sandbox; and by one with it. The program works for a
//! given time, or not at all.

use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use lyceum_bench_figures::report::{self, Row};
use lyceum_bench_figures::{Metric, Samples, Unit, machine, text};
use lyceum_campaign::process::Program;
use lyceum_campaign::sandbox::{Keeper, Sandbox, main_if_stub};

/// What is measured, for a program that only starts and for one that works.
const METRICS: [(Metric, Duration); 2] = [
    (Metric("session-of-nothing", Unit::Microseconds), Duration::ZERO),
    (Metric("session-of-10-ms", Unit::Microseconds), Duration::from_millis(10)),
];

#[derive(Parser)]
#[command(about = "Measures what a session costs beyond its program")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures runs of one program in three ways
    Sessions(Options),
    /// Works for so many microseconds
    #[command(hide = true)]
    Work { microseconds: u64 },
}

#[derive(Args)]
struct Options {
    /// Rounds
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Writes the figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Runs few rounds: shows that everything runs, measures nothing
    #[arg(long)]
    quick: bool,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    main_if_stub();
    match Cli::parse().command {
        Command::Work { microseconds } => work(Duration::from_micros(microseconds)),
        Command::Sessions(options) => measure(&options)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Keeps a processor busy, for as long as it gets one.
fn work(time: Duration) {
    let began = Instant::now();
    let mut sum = 0_u64;
    while began.elapsed() < time {
        sum = black_box(sum.wrapping_add(1));
    }
}

fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    let rounds = if options.quick { 5 } else { options.rounds };
    let folder = std::env::temp_dir().join(format!("lyceum-sessions-{}", process::id()));
    fs::create_dir_all(&folder)?;
    println!("{}", machine::summary());
    let mut rows = Vec::new();
    for (metric, time) in METRICS {
        rows.extend(one(&folder, metric, time, rounds)?);
    }
    fs::remove_dir_all(&folder)?;
    if let Some(file) = &options.json {
        report::write(file, &rows)?;
    }
    Ok(())
}

/// Measures one program, the three ways in turn, and shows the figures.
fn one(
    folder: &Path,
    metric: Metric,
    time: Duration,
    rounds: u32,
) -> Result<Vec<Row>, Box<dyn Error>> {
    let work = time.as_micros().to_string();
    let program = std::env::current_exe()?;
    let session = Program::new(&program, folder).argument("work").argument(&work);
    let mut bare = Keeper::new(Sandbox::Off)?;
    let mut sandboxed = Keeper::new(Sandbox::On)?;
    let mut figures = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        let taken = [
            timed(|| spawned(&program, folder, &work))?,
            timed(|| kept(&mut bare, &session))?,
            timed(|| kept(&mut sandboxed, &session))?,
        ];
        for (all, taken) in figures.iter_mut().zip(taken) {
            all.push(taken.as_secs_f64() * 1e6);
        }
    }
    let names = ["std", "lyceum-bare", "lyceum-sandbox"];
    let all: Vec<Samples> = figures.into_iter().map(Samples::new).collect();
    let base = all[0].median();
    println!("{} in {}", metric.0, metric.1);
    for (name, samples) in names.iter().zip(&all) {
        let more = 100.0 * (samples.median() / base - 1.0);
        println!("  {name:<16} {:>24}  {more:+.1} %", text::cell(samples));
    }
    let rows = names.iter().zip(&all);
    Ok(rows.map(|(name, samples)| Row::new(metric, name, "process".to_owned(), samples)).collect())
}

fn timed(run: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let began = Instant::now();
    run()?;
    Ok(began.elapsed())
}

/// What a campaign without limits and sandbox would do: the least that any has to.
fn spawned(program: &Path, folder: &Path, work: &str) -> Result<(), Box<dyn Error>> {
    let mut command = process::Command::new(program);
    command.args(["work", work]).env_clear().current_dir(folder).stdin(Stdio::null());
    command.stdout(File::create(folder.join("stdout"))?);
    let status = command.stderr(File::create(folder.join("stderr"))?).status()?;
    if status.success() { Ok(()) } else { Err(status.to_string().into()) }
}

fn kept(keeper: &mut Keeper, session: &Program) -> Result<(), Box<dyn Error>> {
    keeper.start(session)?;
    let exit = keeper.wait()?;
    if exit.is_success() { Ok(()) } else { Err(format!("{exit:?}").into()) }
}
