//! What the sessions of a campaign were like, in bounded space.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::seconds;

/// What one session was like.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRecord {
    /// Its number, counted from one.
    pub number: u64,
    /// Its score.
    pub score: f64,
    /// How long it ran.
    pub duration: Duration,
    /// When it ended, counted from the start of the campaign.
    pub ended: Duration,
    /// How strongly its input was changed.
    pub strength: f64,
    /// The place of what it found, among the finds of the campaign.
    pub find: Option<usize>,
}

/// What the sessions of a campaign were like, in bounded space.
///
/// Up to a limit there is a point for each session. Then two neighbors become one, and so on, so
/// that a campaign of a year takes no more space than one of an hour.
///
/// ```
/// use std::time::Duration;
///
/// use lyceum_campaign::{History, SessionRecord};
///
/// let mut history = History::default();
/// for number in 1..=1_000_000 {
///     history.record(&SessionRecord {
///         number,
///         score: 0.0,
///         duration: Duration::from_millis(2),
///         ended: Duration::from_millis(2 * number),
///         strength: 0.1,
///         find: None,
///     });
/// }
/// assert_eq!(history.sessions(), 1_000_000);
/// assert!(history.points().len() <= History::MOST_POINTS);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    sessions: u64,
    sessions_per_point: u64,
    points: Vec<Point>,
    /// How many sessions ran up to a microsecond, up to two, up to four and so on.
    durations: Vec<u64>,
}

/// A few sessions that ended one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// How many they are.
    pub sessions: u64,
    /// When the last of them ended, in seconds from the start of the campaign.
    #[serde(with = "seconds", rename = "ended_seconds")]
    pub ended: Duration,
    /// How long they ran, in seconds and together.
    #[serde(with = "seconds", rename = "busy_seconds")]
    pub busy: Duration,
    /// The least score.
    pub least_score: f64,
    /// The mean score.
    pub mean_score: f64,
    /// The greatest score.
    pub greatest_score: f64,
    /// The mean strength.
    pub mean_strength: f64,
    /// How many of them found something, be it new or known.
    pub finds: u64,
}

/// The greatest score that is kept, above and below zero.
const MOST_SCORE: f64 = 1_000.0;

/// Powers of two of a microsecond, up to more than a day.
const POWERS: usize = 38;

impl Default for History {
    fn default() -> Self {
        Self { sessions: 0, sessions_per_point: 1, points: Vec::new(), durations: vec![0; POWERS] }
    }
}

impl History {
    /// The most points that are kept.
    pub const MOST_POINTS: usize = 2_000;

    /// Takes down a session. Sessions come in the order in which they ended.
    pub fn record(&mut self, session: &SessionRecord) {
        self.sessions = self.sessions.saturating_add(1);
        let power = power_of(session.duration);
        if let Some(count) = self.durations.get_mut(power) {
            *count = count.saturating_add(1);
        }
        let point = Point::of(session);
        match self.points.last_mut() {
            Some(last) if last.sessions < self.sessions_per_point => last.join(&point),
            _ => self.push(point),
        }
    }

    /// Returns how many sessions there were.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Returns the points, in the order in which their sessions ended.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Returns how many sessions ran how long: the longest time, and how many ran up to it and
    /// longer than half of it.
    pub fn durations(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        let counts = self.durations.iter().take(POWERS).enumerate();
        counts.map(|(power, count)| (Duration::from_micros(1 << power), *count))
    }

    fn push(&mut self, point: Point) {
        if self.points.len() >= Self::MOST_POINTS {
            self.halve();
        }
        match self.points.last_mut() {
            Some(last) if last.sessions < self.sessions_per_point => last.join(&point),
            _ => self.points.push(point),
        }
    }

    /// Makes one point of two.
    fn halve(&mut self) {
        let join = |pair: &[Point]| {
            let mut joined = pair[0].clone();
            for other in &pair[1..] {
                joined.join(other);
            }
            joined
        };
        self.points = self.points.chunks(2).map(join).collect();
        self.sessions_per_point = self.sessions_per_point.saturating_mul(2);
    }
}

