//! Reports as text.

use std::fmt::Write;

use super::printable::{counted, escaped, grouped, line};
use super::replay::shell_words;
use super::seconds::shown;
use super::summary::{CampaignSummary, Report, ReportedFind};

/// Bytes of an input that are written.
const INPUT: usize = 60;

impl Report {
    /// Writes the report as text, for a terminal or a log.
    ///
    /// What programs printed, and what is no text in inputs, is written without commands to the
    /// terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = write_summary(&mut text, &self.summary);
        let _ = match self.finds.len() as u64 {
            0 => writeln!(text, "\nNothing was found."),
            count => writeln!(text, "\n{}:", counted(count, "find", "finds")),
        };
        for (number, find) in (1..).zip(&self.finds) {
            let _ = write_find(&mut text, number, find);
        }
        for note in &self.summary.notes {
            let _ = writeln!(text, "\nNote: {}", line(note));
        }
        text
    }
}

fn write_summary(text: &mut String, summary: &CampaignSummary) -> std::fmt::Result {
    writeln!(text, "Campaign {}", line(&summary.project))?;
    let mut row = |name: &str, value: &str| writeln!(text, "  {name:<10} {}", line(value));
    row("command", &shell_words(&summary.command))?;
    if !summary.started.is_empty() {
        row("started", &summary.started)?;
    }
    row("ended", &format!("after {}: {}", shown(summary.duration), summary.ended.shown()))?;
    let sessions = counted(summary.sessions, "session", "sessions");
    let speed = summary.sessions_per_second();
    row("sessions", &format!("{sessions}, {speed:.1} per second"))?;
    let successes = counted(summary.successes, "success", "successes");
    row("scores", &format!("{successes}, {} refused", grouped(summary.refusals)))?;
    let seeds = counted(summary.seeds as u64, "seed", "seeds");
    row("inputs", &format!("{seeds}, {} kept", summary.kept_inputs))?;
    let universes = counted(summary.universes as u64, "universe", "universes");
    let sandbox = if summary.is_sandboxed { "in a sandbox" } else { "without a sandbox" };
    row("run", &format!("{universes}, {sandbox}, seed {}", summary.seed))
}

fn write_find(text: &mut String, number: usize, find: &ReportedFind) -> std::fmt::Result {
    let name = line(&find.name);
    let times = counted(find.times, "time", "times");
    writeln!(text, "{number:>3}. {name}  {}, {times}", find.percent())?;
    writeln!(text, "     cause   {}", line(&find.find.key()))?;
    let after = shown(find.found_after);
    writeln!(text, "     first   session {}, after {after}", find.first_session)?;
    let size = counted(find.input_size as u64, "byte", "bytes");
    match &find.minimized {
        Some(minimized) => {
            let smaller = counted(minimized.bytes.len() as u64, "byte", "bytes");
            let bytes = escaped(&minimized.bytes, INPUT);
            writeln!(text, "     input   {size}, minimized to {smaller}: \"{bytes}\"")?;
        }
        None => writeln!(text, "     input   {size}")?,
    }
    writeln!(text, "     replay  {}", line(&shell_words(&find.replay)))
}
