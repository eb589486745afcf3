//! The view: asks the summary again and again, and shows what it says.

use std::io::{self, IsTerminal, Write};

use lyceum::Time;
use lyceum::prelude::*;
use lyceum::wire::Endpoint;
use thiserror::Error;

use super::options::Options;
use super::screen::Screen;
use super::summary::{Report, Summary};
use super::units::count;
use super::{json, lines, table};

/// How long the first picture waits for sources that have not looked yet, and how often it asks.
const FIRST: Duration = Duration::from_secs(1);
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Where and how reports are shown.
pub(crate) enum View {
    /// A table in a terminal, drawn in place, which says where the node listens.
    Table(Screen, Option<Endpoint>),
    /// Plain lines.
    Lines,
    /// JSON, one object a line.
    Json,
}

/// Says why a report was not shown.
#[derive(Debug, Error)]
pub(crate) enum ViewError {
    #[error("cannot print a report")]
    Print(#[from] io::Error),
    #[error("cannot get a report")]
    Ask(#[from] CallError),
}

impl ViewError {
    /// Returns whether the reader went away, as in `| head`: an end, and no fault.
    pub(crate) fn is_end_of_reader(&self) -> bool {
        matches!(self, Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl View {
    /// Chooses what suits the options and the place that the output goes to.
    ///
    /// Says where the node listens, if it does: a program that starts this one reads it there.
    pub(crate) fn open(options: &Options, endpoint: Option<Endpoint>) -> io::Result<Self> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
        if !options.json && io::stdout().is_terminal() && !is_dumb {
            return Ok(Self::Table(Screen::open()?, endpoint));
        }
        let view = if options.json { Self::Json } else { Self::Lines };
        match endpoint {
            Some(endpoint) if options.json => print(&json::listening(&endpoint))?,
            Some(endpoint) => print(&format!("listening at {endpoint}"))?,
            None => {}
        }
        Ok(view)
    }

    /// Shows what the summary says at regular times, at least once, until the time is over.
    pub(crate) async fn follow(
        &self,
        node: &Node,
        summary: &Handle<Summary>,
        options: &Options,
    ) -> Result<(), ViewError> {
        let mut report = first(node, summary).await?;
        let mut due = node.now();
        let end = options.time.map(|time| Time::START + time);
        loop {
            self.show(&report)?;
            due = next(due, options.every, node.now());
            if let Some(end) = end.filter(|end| *end < due) {
                node.sleep(end - node.now()).await;
                return Ok(());
            }
            node.sleep(due - node.now()).await;
            report = summary.report().await?;
        }
    }

    fn show(&self, report: &Report) -> io::Result<()> {
        match self {
            Self::Table(screen, endpoint) => {
                screen.draw(&table::compose(report, endpoint.as_ref(), screen.size()))
            }
            Self::Lines => print(&lines::round(report)),
            Self::Json => print(&json::round(report)?),
        }
    }

    /// Shows how it ended.
    pub(crate) fn close(self, last: &Report) -> Result<(), ViewError> {
        match self {
            Self::Table(screen, endpoint) => {
                let table = table::compose(last, endpoint.as_ref(), screen.size());
                screen.close(&table[..table.len() - 1])?;
                print(&ending(last))?;
            }
            Self::Lines => print(&ending(last))?,
            Self::Json => print(&json::end(last))?,
        }
        Ok(())
    }
}

/// Returns a first report in which each source has looked, or what there is after a while.
async fn first(node: &Node, summary: &Handle<Summary>) -> Result<Report, CallError> {
    let end = node.now() + FIRST;
    loop {
        let report = summary.report().await?;
        if report.is_complete() || node.now() >= end {
            return Ok(report);
        }
        node.sleep(ASK_AGAIN).await;
    }
}

/// Returns the next regular time that is not past.
fn next(last: Time, every: Duration, now: Time) -> Time {
    let due = last + every;
    if due >= now { due } else { now + every }
}

fn ending(last: &Report) -> String {
    format!(
        "ended after {:.1} s: {} stopped, {} handled, {} raised",
        last.age.as_secs_f64(),
        count(last.agents.len() as u64, "agent"),
        count(last.messages(), "message"),
        count(last.log.raised, "alarm"),
    )
}

/// Prints a line. Unlike `println!`, it returns why it cannot.
fn print(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
