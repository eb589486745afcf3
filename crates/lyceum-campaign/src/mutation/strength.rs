//! How strongly inputs are changed, by what the sessions scored.

/// How strongly inputs are changed: from 0.01 to 1.00, moved by the scores of sessions.
///
/// Sessions that score neither well nor badly make it rise, slowly and then fast; a score that is
/// better than all before holds it where it is, as success does, and one below zero lets it fall.
/// It is a state machine without I/O: the same scores give the same strengths.
///
/// ```
/// use lyceum_campaign::{Strength, Trend};
///
/// let mut strength = Strength::new(0.10);
/// for _ in 0..5 {
///     strength.record(0.0, false);
/// }
/// assert_eq!(strength.trend(), Trend::Rising);
/// assert_eq!(strength.value(), 0.11);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// In hundredths, so that no rounding adds up.
    hundredths: u8,
    trend: Trend,
    /// Sessions in a row that fit the present trend.
    sessions: u32,
    best: f64,
}

/// Where a [`Strength`] is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trend {
    /// Nothing has moved it yet.
    Start,
    /// By one hundredth a session, after five quiet sessions.
    Rising,
    /// By four hundredths a session, after ten more quiet ones.
    RisingFast,
    /// It stays, after a new best score, after a fall, or at a limit.
    Holding,
    /// By one hundredth a session, while scores are bad.
    Falling,
    /// By four hundredths a session, after five bad ones.
    FallingFast,
    /// It stays, since the last session succeeded.
    Success,
}

impl Trend {
    /// Returns the short sign that traces use; see [`way`](Self::way) for people.
    ///
    /// ```
    /// assert_eq!(lyceum_campaign::Trend::RisingFast.sign(), "++");
    /// ```
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Start => "init",
            Self::Rising => "+",
            Self::RisingFast => "++",
            Self::Holding => "0",
            Self::Falling => "-",
            Self::FallingFast => "--",
            Self::Success => "success",
        }
    }

    /// Returns where the strength is going, in words; nothing where it stays.
    ///
    /// ```
    /// assert_eq!(lyceum_campaign::Trend::RisingFast.way(), "rising fast");
    /// ```
    #[must_use]
    pub fn way(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::RisingFast => "rising fast",
            Self::Falling => "falling",
            Self::FallingFast => "falling fast",
            Self::Start | Self::Holding | Self::Success => "",
        }
    }

    /// Returns by how many hundredths a session moves the strength.
    fn step(self) -> i16 {
        match self {
            Self::Start | Self::Holding | Self::Success => 0,
            Self::Rising => 1,
            Self::RisingFast => 4,
            Self::Falling => -1,
            Self::FallingFast => -4,
        }
    }
}

/// What one session's score says.
enum Opinion {
    Success,
    Best,
    Bad,
    Quiet,
}

impl Strength {
    /// The least strength.
    pub const MIN: f64 = 0.01;
    /// The greatest strength.
    pub const MAX: f64 = 1.0;

    /// Quiet sessions before it rises.
    const BEFORE_RISING: u32 = 5;
    /// Further quiet sessions before it rises fast.
    const BEFORE_RISING_FAST: u32 = 10;
    /// Bad sessions before it falls fast.
    const BEFORE_FALLING_FAST: u32 = 5;

    /// Returns a strength that starts at a value, brought within the limits.
    ///
    /// A value that is no number starts at the least strength.
    #[must_use]
    pub fn new(value: f64) -> Self {
        let value = if value.is_nan() { Self::MIN } else { value.clamp(Self::MIN, Self::MAX) };
        // Within the limits, so that it fits.
        let hundredths = (value * 100.0).round() as u8;
        Self { hundredths, trend: Trend::Start, sessions: 0, best: 0.0 }
    }

    /// Returns the value, from 0.01 to 1.00.
    #[must_use]
    pub fn value(&self) -> f64 {
        f64::from(self.hundredths) / 100.0
    }

    /// Returns where it is going.
    #[must_use]
    pub fn trend(&self) -> Trend {
        self.trend
    }

    /// Takes a session's score into account, and returns the strength of the next session.
    ///
    /// A score that is no number counts as quiet.
    pub fn record(&mut self, score: f64, is_success: bool) -> f64 {
        let opinion = self.opinion(score, is_success);
        self.turn(&opinion);
        self.step();
        self.value()
    }

    /// Says what a score means beside those before it, and remembers it.
    fn opinion(&mut self, score: f64, is_success: bool) -> Opinion {
        let is_best = score > self.best;
        if is_best {
            self.best = score;
        }
        match score {
            _ if is_success => Opinion::Success,
            _ if is_best => Opinion::Best,
            _ if score < 0.0 => Opinion::Bad,
            _ => Opinion::Quiet,
        }
    }

