//! Universes side by side, and agents that keep theirs from going on.

use std::sync::mpsc::{Receiver, sync_channel};

use lyceum::prelude::*;
use lyceum::universe::{OnStuck, Project, Report, Step, Tally, Universe, Universes, Watch};

/// Is lucky in some sessions, as the seed says.
#[derive(Default)]
struct Gambler {
    luck: Option<f64>,
}

#[agent]
impl Gambler {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        use rand::Rng;
        self.luck = Some(cx.random().random_range(-0.6..0.6));
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        if cx.session().step() == 3 {
            cx.session().stop();
        }
    }

    #[score]
    fn score(&self) -> Option<f64> {
        self.luck
    }
}

fn gamble(seed: u64, tally: &Tally, watch: Watch) -> Report {
    let mut universe = Universe::builder().seed(seed).tally(tally).watch(watch).build();
    let project = Project::new("gamble").agent("gambler", Gambler::default()).max_successes(0);
    lyceum::block_on(universe.run(project.max_sessions(60))).unwrap()
}

#[test]
fn universes_share_what_they_found_and_their_limits() {
    let tally = Tally::default();
    let shared = tally.clone();

    let reports = Universes::threads(3).run(0..3, move |seed, watch| gamble(seed, &shared, watch));

    let reports: Vec<_> = reports.into_iter().map(Result::unwrap).collect();
    let sessions: u64 = reports.iter().map(|report| report.sessions).sum();
    assert_eq!(tally.sessions(), sessions);
    assert!((60..=62).contains(&sessions), "each may have had one more under way: {sessions}");
    let successes: u64 = reports.iter().map(|report| report.successes).sum();
    assert_eq!(tally.successes(), successes);
    assert!(tally.worst() < tally.mean() && tally.mean() < tally.best());
}

/// Waits for what does not come, in its third step.
struct Sleeper {
    never: Receiver<()>,
}

#[agent]
impl Sleeper {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        if cx.step() == 3 {
            // The sender is kept by the test until it has seen what it wants to see.
            let _ = self.never.recv();
        }
        if cx.step() == 5 {
            cx.project().stop();
        }
    }
}

#[test]
fn universe_whose_agent_never_returns_is_given_up_and_others_go_on() {
    let (kept, never) = sync_channel::<()>(1);
    let mut never = Some(never);
    let jobs: Vec<_> = (0..4).map(|job| if job == 1 { never.take() } else { None }).collect();
    let universes = Universes::threads(2).patience(Duration::from_millis(200), OnStuck::GiveUp);

    let results = universes.run(jobs, |never, watch| {
        let mut universe = Universe::builder().watch(watch).build();
        let project = match never {
            Some(never) => Project::new("stuck").agent("sleeper", Sleeper { never }),
            None => Project::new("fine").agent("gambler", Gambler::default()).max_sessions(1),
        };
        lyceum::block_on(universe.run(project)).unwrap().sessions
    });

    let stuck = results[1].clone().unwrap_err();
    assert_eq!((&*stuck.agent, stuck.step), ("sleeper", 3));
    assert!(stuck.to_string().starts_with("agent `sleeper` did not return for 200ms in step 3"));
    for other in [0, 2, 3] {
        assert_eq!(results[other], Ok(1));
    }
    drop(kept);
}

#[test]
fn universe_whose_agent_returns_late_goes_on_where_that_is_only_reported() {
    let (kept, never) = sync_channel::<()>(1);
    let universes = Universes::threads(2).patience(Duration::from_millis(40), OnStuck::Report);
    // Ends the wait of the first after some looks at it.
    let jobs = [Some(never), None];

    let results = universes.run(jobs, move |never, watch| match never {
        Some(never) => {
            let mut universe = Universe::builder().watch(watch).build();
            let project = Project::new("late").agent("sleeper", Sleeper { never });
            lyceum::block_on(universe.run(project)).unwrap().steps
        }
        None => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            runtime.unwrap().block_on(async {
                Node::local().sleep(Duration::from_millis(200)).await;
            });
            kept.send(()).map_or(0, |()| 1)
        }
    });

    assert_eq!(results, [Ok(7), Ok(1)]);
}
