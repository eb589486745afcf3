//! Replays: what came from outside comes again, and who takes another course is told where.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::rand::Rng;
use lyceum::universe::{Event, Pace, Project, Recording, Report, RunError, Step, Universe};
use serde::{Deserialize, Serialize};

#[path = "memory/log.rs"]
mod memory;

use memory::Log;

/// Guesses, and counts how often it was asked.
#[derive(Default)]
struct Oracle {
    asked: u64,
}

#[agent]
impl Oracle {
    #[action]
    fn guess(&mut self) -> u64 {
        self.asked += 1;
        self.asked * 17
    }

    #[action]
    fn asked(&self) -> u64 {
        self.asked
    }
}

#[derive(Serialize, Deserialize, Event)]
struct Guess(Option<u64>);

#[derive(Serialize, Deserialize, Event)]
struct Place(u64);

/// Goes where the oracle and the clock say, three steps long in each session.
struct Pilgrim {
    oracle: Handle<Oracle>,
    /// What it adds to every place, so that another course can be taken from some session on.
    strays: fn(u64) -> u64,
}

#[agent]
impl Pilgrim {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        let oracle = self.oracle.clone();
        cx.ask(async move { oracle.guess().await.ok() }, Guess);
    }

    #[event]
    fn guess(&mut self, guess: &Guess, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let session = cx.session().number();
        let clock = cx.now().nanos() ^ u64::from(cx.session().elapsed().subsec_nanos());
        let place = guess.0.ok_or("no guess")? ^ clock ^ cx.random().random::<u64>();
        cx.send(Place(place ^ (self.strays)(session)))?;
        cx.session().stop();
        Ok(())
    }

    #[event]
    fn place(&mut self, _place: &Place) {}
}

fn project(oracle: Handle<Oracle>, strays: fn(u64) -> u64) -> Project {
    Project::new("pilgrim").agent("pilgrim", Pilgrim { oracle, strays }).max_sessions(4)
}

async fn replay(
    recording: &Recording,
    strays: fn(u64) -> u64,
) -> (Result<Report, RunError>, Universe, u64) {
    let mut universe = Universe::builder().replay(recording).build();
    let oracle = universe.node().launch(Oracle::default()).await.unwrap();
    let report = universe.run(project(oracle.clone(), strays)).await;
    let asked = oracle.asked().await.unwrap();
    (report, universe, asked)
}

/// What agents read from a real clock was not in the log, so that replays took another course.
#[tokio::test(flavor = "multi_thread")]
async fn run_on_a_real_node_is_replayed_on_a_simulated_one_and_nobody_is_asked() {
    let (log, node) = (Log::default(), Node::local());
    let oracle = node.launch(Oracle::default()).await.unwrap();
    let builder = Universe::builder().seed(11).on(node).pace(Pace::FAST).record(log.clone());
    let mut universe = builder.build();
    let report = universe.run(project(oracle.clone(), |_| 0)).await.unwrap();
    assert_eq!((report.counts.failures, oracle.asked().await.unwrap()), (0, 4));
    let recording = log.recording();
    assert_eq!(recording.sessions(), 4);

    let (replayed, again, asked) = replay(&recording, |_| 0).await;

    let replayed = replayed.unwrap();
    assert_eq!((replayed.steps, replayed.counts), (report.steps, report.counts));
    assert_eq!(again.trace(), universe.trace());
    assert_eq!(asked, 0);
}

/// A replay that had left its log went on to its own end, if there was one, and did not say where
/// it had left it.
#[tokio::test(flavor = "multi_thread")]
async fn replay_that_takes_another_course_ends_with_that_session_and_names_it() {
    let log = Log::default();
    let mut universe = Universe::builder().seed(11).record(log.clone()).build();
    let oracle = universe.node().launch(Oracle::default()).await.unwrap();
    drop(universe.run(project(oracle, |_| 0)).await.unwrap());

    let strays = |session| u64::from(session == 3);
    let (error, again, _) = replay(&log.recording(), strays).await;

    let text = error.unwrap_err().to_string();
    assert_eq!(text, "the log of events: the replay took another course in session 3");
    let sends = again
        .trace()
        .unwrap()
        .events()
        .filter(|event| event.to_string().contains("pilgrim sends place"));
    assert_eq!(sends.count(), 3, "the fourth session was not begun");
}

/// Asks something that is answered long after its session.
struct Hasty {
    answers: Arc<Mutex<Vec<(u64, u64)>>>,
}

#[agent]
impl Hasty {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        let session = cx.session().number();
        let (node, patience) =
            (cx.node().clone(), Duration::from_millis(if session == 1 { 20 } else { 2 }));
        cx.ask(async move { node.sleep(patience).await }, move |()| Place(session));
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        let (number, step) = (cx.session().number(), cx.session().step());
        if step == if number == 1 { 5 } else { 40 } {
            cx.session().stop();
        }
    }

    #[event]
    fn place(&mut self, place: &Place, cx: &mut Step<'_>) {
        self.answers.lock().unwrap().push((cx.session().number(), place.0));
    }
}

/// The answer to what was asked in one session reached the next one.
#[test]
fn answer_does_not_outlive_the_session_in_which_it_was_asked_for() {
    let (log, answers) = (Log::default(), Arc::<Mutex<Vec<_>>>::default());
    let project = || {
        let hasty = Hasty { answers: answers.clone() };
        Project::new("hasty").agent("hasty", hasty).max_sessions(2)
    };
    let mut universe = Universe::builder().record(log.clone()).build();

    let report = lyceum::block_on(universe.run(project())).unwrap();

    assert_eq!(std::mem::take(&mut *answers.lock().unwrap()), [(2, 2)]);
    // Nor does it in a replay.
    let mut again = Universe::builder().replay(&log.recording()).build();
    assert_eq!(lyceum::block_on(again.run(project())).unwrap(), report);
    assert_eq!(*answers.lock().unwrap(), [(2, 2)]);
}

/// Does nothing until something comes, long after nothing happened.
struct Patient;

#[agent]
impl Patient {
    #[event]
    fn place(&mut self, _place: &Place, cx: &mut Step<'_>) {
        cx.project().stop();
    }
}

/// A replay ended where nothing had happened for 100,000 steps, though the log had more to come.
#[test]
fn replay_waits_for_what_comes_late_in_its_log() {
    let head = r#"{"lyceum_universe":1,"seed":3,"project":"late"}"#;
    let late = r#"{"step":150000,"entry":{"input":{"event":"place","arguments":1}}}"#;
    let recording = Recording::read(Cursor::new(format!("{head}\n{late}\n"))).unwrap();
    let mut universe = Universe::builder().replay(&recording).build();

    let project = Project::new("late").agent("patient", Patient);
    let report = lyceum::block_on(universe.run(project)).unwrap();

    assert_eq!(report.steps, 150_002);
}
