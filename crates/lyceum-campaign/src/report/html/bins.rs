//! Sessions by the time in which they ended, as many parts as a plot has room for.

use std::time::Duration;

use crate::report::history::History;

/// Parts of the time of a campaign.
const BINS: usize = 160;

/// The sessions of a part of the time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bin {
    /// Where the part ends, in seconds.
    pub(super) end: f64,
    /// Sessions in a second.
    pub(super) speed: f64,
    /// What its sessions were like, if any ended in it.
    pub(super) sessions: Option<Sessions>,
}

/// What some sessions were like.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sessions {
    pub(super) count: u64,
    pub(super) least_score: f64,
    pub(super) mean_score: f64,
    pub(super) greatest_score: f64,
    pub(super) mean_strength: f64,
    pub(super) finds: u64,
}

/// Returns the parts of a campaign's time; none where no session ended.
pub(super) fn of(history: &History, duration: Duration) -> Vec<Bin> {
    let points = history.points();
    let last = points.iter().map(|point| point.ended).max().unwrap_or_default();
    let whole = last.max(duration).as_secs_f64();
    if points.is_empty() || whole <= 0.0 {
        return Vec::new();
    }
    let count = points.len().clamp(1, BINS);
    let width = whole / count as f64;
    let end = |place: usize| width * (place + 1) as f64;
    let mut bins: Vec<_> =
        (0..count).map(|place| Bin { end: end(place), ..Bin::default() }).collect();
    let mut before = 0.0_f64;
    for point in points {
        let ended = point.ended.as_secs_f64();
        let place = ((ended / width) as usize).min(count - 1);
        join(
            &mut bins[place].sessions,
            &Sessions {
                count: point.sessions,
                least_score: point.least_score,
                mean_score: point.mean_score,
                greatest_score: point.greatest_score,
                mean_strength: point.mean_strength,
                finds: point.finds,
            },
        );
        spread(&mut bins, width, before.min(ended), ended, point.sessions as f64);
        before = ended;
    }
    bins
}

/// Spreads sessions evenly over the time in which they ran.
fn spread(bins: &mut [Bin], width: f64, from: f64, to: f64, sessions: f64) {
    let last = bins.len() - 1;
    let (first, end) = (((from / width) as usize).min(last), ((to / width) as usize).min(last));
    let length = to - from;
    for (place, bin) in bins.iter_mut().enumerate().take(end + 1).skip(first) {
        let start = width * place as f64;
        let share = if length > 0.0 {
            (to.min(start + width) - from.max(start)).max(0.0) / length
        } else {
            1.0
        };
        bin.speed += sessions * share / width;
    }
}

fn join(known: &mut Option<Sessions>, other: &Sessions) {
    let Some(known) = known else {
        *known = Some(other.clone());
        return;
    };
    let all = known.count.saturating_add(other.count);
    let share = other.count as f64 / all as f64;
    known.mean_score += (other.mean_score - known.mean_score) * share;
    known.mean_strength += (other.mean_strength - known.mean_strength) * share;
    known.least_score = known.least_score.min(other.least_score);
    known.greatest_score = known.greatest_score.max(other.greatest_score);
    known.finds = known.finds.saturating_add(other.finds);
    known.count = all;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::history::SessionRecord;

    fn history(ends: &[u64]) -> History {
        let mut history = History::default();
        for (number, ended) in (1..).zip(ends) {
            history.record(&SessionRecord {
                number,
                score: 0.5,
                duration: Duration::from_millis(1),
                ended: Duration::from_millis(*ended),
                strength: 0.2,
                find: Some(0),
            });
        }
        history
    }

    #[test]
    fn no_session_is_lost() {
        let ends: Vec<_> = (0..5_000).map(|number| number * number / 1_000).collect();
        let bins = of(&history(&ends), Duration::from_secs(30));

        assert_eq!((bins.len(), bins[159].end), (160, 30.0));
        let counted = bins.iter().filter_map(|bin| bin.sessions.as_ref());
        let (count, finds) =
            counted.fold((0, 0), |sum, bin| (sum.0 + bin.count, sum.1 + bin.finds));
        assert_eq!((count, finds), (5_000, 5_000));
        let spread: f64 = bins.iter().map(|bin| bin.speed * 30.0 / 160.0).sum();
        assert!((spread - 5_000.0).abs() < 1.0, "{spread}");
    }

    #[test]
    fn campaign_without_sessions_or_time_has_no_parts() {
        assert_eq!(of(&history(&[]), Duration::from_secs(3)), []);
        assert_eq!(of(&history(&[0]), Duration::ZERO), []);
    }
}
