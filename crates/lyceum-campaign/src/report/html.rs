//! Reports as a page: one file without scripts, fonts or pictures from elsewhere.

mod bins;
mod charts;
mod finds;
mod markup;
mod plot;
mod scale;
mod style;

use super::printable::{counted, grouped};
use super::replay::shell_words;
use super::seconds::shown;
use super::summary::{CampaignSummary, Report};
use markup::Markup;

impl Report {
    /// Writes the report as a page.
    ///
    /// It is one file that loads nothing and runs nothing. What comes from the program under test
    /// is text in it, whatever it says.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut page = Markup::new();
        page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .raw("<meta http-equiv=\"Content-Security-Policy\" ")
            .raw("content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .raw(
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
            )
            .text(&self.summary.project)
            .raw(" - campaign report</title>\n<style>")
            .raw(style::STYLE)
            .raw("</style>\n</head>\n<body>\n<main>\n");
        header(&mut page, &self.summary);
        tiles(&mut page, self);
        notes(&mut page, &self.summary.notes);
        finds::section(&mut page, &self.finds);
        charts::section(&mut page, self);
        facts(&mut page, &self.summary);
        page.raw("</main>\n</body>\n</html>\n");
        page.into_string()
    }
}

fn header(page: &mut Markup, summary: &CampaignSummary) {
    page.raw("<header>\n<p class=\"kind\">Campaign report</p>\n<h1>")
        .text(&summary.project)
        .raw("</h1>\n<p class=\"command\"><code>")
        .text(&shell_words(&summary.command))
        .raw("</code></p>\n<p class=\"when\">");
    if !summary.started.is_empty() {
        page.text(&format!("Started {}. ", summary.started));
    }
    let ended = format!("It ran for {}, until {}.", shown(summary.duration), summary.ended.shown());
    page.text(&ended).raw("</p>\n</header>\n");
}

/// The figures that are looked at first.
fn tiles(page: &mut Markup, report: &Report) {
    let summary = &report.summary;
    let speed = summary.sessions_per_second();
    let speed = if speed < 10.0 { format!("{speed:.1}") } else { grouped(speed.round() as u64) };
    let strength = report.history.points().last().map_or(0.0, |point| point.mean_strength);
    let found = report.finds.len() as u64;
    let figures: [(&str, String, &'static str); 6] = [
        ("finds", grouped(found), if found > 0 { "tile found" } else { "tile" }),
        ("sessions", grouped(summary.sessions), "tile"),
        ("sessions per second", speed, "tile"),
        ("successes", grouped(summary.successes), "tile"),
        ("inputs kept", grouped(summary.kept_inputs as u64), "tile"),
        ("strength at the end", format!("{strength:.2}"), "tile"),
    ];
    page.raw("<section class=\"tiles\">\n");
    for (name, value, class) in figures {
        page.raw("<div class=\"").raw(class).raw("\"><b>").text(&value).raw("</b><span>");
        page.text(name).raw("</span></div>\n");
    }
    page.raw("</section>\n");
}

fn notes(page: &mut Markup, notes: &[String]) {
    for note in notes {
        page.raw("<p class=\"note\">").text(note).raw("</p>\n");
    }
}

/// What one needs to run the campaign again.
fn facts(page: &mut Markup, summary: &CampaignSummary) {
    let sandbox = if summary.is_sandboxed { "on" } else { "off" };
    let facts = [
        ("Seed", summary.seed.to_string()),
        ("Universes", summary.universes.to_string()),
        ("Sandbox", sandbox.to_owned()),
        ("Seed inputs", summary.seeds.to_string()),
        ("Refused sessions", grouped(summary.refusals)),
        ("Success from", format!("{:.0} %", summary.success_score * 100.0)),
        ("Refused up to", format!("{:.0} %", summary.error_score * 100.0)),
        ("Finds without room", counted(summary.refused_finds, "find", "finds")),
    ];
    page.raw("<section>\n<h2>Settings</h2>\n<dl class=\"facts\">\n");
    for (name, value) in facts {
        page.raw("<div><dt>").text(name).raw("</dt><dd>").text(&value).raw("</dd></div>\n");
    }
    page.raw("</dl>\n</section>\n");
}
