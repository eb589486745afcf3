//! The same city in krABMaga: each resident an agent in its schedule, the city its state.
//!
//! The grid is plain data, as in our study, and not one of krABMaga's fields: those show an agent
//! the state before the step, which would be another model, and cost more.

use std::any::Any;
use std::time::Instant;

use krabmaga::engine::agent::Agent;
use krabmaga::engine::schedule::Schedule;
use krabmaga::engine::state::State;
use lyceum_bench_figures::child::Said;
use lyceum_bench_figures::machine;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use studies::schelling::{City, Group};

use super::SEED;
use crate::sizes::{Sizes, WARM_UP};

#[derive(Clone)]
struct Resident {
    flat: u32,
    group: Group,
}

struct World {
    city: City,
    random: SmallRng,
}

impl Agent for Resident {
    fn step(&mut self, state: &mut dyn State) {
        let world = state.as_any_mut().downcast_mut::<World>().expect("the world is the state");
        if world.city.suits(self.flat, self.group) {
            return;
        }
        let vacant = world.city.vacant();
        if vacant > 0 {
            let choice = world.random.random_range(0..vacant);
            self.flat = world.city.move_to(choice, self.flat);
        }
    }
}

impl State for World {
    fn init(&mut self, schedule: &mut Schedule) {
        for (flat, group) in self.city.residents() {
            schedule.schedule_repeating(Box::new(Resident { flat, group }), 0.0, 0);
        }
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_state_mut(&mut self) -> &mut dyn State {
        self
    }

    fn as_state(&self) -> &dyn State {
        self
    }

    fn reset(&mut self) {}

    fn update(&mut self, _step: u64) {}
}

/// Measures the city's steps, and its memory.
pub fn measure(sizes: &Sizes) -> Said {
    let before = machine::resident_bytes();
    let city = City::settled(&sizes.city, SEED);
    let mut world = World { city, random: SmallRng::seed_from_u64(SEED) };
    let mut schedule = Schedule::new();
    world.init(&mut schedule);
    let mut moved = Vec::new();
    let mut step = |world: &mut World| {
        schedule.step(world);
        moved.push(world.city.take_moved());
    };
    (0..WARM_UP).for_each(|_| step(&mut world));
    let start = Instant::now();
    (0..sizes.city_steps).for_each(|_| step(&mut world));
    let took = start.elapsed();
    let bytes = machine::resident_bytes().saturating_sub(before);
    super::City { moved, took, bytes }.said(sizes)
}
