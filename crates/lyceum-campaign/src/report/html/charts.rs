//! The plots of a report.

use std::time::Duration;

use super::bins::{self, Bin, Sessions};
use super::markup::Markup;
use super::plot::{self, Plot};
use crate::report::history::History;
use crate::report::printable::counted;
use crate::report::seconds::shown;
use crate::report::summary::Report;

/// Writes all plots, or that there is nothing to plot.
pub(super) fn section(page: &mut Markup, report: &Report) {
    page.raw("<section>\n<h2>How it went</h2>\n");
    let bins = bins::of(&report.history, report.summary.duration);
    if bins.is_empty() {
        page.raw("<p>No session ended.</p>\n</section>\n");
        return;
    }
    page.raw("<div class=\"plots\">\n");
    speed(page, &bins);
    scores(page, &bins, report);
    strength(page, &bins);
    durations(page, &report.history);
    page.raw("</div>\n</section>\n");
}

fn last(bins: &[Bin]) -> f64 {
    bins.last().map_or(1.0, |bin| bin.end)
}

/// Returns the middle of each part of the time, with what its sessions were like.
fn ended(bins: &[Bin]) -> impl Iterator<Item = (f64, &Sessions)> {
    let half = bins.first().map_or(0.0, |bin| bin.end / 2.0);
    bins.iter().filter_map(move |bin| Some((bin.end - half, bin.sessions.as_ref()?)))
}

fn speed(page: &mut Markup, bins: &[Bin]) {
    let most = bins.iter().map(|bin| bin.speed).fold(0.0, f64::max);
    let what = "that ended in a second";
    let mut plot = Plot::begin(page, "Sessions", what, last(bins), (0.0, most * 1.05));
    let half = bins[0].end / 2.0;
    let mut line: Vec<_> = bins.iter().map(|bin| (bin.end - half, bin.speed)).collect();
    line.insert(0, (0.0, bins[0].speed));
    line.push((last(bins), bins[bins.len() - 1].speed));
    let area: Vec<_> = line.iter().map(|(time, speed)| (*time, 0.0, *speed)).collect();
    plot.band("area", &area);
    plot.line("line", &line);
    parts(&mut plot, bins, |bin| {
        let count = bin.sessions.as_ref().map_or(0, |sessions| sessions.count);
        format!("{:.1} per second, {} ended", bin.speed, counted(count, "session", "sessions"))
    });
    plot.end();
}

fn scores(page: &mut Markup, bins: &[Bin], report: &Report) {
    let summary = &report.summary;
    let (mut least, mut greatest) = (-0.1_f64, 0.1_f64);
    for (_, sessions) in ended(bins) {
        least = least.min(sessions.least_score);
        greatest = greatest.max(sessions.greatest_score);
    }
    let is_set = summary.success_score > 0.0;
    if is_set {
        greatest = greatest.max(summary.success_score);
    }
    let range = (least.max(-2.0) * 1.1, greatest.min(2.0) * 1.1);
    let what = "least to greatest, the mean, and finds";
    let mut plot = Plot::begin(page, "Scores", what, last(bins), range);
    let band: Vec<_> = ended(bins)
        .map(|(time, sessions)| (time, sessions.least_score, sessions.greatest_score))
        .collect();
    let mean: Vec<_> = ended(bins).map(|(time, sessions)| (time, sessions.mean_score)).collect();
    plot.band("band", &band);
    plot.line("line", &mean);
    if is_set {
        plot.limit("limit", summary.success_score, "success");
    }
    parts(&mut plot, bins, |bin| match &bin.sessions {
        Some(sessions) => format!(
            "{:.2} to {:.2}, {:.3} on average",
            sessions.least_score, sessions.greatest_score, sessions.mean_score
        ),
        None => "no session ended".to_owned(),
    });
    for (time, sessions) in ended(bins).filter(|(_, sessions)| sessions.finds > 0) {
        let meaning = counted(sessions.finds, "find", "finds");
        plot.dot(time, sessions.greatest_score, &meaning);
    }
    plot.end();
}

fn strength(page: &mut Markup, bins: &[Bin]) {
    let what = "of the changes of inputs";
    let mut plot = Plot::begin(page, "Strength", what, last(bins), (0.0, 1.0));
    let line: Vec<_> = ended(bins).map(|(time, sessions)| (time, sessions.mean_strength)).collect();
    plot.line("line strength", &line);
    parts(&mut plot, bins, |bin| match &bin.sessions {
        Some(sessions) => format!("strength {:.2}", sessions.mean_strength),
        None => "no session ended".to_owned(),
    });
    plot.end();
}

/// Lets each part of the time say what it was.
fn parts(plot: &mut Plot<'_>, bins: &[Bin], meaning: impl Fn(&Bin) -> String) {
    let mut from = 0.0;
    for bin in bins {
        let end = shown(Duration::try_from_secs_f64(bin.end).unwrap_or_default());
        plot.part(from, bin.end, &format!("until {end}: {}", meaning(bin)));
        from = bin.end;
    }
}

fn durations(page: &mut Markup, history: &History) {
    let counts: Vec<_> = history.durations().collect();
    let is_used = |(_, count): &(Duration, u64)| *count > 0;
    let first = counts.iter().position(is_used).unwrap_or(0);
    let end = counts.iter().rposition(is_used).map_or(1, |place| place + 1);
    let column = |(limit, count): &(Duration, u64)| (shown(*limit), *count as f64);
    // A lone column looks like a mistake: its neighbors show what is not there.
    let (first, end) = (first.saturating_sub(2), (end + 2).min(counts.len()));
    let columns: Vec<_> = counts[first..end].iter().map(column).collect();
    plot::columns(page, "Time", "that a session took, up to", &columns);
}