impl Point {
    fn of(session: &SessionRecord) -> Self {
        let score = finite(session.score);
        Self {
            sessions: 1,
            ended: session.ended,
            busy: session.duration,
            least_score: score,
            mean_score: score,
            greatest_score: score,
            mean_strength: finite(session.strength),
            finds: u64::from(session.find.is_some()),
        }
    }

    fn join(&mut self, other: &Self) {
        // What was read from a file may be any number.
        let all = self.sessions.saturating_add(other.sessions);
        let (own, others) = (self.sessions as f64 / all as f64, other.sessions as f64 / all as f64);
        self.mean_score = self.mean_score * own + other.mean_score * others;
        self.mean_strength = self.mean_strength * own + other.mean_strength * others;
        self.sessions = all;
        self.ended = self.ended.max(other.ended);
        self.busy = self.busy.saturating_add(other.busy);
        self.least_score = self.least_score.min(other.least_score);
        self.greatest_score = self.greatest_score.max(other.greatest_score);
        self.finds = self.finds.saturating_add(other.finds);
    }
}

/// JSON has no infinity, and no plot has room for it.
fn finite(number: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.clamp(-MOST_SCORE, MOST_SCORE) }
}

/// Returns the least power of two that is so many microseconds or more.
fn power_of(duration: Duration) -> usize {
    let micros = u64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
    let power = micros.checked_next_power_of_two().map_or(u64::BITS, u64::trailing_zeros);
    (power as usize).min(POWERS - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session(number: u64, score: f64) -> SessionRecord {
        SessionRecord {
            number,
            score,
            duration: Duration::from_millis(3),
            ended: Duration::from_millis(3 * number),
            strength: 0.5,
            find: (score >= 0.5).then_some(0),
        }
    }

    #[test]
    fn neighbors_are_joined_where_there_is_no_room() {
        let mut history = History::default();
        for number in 1..=5_000 {
            let score = if number == 4_321 { 1.0 } else { 0.0 };
            history.record(&session(number, score));
        }

        assert_eq!(history.points().len(), 1_250);
        assert!(history.points().iter().all(|point| point.sessions == 4));
        let best: Vec<_> =
            history.points().iter().filter(|point| point.greatest_score == 1.0).collect();
        assert_eq!((best.len(), best[0].finds, best[0].mean_score), (1, 1, 0.25));
        assert_eq!(history.points()[1_249].ended, Duration::from_secs(15));
    }

    #[test]
    fn durations_are_counted_by_powers_of_two() {
        let mut history = History::default();
        for micros in [0, 1, 2, 3, 4, 5, 1_000, u64::MAX] {
            let duration = Duration::from_micros(micros);
            history.record(&SessionRecord { duration, ..session(1, 0.0) });
        }
        let counts: Vec<_> = history.durations().map(|(_, count)| count).collect();
        assert_eq!(counts[..4], [2, 1, 2, 1]);
        assert_eq!((counts[10], counts[37]), (1, 1));
    }

    #[test]
    fn scores_without_bounds_are_kept_within() {
        let mut history = History::default();
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            history.record(&session(1, score));
        }
        let scores: Vec<_> = history.points().iter().map(|point| point.mean_score).collect();
        assert_eq!(scores, [0.0, 1_000.0, -1_000.0]);
    }

    proptest! {
        #[test]
        fn no_session_and_no_find_is_lost(count in 0..9_000_u64, every in 1..50_u64) {
            let mut history = History::default();
            for number in 1..=count {
                let score = if number % every == 0 { 0.5 } else { 0.0 };
                history.record(&session(number, score));
            }
            let sessions: u64 = history.points().iter().map(|point| point.sessions).sum();
            let finds: u64 = history.points().iter().map(|point| point.finds).sum();
            prop_assert_eq!((sessions, finds), (count, count / every));
            prop_assert!(history.points().len() <= History::MOST_POINTS);
        }
    }
}
