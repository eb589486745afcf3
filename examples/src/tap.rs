//! A tap drips into a bucket, in steps: each session ends when the bucket is full.
//!
//! It is on a real node, and somebody outside of its steps says how much falls. So a run cannot be
//! repeated by its seed alone; but its log has what was said, and `replay` repeats it. Try
//! `cargo run -p examples --bin tap -- --record tap.log`, and then `-- replay tap.log --session 2`.

use lyceum::prelude::*;
use lyceum::rand::Rng;
use lyceum::universe::{Event, Pace, Program, Project, Step, Universe};
use serde::{Deserialize, Serialize};

/// Somebody turned the tap.
#[derive(Serialize, Deserialize, Event)]
struct Turned {
    litres: f64,
}

/// Water fell.
#[derive(Serialize, Deserialize, Event)]
struct Drop {
    litres: f64,
}

/// An ordinary agent, which turns the tap as the clock has it.
struct Hand;

#[agent]
impl Hand {
    #[action]
    fn turn(&self, cx: &Context<Self>) -> f64 {
        let nanos = cx.node().now().since_start().subsec_nanos();
        0.25 + f64::from(nanos % 1_000) / 4_000.0
    }
}

/// Drips in each step.
#[derive(Default)]
struct Tap {
    litres: f64,
}

#[agent]
impl Tap {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        self.litres = 0.0;
        let hand = cx.handle::<Hand>("hand").ok_or("nobody turns the tap")?;
        cx.ask(async move { hand.turn().await }, |turned| Turned {
            litres: turned.unwrap_or_default(),
        });
        Ok(())
    }

    #[event]
    fn turned(&mut self, turned: &Turned, cx: &mut Step<'_>) {
        self.litres = turned.litres;
        cx.info(format!("{:.3} litres in each step", self.litres));
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if self.litres > 0.0 {
            let litres = self.litres * cx.random().random_range(0.5..1.5);
            cx.send(Drop { litres })?;
        }
        Ok(())
    }
}

/// Holds what fell.
#[derive(Default)]
struct Bucket {
    litres: f64,
}

#[agent]
impl Bucket {
    #[init]
    fn empty(&mut self) {
        self.litres = 0.0;
    }

    #[event]
    fn drop(&mut self, drop: &Drop, cx: &mut Step<'_>) {
        self.litres += drop.litres;
        cx.debug(format!("{:.3} litres", self.litres));
    }

    /// From one half on, five litres, the session is a success.
    #[score]
    fn score(&self) -> f64 {
        self.litres / 10.0
    }
}

/// Returns the program of a tap that fills so many buckets; 0 is no limit.
pub fn program(buckets: u64) -> Program {
    let project = move || {
        let tap = Project::new("tap").agent("hand", Hand).agent("tap", Tap::default());
        tap.agent("bucket", Bucket::default()).max_successes(buckets)
    };
    Program::new(project)
        .universe(|| Universe::builder().on(Node::local()).pace(Pace::FAST))
        .conclude(|_, report| {
            for record in report.records.iter().filter(|record| record.success) {
                println!("bucket {}: full after {} steps", record.number, record.steps);
            }
            Ok(())
        })
}
