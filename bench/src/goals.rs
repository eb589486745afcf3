//! What Lyceum is held to.

use crate::case::Place::{self, CurrentThread, Main, MultiThread};

/// One goal: a metric at a place, the limit that it must keep and the figure that it aims at.
#[derive(Clone, Copy)]
pub struct Goal {
    pub metric: &'static str,
    pub place: Place,
    pub limit: Limit,
    pub aim: Option<f64>,
}

/// What the median is compared with.
#[derive(Clone, Copy)]
pub enum Limit {
    /// At most this part of the fastest peer's median.
    PeerRatio(f64),
    /// Below every peer's median.
    BelowPeers,
    /// At most the median of this reference line.
    NotAbove(&'static str),
    /// At most this, in the metric's unit.
    AtMost(f64),
    /// At least this, in the metric's unit.
    AtLeast(f64),
    /// Between these, in the metric's unit.
    Between(f64, f64),
}

use Limit::{AtLeast, AtMost, BelowPeers, Between, NotAbove, PeerRatio};

/// All goals, in the order of the cases.
pub const GOALS: &[Goal] = &[
    goal("ask_idle", CurrentThread, PeerRatio(0.5)).aim(40.0),
    goal("ask_idle", MultiThread, PeerRatio(0.3)).aim(45.0),
    goal("ask_main", Main, PeerRatio(0.05)).aim(45.0),
    goal("ask_100", CurrentThread, PeerRatio(0.6)).aim(70.0),
    goal("ask_100", MultiThread, PeerRatio(0.9)).aim(130.0),
    goal("suspend", CurrentThread, AtMost(250.0)),
    goal("suspend", MultiThread, AtMost(250.0)),
    goal("suspend_main", Main, NotAbove("raw_tokio")),
    goal("ring", CurrentThread, PeerRatio(0.8)).aim(55.0),
    goal("ring", MultiThread, PeerRatio(0.8)).aim(55.0),
    goal("two_threads", MultiThread, BelowPeers),
    // The aim is what the raw channel does.
    goal("tell_1", CurrentThread, PeerRatio(0.6)).aim(21.0),
    goal("tell_1", MultiThread, PeerRatio(0.6)).aim(24.0),
    goal("tell_100", CurrentThread, PeerRatio(0.6)).aim(21.0),
    goal("tell_100", MultiThread, PeerRatio(0.6)).aim(24.0),
    goal("compute_pair", MultiThread, Between(1.0, 1.3)),
    goal("compute_pair_next", MultiThread, Between(1.0, 1.3)),
    goal("launch", CurrentThread, AtMost(150.0)),
    goal("launch", MultiThread, AtMost(150.0)),
    goal("memory", CurrentThread, AtMost(200.0)),
    goal("million_launch", CurrentThread, AtMost(1.0)),
    goal("million_launch", MultiThread, AtMost(1.0)),
    goal("million_tell", CurrentThread, AtMost(1.0)),
    goal("million_tell", MultiThread, AtMost(1.0)),
    goal("million_stop", CurrentThread, AtMost(1.0)),
    goal("million_stop", MultiThread, AtMost(1.0)),
    goal("million_idle", CurrentThread, AtMost(0.25)),
    goal("million_idle", MultiThread, AtMost(0.25)),
    goal("million_peak", CurrentThread, AtMost(0.35)),
    goal("million_peak", MultiThread, AtMost(0.35)),
    goal("timers", CurrentThread, AtLeast(3.0)).aim(5.0),
];

const fn goal(metric: &'static str, place: Place, limit: Limit) -> Goal {
    Goal { metric, place, limit, aim: None }
}

impl Limit {
    /// Returns whether a figure keeps it: a ratio for those that are one, otherwise a median.
    pub fn holds(self, figure: f64) -> bool {
        match self {
            Self::PeerRatio(limit) | Self::AtMost(limit) => figure <= limit,
            Self::BelowPeers => figure < 1.0,
            Self::NotAbove(_) => figure <= 1.0,
            Self::AtLeast(limit) => figure >= limit,
            Self::Between(low, high) => (low..=high).contains(&figure),
        }
    }

    /// Returns whether it is one of a ratio.
    pub const fn is_ratio(self) -> bool {
        self.is_to_peers() || matches!(self, Self::NotAbove(_))
    }

    /// Returns whether it is one of the ratio to the fastest peer.
    pub const fn is_to_peers(self) -> bool {
        matches!(self, Self::PeerRatio(_) | Self::BelowPeers)
    }
}

impl Goal {
    const fn aim(self, figure: f64) -> Self {
        Self { aim: Some(figure), ..self }
    }

    /// Returns the goal for a metric at a place, if there is one.
    pub fn of(metric: &str, place: Place) -> Option<&'static Self> {
        GOALS.iter().find(|goal| goal.metric == metric && goal.place == place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;
    use clap::ValueEnum;

    #[test]
    fn every_metric_has_a_goal_at_each_of_its_places() {
        let mut expected = 0;
        for case in Case::value_variants() {
            for metric in case.metrics() {
                for &place in case.places() {
                    assert!(Goal::of(metric.0, place).is_some(), "{} at {place}", metric.0);
                    expected += 1;
                }
            }
        }
        assert_eq!(GOALS.len(), expected, "a goal names a metric or place that is not measured");
    }
}
