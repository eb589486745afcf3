//! What Lyceum is held to.

use crate::Unit;

/// One goal: a metric of a target, and the limit that it must keep.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub metric: &'static str,
    pub subject: &'static str,
    pub limit: Limit,
    /// What the ratio of a [`Limit::Times`] aims at.
    pub aim: Option<f64>,
}

/// What the median is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// The median of this target, times a factor; more or less than that, as the unit says.
    Times(&'static str, f64),
    /// At most this, in the metric's unit.
    AtMost(f64),
    /// At least this, in the metric's unit.
    AtLeast(f64),
}

impl Limit {
    /// Returns whether a figure keeps it: a ratio for those that are one, otherwise a median.
    pub fn holds(self, figure: f64, unit: Unit) -> bool {
        match self {
            Self::Times(_, limit) if unit.is_rate() => figure >= limit,
            Self::Times(_, limit) | Self::AtMost(limit) => figure <= limit,
            Self::AtLeast(limit) => figure >= limit,
        }
    }
}

impl Goal {
    /// Makes a goal.
    pub const fn new(metric: &'static str, subject: &'static str, limit: Limit) -> Self {
        Self { metric, subject, limit, aim: None }
    }

    /// Adds what its ratio aims at.
    #[must_use]
    pub const fn aim(self, figure: f64) -> Self {
        Self { aim: Some(figure), ..self }
    }

    /// Returns the goal for a metric of a target, if there is one.
    pub fn find<'a>(goals: &'a [Self], metric: &str, subject: &str) -> Option<&'a Self> {
        goals.iter().find(|goal| goal.metric == metric && goal.subject == subject)
    }
}
