//! Axes: from values to places, and where marks stand.

/// A range of values along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    least: f64,
    greatest: f64,
    /// Where the least value stands.
    from: f64,
    /// Where the greatest value stands.
    to: f64,
}

/// Steps of an axis of seconds.
const TIMES: [f64; 18] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0,
    21_600.0, 43_200.0, 86_400.0, 604_800.0,
];

impl Scale {
    /// Returns a scale of values that are not all the same; where they are, it is made wider.
    pub(super) fn new(least: f64, greatest: f64, from: f64, to: f64) -> Self {
        let greatest = if greatest > least { greatest } else { least + 1.0 };
        Self { least, greatest, from, to }
    }

    /// Returns where a value stands.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = (value - self.least) / (self.greatest - self.least);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Returns round values within the range, about so many.
    pub(super) fn marks(&self, count: usize) -> Vec<f64> {
        self.multiples(round_step((self.greatest - self.least) / count.max(1) as f64))
    }

    /// Returns round times within the range, in seconds, about so many.
    pub(super) fn times(&self, count: usize) -> Vec<f64> {
        let wanted = (self.greatest - self.least) / count.max(1) as f64;
        if wanted < 1.0 {
            return self.marks(count);
        }
        let known = TIMES.iter().copied().find(|step| *step >= wanted);
        self.multiples(known.unwrap_or_else(|| round_step(wanted)))
    }

    fn multiples(&self, step: f64) -> Vec<f64> {
        let first = (self.least / step).ceil();
        let places = (0..100).map(|number| (first + f64::from(number)) * step);
        // Rounding must not take the last mark away.
        places.take_while(|value| *value <= self.greatest + step * 1e-6).collect()
    }
}

/// Returns a step of one, two or five with zeroes that is no smaller.
fn round_step(wanted: f64) -> f64 {
    let wanted = if wanted.is_finite() && wanted > 0.0 { wanted } else { 1.0 };
    let power = 10_f64.powf(wanted.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= wanted * 0.999).unwrap_or(10.0 * power)
}

/// Writes a value of an axis.
pub(super) fn label(value: f64) -> String {
    let size = value.abs();
    if size >= 1e6 {
        return format!("{} M", rounded(value / 1e6));
    }
    if size >= 1e4 {
        return format!("{} k", rounded(value / 1e3));
    }
    rounded(value)
}

/// Writes a time of an axis.
pub(super) fn time_label(seconds: f64) -> String {
    let (number, unit) = match seconds {
        0.0 => return "0".to_owned(),
        _ if seconds < 1.0 => (seconds * 1e3, "ms"),
        _ if seconds < 60.0 => (seconds, "s"),
        _ if seconds < 3_600.0 => (seconds / 60.0, "min"),
        _ if seconds < 86_400.0 => (seconds / 3_600.0, "h"),
        _ => (seconds / 86_400.0, "d"),
    };
    format!("{} {unit}", rounded(number))
}

fn rounded(value: f64) -> String {
    let value = (value * 1e3).round() / 1e3;
    // There is a zero below zero, too.
    format!("{}", if value == 0.0 { 0.0 } else { value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_round_and_within() {
        assert_eq!(Scale::new(0.0, 97.0, 0.0, 1.0).marks(5), [0.0, 20.0, 40.0, 60.0, 80.0]);
        assert_eq!(Scale::new(-1.0, 1.0, 0.0, 1.0).marks(4), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(Scale::new(0.0, 125.0, 0.0, 1.0).times(5), [0.0, 30.0, 60.0, 90.0, 120.0]);
        assert_eq!(
            Scale::new(0.0, 0.4, 0.0, 1.0).times(4),
            [0.0, 0.1, 0.2, 0.300_000_000_000_000_04, 0.4]
        );
    }

    #[test]
    fn labels_are_short() {
        let labels = [0.0, 0.25, -0.5, 1_500.0, 25_000.0, 3e6].map(label);
        assert_eq!(labels, ["0", "0.25", "-0.5", "1500", "25 k", "3 M"]);
        let times = [0.0, 0.2, 30.0, 90.0, 7_200.0, 172_800.0].map(time_label);
        assert_eq!(times, ["0", "200 ms", "30 s", "1.5 min", "2 h", "2 d"]);
    }

    proptest! {
        #[test]
        fn any_range_has_a_few_marks(least in -1e9..1e9_f64, size in 0.0..1e9_f64) {
            let scale = Scale::new(least, least + size, 10.0, 20.0);
            for marks in [scale.marks(5), scale.times(5)] {
                prop_assert!(marks.len() <= 12, "{marks:?}");
                prop_assert!(marks.iter().all(|mark| (10.0..=20.0).contains(&scale.place(*mark))));
            }
        }
    }
}