    fn turn(&mut self, opinion: &Opinion) {
        match (opinion, self.trend) {
            (Opinion::Success, _) => self.set(Trend::Success),
            (Opinion::Best, _) => self.set(Trend::Holding),
            (Opinion::Bad, Trend::Falling) => {
                self.count(Self::BEFORE_FALLING_FAST, Trend::FallingFast);
            }
            (Opinion::Bad, Trend::FallingFast) => {}
            (Opinion::Bad, _) => self.set(Trend::Falling),
            (Opinion::Quiet, Trend::Falling | Trend::FallingFast) => {
                self.set(Trend::Holding);
                self.sessions = 1;
            }
            (Opinion::Quiet, Trend::Rising) => {
                self.count(Self::BEFORE_RISING_FAST, Trend::RisingFast);
            }
            (Opinion::Quiet, Trend::RisingFast) => {}
            (Opinion::Quiet, _) => self.count(Self::BEFORE_RISING, Trend::Rising),
        }
    }

    /// Counts a session, and turns once there were enough.
    fn count(&mut self, enough: u32, next: Trend) {
        self.sessions += 1;
        if self.sessions >= enough {
            self.set(next);
        }
    }

    fn set(&mut self, trend: Trend) {
        self.trend = trend;
        self.sessions = 0;
    }

    fn step(&mut self) {
        let wanted = i16::from(self.hundredths) + self.trend.step();
        let bounded = wanted.clamp(1, 100);
        // Within the limits, so that it fits.
        self.hundredths = bounded as u8;
        if self.trend.step() != 0 && (bounded == 1 || bounded == 100) {
            self.set(Trend::Holding);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs sessions and returns trends and hundredths after each.
    fn history(start: f64, scores: &[f64]) -> Vec<(&'static str, u8)> {
        let mut strength = Strength::new(start);
        let one = |score: &f64| {
            strength.record(*score, *score >= 0.5);
            (strength.trend().sign(), strength.hundredths)
        };
        scores.iter().map(one).collect()
    }

    #[test]
    fn whole_history_of_a_campaign() {
        let quiet = [0.0; 16];
        let mut scores = quiet.to_vec();
        scores.extend([0.3, 0.2, -0.2, -0.3, -0.1, -0.1, -0.1, -0.1, -0.1]);
        scores.extend([0.0, 0.0, 0.0, 0.0, 0.0, 0.6, 0.0]);

        #[rustfmt::skip]
        let expected = [
            // Four quiet sessions change nothing, the fifth makes it rise.
            ("init", 10), ("init", 10), ("init", 10), ("init", 10), ("+", 11),
            ("+", 12), ("+", 13), ("+", 14), ("+", 15), ("+", 16),
            ("+", 17), ("+", 18), ("+", 19), ("+", 20),
            // Ten more, and it rises fast.
            ("++", 24), ("++", 28),
            // The best score so far holds it; a lesser one is quiet.
            ("0", 28), ("0", 28),
            // Bad scores let it fall, and fast after five more.
            ("-", 27), ("-", 26), ("-", 25), ("-", 24), ("-", 23), ("--", 19), ("--", 15),
            // A quiet session ends the fall, five make it rise again.
            ("0", 15), ("0", 15), ("0", 15), ("0", 15), ("+", 16),
            // Success holds.
            ("success", 16), ("success", 16),
        ];
        assert_eq!(history(0.10, &scores), expected);
    }

    #[test]
    fn limits_hold_it_and_begin_anew() {
        let up = history(0.98, &[0.0; 13]);
        assert_eq!(up[4..8], [("+", 99), ("0", 100), ("0", 100), ("0", 100)]);
        assert_eq!(up[10], ("0", 100));

        let down = history(0.02, &[-1.0, -1.0, -1.0]);
        assert_eq!(down, [("0", 1), ("0", 1), ("0", 1)]);
    }

    #[test]
    fn scores_that_are_no_numbers_are_quiet() {
        assert_eq!(history(0.10, &[f64::NAN; 5])[4], ("+", 11));
        assert_eq!(history(f64::NAN, &[0.0])[0], ("init", 1));
        assert_eq!(history(f64::INFINITY, &[f64::NEG_INFINITY])[0], ("-", 99));
    }

    proptest! {
        #[test]
        fn always_within_its_limits(start in any::<f64>(), scores: Vec<(f64, bool)>) {
            let mut strength = Strength::new(start);
            for (score, is_success) in scores {
                let value = strength.record(score, is_success);
                prop_assert!((Strength::MIN..=Strength::MAX).contains(&value));
            }
        }
    }
}
