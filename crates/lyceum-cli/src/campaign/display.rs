//! How a campaign goes, while it runs: drawn in place on a terminal, line by line elsewhere.

use std::io::{self, IsTerminal, Write};

use lyceum::campaign::Progress;
use rustix::termios::tcgetwinsize;

use super::{printable, say};
use crate::line::{Ink, Line};
use crate::span::stopwatch;

/// Seconds from one plain line to the next.
const PLAIN: u64 = 10;
/// The most finds that are drawn; the report has all.
const FINDS: usize = 8;
/// The column at which values begin.
const VALUES: usize = 11;

/// Shows on standard error how a campaign goes.
pub(super) enum Display {
    Quiet,
    Plain {
        /// The tens of seconds that were told of.
        told: u64,
        /// How many finds were told of.
        finds: usize,
    },
    Drawn {
        /// The lines that are drawn over next time.
        lines: usize,
        styled: bool,
    },
}

impl Display {
    /// Chooses what suits the place that the output goes to.
    pub(super) fn open(quiet: bool) -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
        if quiet {
            Self::Quiet
        } else if io::stderr().is_terminal() && !is_dumb {
            let styled = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            Self::Drawn { lines: 0, styled }
        } else {
            Self::Plain { told: 0, finds: 0 }
        }
    }

    /// Shows how it goes now.
    pub(super) fn show(&mut self, progress: &Progress) {
        match self {
            Self::Quiet => {}
            Self::Plain { told, finds } => {
                // One that is about to be kept has no name yet, and is told of next time.
                let named = progress.finds.iter().skip(*finds).take_while(|name| !name.is_empty());
                for name in named {
                    *finds += 1;
                    say(&format!("found {}", printable(name)));
                }
                let now = progress.elapsed.as_secs() / PLAIN;
                if now > *told {
                    *told = now;
                    say(&progress.to_string());
                }
            }
            Self::Drawn { lines, styled } => {
                let picture = picture(progress);
                let (columns, rows) = size();
                let picture = picture.into_iter().take(rows.saturating_sub(1).max(1));
                let mut text = over(*lines);
                *lines = picture.len();
                for line in picture {
                    // A line that is wrapped would be two to go back over.
                    text += &line.cut(columns.saturating_sub(1)).render(*styled);
                    text += "\n";
                }
                draw(&text);
            }
        }
    }

    /// Clears the place for the report.
    pub(super) fn close(self) {
        if let Self::Drawn { lines, .. } = self {
            draw(&over(lines));
        }
    }
}

/// Returns what a person wants to know, in lines.
fn picture(progress: &Progress) -> Vec<Line> {
    let seconds = progress.elapsed.as_secs_f64();
    let rate = if seconds > 0.0 { progress.sessions as f64 / seconds } else { 0.0 };
    let way = progress.trend.way();
    let row = |name: &str| Line::new(Ink::Faint, name).tab(VALUES);
    let mut lines = vec![
        row("sessions")
            .add(Ink::Strong, progress.sessions.to_string())
            .add(Ink::Plain, format!(" in {}, ", stopwatch(progress.elapsed)))
            .add(Ink::Strong, format!("{rate:.0}"))
            .add(Ink::Plain, " per second"),
        row("scores").add(
            Ink::Plain,
            format!(
                "best {:.0} %, {} {}, {} refused",
                progress.best_score * 100.0,
                progress.successes,
                if progress.successes == 1 { "success" } else { "successes" },
                progress.refusals
            ),
        ),
        row("strength").add(
            Ink::Plain,
            format!(
                "{:.0} %{}{}, {} inputs",
                progress.strength * 100.0,
                if way.is_empty() { "" } else { ", " },
                way,
                progress.inputs
            ),
        ),
    ];
    let count = progress.finds.len();
    let ink = if count > 0 { Ink::Alarm } else { Ink::Calm };
    let mut finds = row("finds").add(ink, count.to_string());
    if progress.minimizing > 0 {
        let text = format!(", the inputs of {} are made smaller", progress.minimizing);
        finds = finds.add(Ink::Plain, text);
    }
    lines.push(finds);
    // The newest are the ones that nobody has read yet.
    let first = count.saturating_sub(FINDS);
    if first > 0 {
        lines.push(row("").add(Ink::Faint, format!("{first} others, and")));
    }
    let newest = progress.finds[first..].iter().filter(|name| !name.is_empty());
    lines.extend(newest.map(|name| row("").add(Ink::Plain, printable(name))));
    lines.push(Line::new(Ink::Faint, "ctrl-c ends with a report"));
    lines
}

/// Returns what goes back over so many lines, and clears them.
fn over(lines: usize) -> String {
    match lines {
        0 => "\r\x1b[J".to_owned(),
        lines => format!("\r\x1b[{lines}A\x1b[J"),
    }
}

/// Returns the columns and rows of the terminal; 80 and 24 if it does not tell.
fn size() -> (usize, usize) {
    match tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => (80, 24),
    }
}

fn draw(text: &str) {
    // A terminal that is gone shows nothing; the campaign goes on.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lyceum::campaign::Trend;

    use super::*;

    fn progress(finds: usize) -> Progress {
        Progress {
            elapsed: Duration::from_secs(83),
            sessions: 24_900,
            successes: 3,
            refusals: 17,
            best_score: 1.0,
            strength: 0.12,
            trend: Trend::Rising,
            inputs: 9,
            finds: (1..=finds).map(|number| format!("timeout-{number}")).collect(),
            minimizing: finds.min(1),
        }
    }

    fn drawn(finds: usize) -> Vec<String> {
        picture(&progress(finds)).iter().map(|line| line.render(false)).collect()
    }

    #[test]
    fn picture_says_how_fast_how_good_and_what_was_found() {
        let lines = drawn(2);

        assert_eq!(lines[0], "sessions   24900 in 1:23, 300 per second");
        assert_eq!(lines[1], "scores     best 100 %, 3 successes, 17 refused");
        assert_eq!(lines[2], "strength   12 %, rising, 9 inputs");
        assert_eq!(lines[3], "finds      2, the inputs of 1 are made smaller");
        assert_eq!(lines[4..6], ["           timeout-1", "           timeout-2"]);
    }

    #[test]
    fn many_finds_leave_the_newest_in_sight() {
        let lines = drawn(11);

        assert_eq!(lines.len(), 4 + 1 + FINDS + 1);
        assert_eq!(lines[4], "           3 others, and");
        assert_eq!(lines[12], "           timeout-11");
    }
}
