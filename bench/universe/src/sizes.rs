//! How much each case does.

use studies::schelling::Plan;

/// Steps of a city that are not counted: caches fill, and Mesa finds out who is whose neighbour.
pub const WARM_UP: u64 = 1;

/// The counts of one run.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub quick: bool,
    /// Steps of a lone agent; a tenth of them in Python.
    pub steps: u64,
    /// Steps with a hundred listeners.
    pub fan_out_steps: u64,
    /// Agents that do nothing.
    pub idle: u32,
    /// Steps that they have.
    pub idle_steps: u64,
    /// The city.
    pub city: Plan,
    /// Steps of it that are counted.
    pub city_steps: u64,
    /// Sessions of a campaign.
    pub sessions: u32,
}

impl Sizes {
    pub const fn new(quick: bool) -> Self {
        if quick {
            let city = Plan { width: 50, height: 25, residents: 1_000, wanted: 50 };
            return Self {
                quick,
                steps: 1_000,
                fan_out_steps: 50,
                idle: 100,
                idle_steps: 50,
                city,
                city_steps: 4,
                sessions: 3,
            };
        }
        Self {
            quick,
            steps: 2_000_000,
            fan_out_steps: 100_000,
            idle: 1_000,
            idle_steps: 100_000,
            city: Plan::LARGE,
            city_steps: 10,
            sessions: 200,
        }
    }
}
