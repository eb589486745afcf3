//! `lyceum campaign run`.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Args;
use lyceum::campaign::{Campaign, CampaignError, EndReason, ProjectFile, Report, Stopper};
use lyceum::manager::parse_span;
use tokio::sync::Notify;

use super::display::Display;
use super::{Failure, Verdict, print, say};
use crate::signals::Signals;

/// What is said besides the project file; it wins over the file.
#[derive(Args)]
pub(crate) struct RunOptions {
    /// The project file
    #[arg(default_value = "campaign.toml")]
    project: PathBuf,
    /// Ends after so many sessions
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    sessions: Option<u64>,
    /// Ends after so many finds with different causes
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    finds: Option<u32>,
    /// Ends after this time, such as 30s, 10m or 8h
    #[arg(long, value_name = "TIME", value_parser = parse_span, allow_hyphen_values = true)]
    time: Option<Duration>,
    /// The seed of random numbers
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u64).range(..=ProjectFile::MOST_SEED)
    )]
    seed: Option<u64>,
    /// How many sessions run side by side; as many as there are processors unless set
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    universes: Option<u16>,
    /// Runs the program without a sandbox: it may do whatever you may, such as deleting your files
    /// and reaching the network, and inputs are made to let it do what nobody meant
    #[arg(long)]
    no_sandbox: bool,
    /// Where sessions and the report are written; with -2 and so on behind it, if it is there
    #[arg(long, value_name = "FOLDER")]
    directory: Option<PathBuf>,
    /// Prints the report as JSON
    #[arg(long)]
    json: bool,
    /// Shows nothing while it runs
    #[arg(long)]
    quiet: bool,
}

impl RunOptions {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let (json, quiet) = (self.json, self.quiet);
        // From here on, no signal ends this program without a report.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signals = runtime.block_on(async { Signals::listen() })?;
        let campaign = Campaign::new(self.project()?)?;
        let directory = campaign.directory().to_owned();
        let stopper = campaign.stopper();
        let done = Notify::new();
        let report = thread::scope(|scope| {
            scope.spawn(|| runtime.block_on(heed(signals, &stopper, &done)));
            let _end = End(&done);
            let mut display = Display::open(quiet);
            let report = campaign.run(|progress| display.show(progress));
            display.close();
            report
        });
        let report = report.map_err(with_flag)?;
        if json {
            print(&format!("{}\n", report.to_json().trim_end()));
        } else {
            let report_in = |end: &str| directory.join(format!("report.{end}"));
            print(&report.to_text());
            print(&format!("\nPage: {}\n", report_in("html").display()));
            print(&format!("JSON: {}\n", report_in("json").display()));
        }
        verdict(&report)
    }

    /// Reads the project file, and sets in it what is said besides.
    fn project(self) -> Result<ProjectFile, Failure> {
        let mut project = ProjectFile::read(&self.project)?;
        let stop = &mut project.stop;
        stop.sessions = self.sessions.or(stop.sessions);
        stop.finds = self.finds.map(|finds| finds as usize).or(stop.finds);
        stop.time = self.time.or(stop.time);
        project.seed = self.seed.or(project.seed);
        project.universes = self.universes.map(usize::from).or(project.universes);
        project.directory = self.directory.unwrap_or(project.directory);
        project.is_sandboxed &= !self.no_sandbox;
        if !project.is_sandboxed {
            say("warning: no sandbox: the program may do whatever you may");
        }
        Ok(project)
    }
}

/// Ends the watch for signals with the campaign, even with one that panics.
struct End<'n>(&'n Notify);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Ends the campaign at each signal, until it is done.
async fn heed(mut signals: Signals, stopper: &Stopper, done: &Notify) {
    loop {
        tokio::select! {
            () = signals.next() => stopper.stop(),
            () = done.notified() => return,
        }
    }
}

/// Adds how this program goes on without a sandbox.
fn with_flag(error: CampaignError) -> Failure {
    match error {
        CampaignError::Keeper(_) => format!("{error}, or say `--no-sandbox`").into(),
        error => error.into(),
    }
}

/// Returns how a campaign ended; an error where it could not go on.
fn verdict(report: &Report) -> Result<Verdict, Failure> {
    match &report.summary.ended {
        EndReason::Failed(reason) => Err(format!("the campaign could not go on: {reason}").into()),
        EndReason::Interrupted => Ok(Verdict::Interrupted),
        _ if report.finds.is_empty() => Ok(Verdict::Nothing),
        _ => Ok(Verdict::Found),
    }
}
