//! Epidemics in many towns: a sweep over how contagious an illness is and how many are vaccinated.
//!
//! Each town is a universe of its own, and all cores are at work. A step is a day, a session an
//! epidemic from its first day to its last, and the session's score is which part of the people
//! fell ill.

mod plot;
mod sweep;
mod town;

use lyceum::BoxError;
use lyceum::prelude::*;
use lyceum::rand::Rng;
use lyceum::universe::{Project, Step, Universe};

pub use plot::draw;
pub use sweep::{Point, Sweep, run};
pub use town::{Plan, Town};

/// How many others everybody meets on a day.
const CONTACTS: u32 = 10;
/// How many days an illness takes.
const DAYS: u32 = 5;

/// Meets others, and may fall ill.
struct Person {
    number: u32,
    health: Health,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Well,
    Ill {
        days: u32,
    },
    /// After the illness, or vaccinated.
    Immune,
}

#[agent]
impl Person {
    #[init]
    fn init(&mut self, cx: &mut Step<'_>) {
        let plan = plan(cx);
        self.health = if self.number < plan.ill {
            town(cx).falls_ill(self.number);
            Health::Ill { days: DAYS }
        } else if self.number < plan.ill + plan.vaccinated {
            Health::Immune
        } else {
            Health::Well
        };
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        match self.health {
            Health::Immune => {}
            Health::Ill { days: 1 } => {
                self.health = Health::Immune;
                town(cx).recovers(self.number);
            }
            Health::Ill { days } => self.health = Health::Ill { days: days - 1 },
            Health::Well => {
                let Plan { people, escape, .. } = plan(cx);
                let random = cx.random();
                let met: [u32; CONTACTS as usize] =
                    std::array::from_fn(|_| random.random_range(0..people));
                let luck: f64 = random.random();
                let town = town(cx);
                if luck >= escape.powi(town.contagious(&met)) {
                    town.falls_ill(self.number);
                    self.health = Health::Ill { days: DAYS };
                }
            }
        }
    }
}

/// Opens the town in front of its people, and ends the epidemic once nobody is ill.
#[derive(Default)]
struct Office {
    fell_ill: f64,
}

#[agent]
impl Office {
    #[init]
    fn open(&mut self, cx: &mut Step<'_>) {
        let people = plan(cx).people;
        cx.session().put(Town::new(people));
    }

    #[live]
    fn day(&mut self, cx: &mut Step<'_>) {
        let people = f64::from(plan(cx).people);
        let town = town(cx);
        town.dawn();
        self.fell_ill = f64::from(town.fell_ill()) / people;
        if town.is_well() {
            cx.session().stop();
        }
    }

    #[score]
    fn score(&self) -> f64 {
        self.fell_ill
    }
}

/// Returns what the town is like.
fn plan(cx: &mut Step<'_>) -> Plan {
    *cx.project().get().expect("the project has a plan")
}

/// Returns the town of this epidemic.
fn town<'s>(cx: &'s mut Step<'_>) -> &'s mut Town {
    cx.session().get().expect("the office has opened it")
}

/// Runs so many epidemics in one town, and returns which part of its people each made ill.
///
/// # Errors
///
/// Returns why the universe could not run them.
pub fn epidemics(plan: Plan, count: u64, seed: u64) -> Result<Vec<f64>, BoxError> {
    let people = (0..plan.people).map(|number| Person { number, health: Health::Well });
    let project = Project::new("epidemic")
        .data(plan)
        .agent("office", Office::default())
        .agents(people)
        .max_sessions(count)
        .max_successes(0)
        // No share of the people is as many as that, so that no score ends a session.
        .success_score(2.0)
        .error_score(-2.0);
    let report = lyceum::block_on(Universe::new(seed).run(project))?;
    if report.exit_code() != 0 {
        return Err(format!("the epidemics failed: {:?}", report.outcome).into());
    }
    Ok(report.records.iter().map(|record| record.score).collect())
}
