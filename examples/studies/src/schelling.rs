//! Schelling's city: residents who want a few neighbours of their own group part into quarters.
//!
//! Each resident is an agent and looks around in each step; the [`City`] is data of the project.

mod city;
mod picture;
mod plot;

use std::fmt;
use std::path::Path;

use lyceum::BoxError;
use lyceum::prelude::*;
use lyceum::rand::Rng;
use lyceum::universe::{Parts, Project, Step, Universe};

pub use city::{City, Group, Plan};
pub use picture::{Picture, write_pictures};
pub use plot::draw;

/// After how many steps a city that does not come to rest is left alone.
const PATIENCE: u64 = 500;

/// Lives in a flat, and moves when too few neighbours are of its group.
#[derive(Clone, Copy, Debug)]
pub struct Resident {
    flat: u32,
    group: Group,
}

#[agent]
impl Resident {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        let Parts { project, random, .. } = cx.parts();
        let city: &mut City = project.get_mut().expect("the project has a city");
        if city.suits(self.flat, self.group) {
            return;
        }
        let vacant = city.vacant();
        if vacant > 0 {
            self.flat = city.move_to(random.random_range(0..vacant), self.flat);
        }
    }
}

/// Counts who moved, behind all residents of a step, and ends the study once nobody does.
struct Census;

#[agent]
impl Census {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        let step = cx.step();
        let city = city_of(cx);
        let year = Year { moved: city.take_moved(), alike: city.alike() };
        let last = (year.moved == 0 || step >= PATIENCE).then(|| Picture::of(city));
        let ends = last.is_some();
        let history = cx.application().get::<History>().expect("the study has put it there");
        if history.last.is_none() {
            history.years.push(year);
            history.last = last;
        }
        if ends {
            cx.project().stop();
        }
    }
}

/// Returns the city that the project has.
fn city_of<'s>(cx: &'s mut Step<'_>) -> &'s mut City {
    cx.project().get().expect("the project has a city")
}

/// What the census wrote down.
#[derive(Debug, Default)]
struct History {
    years: Vec<Year>,
    last: Option<Picture>,
}

/// How the city was after a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Year {
    /// How many residents moved in it.
    pub moved: u64,
    /// Which part of all neighbours are of one group, from 0 to 1.
    pub alike: f64,
}

/// What a study found.
#[derive(Debug)]
pub struct Study {
    /// Step by step.
    pub years: Vec<Year>,
    /// Which part of all neighbours were of one group before the first step.
    pub alike_before: f64,
    /// The city before the first step, and after the last one.
    pub pictures: [Picture; 2],
}

/// Returns the project of a plan: its city, and a resident for each flat that is not empty.
pub fn project(plan: &Plan, seed: u64) -> Project {
    let city = City::settled(plan, seed);
    let residents: Vec<_> =
        city.residents().map(|(flat, group)| Resident { flat, group }).collect();
    Project::new("schelling").data(city).agents(residents)
}

/// Runs a study until nobody wants to move.
///
/// # Errors
///
/// Returns why the universe could not run it.
pub fn study(plan: &Plan, seed: u64) -> Result<Study, BoxError> {
    let before = City::settled(plan, seed);
    let mut universe = Universe::new(seed);
    universe.put(History::default());
    let report = lyceum::block_on(universe.run(project(plan, seed).agent("census", Census)))?;
    if report.exit_code() != 0 {
        return Err(format!("the study failed: {:?}", report.outcome).into());
    }
    let history = universe.get::<History>().ok_or("the census has written nothing")?;
    let after = history.last.clone().ok_or("there was no step")?;
    Ok(Study {
        years: history.years.clone(),
        alike_before: before.alike(),
        pictures: [Picture::of(&before), after],
    })
}

/// Runs a study, writes its plot and pictures into a folder if there is one, and tells how it went.
///
/// # Errors
///
/// Returns why it could not run or a file could not be written.
pub fn run(plan: &Plan, seed: u64, folder: Option<&Path>) -> Result<Vec<String>, BoxError> {
    let study = study(plan, seed)?;
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
        draw(&study, &folder.join("schelling.svg"))?;
        write_pictures(&study.pictures, &folder.join("schelling.png"))?;
    }
    let mut lines = vec![plan.to_string()];
    lines.push(format!("before: {:.1} % of neighbours are alike", 100.0 * study.alike_before));
    let last = study.years.len().saturating_sub(1);
    for (step, year) in (1..).zip(&study.years) {
        // The first ones tell most.
        if step <= 5 || step > last {
            lines.push(format!("step {step}: {year}"));
        }
    }
    Ok(lines)
}

impl fmt::Display for Year {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} moved, {:.1} % of neighbours are alike", self.moved, 100.0 * self.alike)
    }
}
