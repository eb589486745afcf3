//! The finds of a report.

use super::markup::Markup;
use crate::find::{Find, FindKind};
use crate::minimize::MinimizeStatus;
use crate::report::printable::{counted, dump, escaped, grouped};
use crate::report::replay::shell_words;
use crate::report::seconds::shown;
use crate::report::summary::{MinimizedInput, ReportedFind};

/// The most finds that are on a page.
const MOST: usize = 500;

/// Bytes of an input that are shown.
const INPUT: usize = 1_024;

/// Bytes of a row of digits, beside which they are text already.
const ROW: usize = 16;

/// Writes the finds, or that there are none.
pub(super) fn section(page: &mut Markup, finds: &[ReportedFind]) {
    page.raw("<section>\n<h2>Finds</h2>\n");
    if finds.is_empty() {
        page.raw("<p class=\"nothing\">Nothing was found.</p>\n</section>\n");
        return;
    }
    page.raw("<div class=\"finds\">\n<div class=\"row head\"><span>what</span><span>cause</span>")
        .raw("<span>score</span><span>times</span><span>first</span><span>input</span></div>\n");
    for (number, find) in finds.iter().take(MOST).enumerate() {
        // The first one is open, so that a reader sees that they open.
        page.raw(if number == 0 { "<details open>\n" } else { "<details>\n" });
        row(page, find);
        body(page, find);
        page.raw("</details>\n");
    }
    page.raw("</div>\n");
    if finds.len() > MOST {
        let rest = counted((finds.len() - MOST) as u64, "more find is", "more finds are");
        page.raw("<p class=\"note\">").text(&rest).raw(" in the report as JSON.</p>\n");
    }
    page.raw("</section>\n");
}

fn row(page: &mut Markup, find: &ReportedFind) {
    let kind = find.find.kind;
    page.raw("<summary class=\"row\"><span class=\"chip ").raw(class(kind)).raw("\">");
    page.text(&kind.to_string()).raw("</span><span class=\"cause\">").text(&headline(&find.find));
    page.raw("</span><span>").text(&find.percent()).raw("</span><span>");
    page.text(&grouped(find.times)).raw("</span><span>").text(&shown(find.found_after));
    page.raw("</span><span>").text(&sizes(find)).raw("</span></summary>\n");
}

fn class(kind: FindKind) -> &'static str {
    match kind {
        FindKind::Signal(_) => "signal",
        FindKind::ExitCode(_) => "exit",
        FindKind::Pattern => "pattern",
        _ => "limit",
    }
}

/// Returns what says most about a find in a few words.
fn headline(find: &Find) -> String {
    let cause = &find.cause;
    let known = cause.frames.first().or(cause.message.as_ref()).or(cause.pattern.as_ref());
    known.cloned().unwrap_or_else(|| match find.kind {
        FindKind::Timeout => "it ran too long".to_owned(),
        FindKind::CpuTime => "it used too much time of a processor".to_owned(),
        FindKind::Memory => "it asked for too much memory".to_owned(),
        FindKind::OutputLimit => "it printed too much".to_owned(),
        FindKind::LineLimit => "it printed too many lines".to_owned(),
        FindKind::DiskLimit => "its files became too large".to_owned(),
        FindKind::LeftProcesses => "it left processes behind".to_owned(),
        FindKind::LeftFiles => "it left too many files behind".to_owned(),
        FindKind::Opinion => "the session's agents think so".to_owned(),
        _ => "it said nothing".to_owned(),
    })
}

fn sizes(find: &ReportedFind) -> String {
    let size = grouped(find.input_size as u64);
    match &find.minimized {
        Some(minimized) => format!("{size} → {} B", grouped(minimized.bytes.len() as u64)),
        None => format!("{size} B"),
    }
}

fn body(page: &mut Markup, find: &ReportedFind) {
    page.raw("<div class=\"body\">\n<dl>\n");
    let mut fact = |name: &str, value: &str| {
        page.raw("<div><dt>").text(name).raw("</dt><dd>").text(value).raw("</dd></div>\n");
    };
    fact("Directory", &find.name);
    fact("Found first in", &format!("session {}", grouped(find.first_session)));
    let cause = &find.find.cause;
    if let Some(message) = &cause.message {
        fact("Message", message);
    }
    if let Some(pattern) = &cause.pattern {
        fact("Pattern", pattern);
    }
    page.raw("</dl>\n");
    if !cause.frames.is_empty() {
        page.raw("<h3>Innermost functions</h3>\n<ol class=\"frames\">\n");
        for frame in &cause.frames {
            page.raw("<li><code>").text(frame).raw("</code></li>\n");
        }
        page.raw("</ol>\n");
    }
    page.raw("<h3>Run it again</h3>\n<pre class=\"replay\">").text(&shell_words(&find.replay));
    page.raw("</pre>\n");
    if let Some(minimized) = &find.minimized {
        input(page, minimized);
    }
    page.raw("</div>\n");
}

fn input(page: &mut Markup, minimized: &MinimizedInput) {
    let size = counted(minimized.bytes.len() as u64, "byte", "bytes");
    let trials = counted(minimized.trials as u64, "trial", "trials");
    let state = match minimized.status {
        MinimizeStatus::Smallest => "as small as it gets",
        MinimizeStatus::NotReproduced => "as it was, since it did not fail again",
        _ => "as small as it became",
    };
    page.raw("<h3>Minimized input</h3>\n<p>").text(&format!("{size}, {state}, after {trials}"));
    page.raw("</p>\n");
    if minimized.bytes.len() > ROW {
        page.raw("<pre>").text(&escaped(&minimized.bytes, INPUT)).raw("</pre>\n");
    }
    page.raw("<pre class=\"dump\">").text(&dump(&minimized.bytes, INPUT)).raw("</pre>\n");
}
