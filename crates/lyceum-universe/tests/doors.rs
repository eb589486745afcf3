//! A universe's agents and all others: calls, actions that wait, topics, events from outside.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::universe::events::{ApplicationInterrupt, ProjectStop};
use lyceum::universe::{
    Event, OnFailure, Pace, Project, Recording, RunError, RunOutcome, Sender, Step, Universe,
};
use serde::{Deserialize, Serialize};

#[path = "memory/log.rs"]
mod memory;

use memory::Log;

/// An ordinary agent.
#[derive(Default)]
struct Adder {
    sum: u64,
}

#[agent]
impl Adder {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.sum += n;
        self.sum
    }

    #[subscribe("numbers")]
    fn heard(&mut self, n: u64) {
        self.sum += n;
    }
}

#[derive(Serialize, Deserialize, Event)]
struct Sum(u64);

/// Asks an ordinary agent, and hears of its answer in a later step.
struct Asker {
    adder: Handle<Adder>,
    sums: Arc<Mutex<Vec<(u64, u64)>>>,
}

#[agent]
impl Asker {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        cx.publish("numbers", &30)?;
        let adder = self.adder.clone();
        cx.ask(async move { adder.add(2).await }, |sum| Sum(sum.unwrap_or_default()));
        Ok(())
    }

    #[event]
    fn sum(&mut self, sum: &Sum, cx: &mut Step<'_>) {
        self.sums.lock().unwrap().push((cx.step(), sum.0));
        cx.project().stop();
    }
}

#[test]
fn answers_of_ordinary_agents_are_events_of_a_later_step() {
    let mut universe = Universe::new(7);
    let adder = lyceum::block_on(async { universe.node().launch(Adder::default()).await }).unwrap();
    let sums: Arc<Mutex<Vec<(u64, u64)>>> = Arc::default();
    let asker = Asker { adder, sums: sums.clone() };

    let report = lyceum::block_on(universe.run(Project::new("ask").agent("asker", asker))).unwrap();

    let sums = sums.lock().unwrap();
    assert_eq!(sums.len(), 1, "{:?}", report.outcome);
    assert!(sums[0].0 > 1, "not in the step in which it was asked: {sums:?}");
    assert_eq!(sums[0].1, 32);
}

#[derive(Clone, Serialize, Deserialize, Event)]
struct Tick(u64);

/// Lives in steps and has actions, of which one waits.
#[derive(Default)]
struct Clockwork {
    lived: u64,
    ticks: Vec<u64>,
}

#[agent]
impl Clockwork {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        self.lived += 1;
        cx.send(Tick(cx.step()))?;
        if cx.session().step() == 40 {
            cx.project().stop();
        }
        Ok(())
    }

    #[event]
    fn tick(&mut self, tick: &Tick) {
        self.ticks.push(tick.0);
    }

    /// Returns how often it lived.
    #[action]
    fn lived(&self) -> u64 {
        self.lived
    }

    /// Keeps the agent to itself for ten steps.
    #[action]
    async fn hold_up(&mut self, cx: &Context<Self>) -> (u64, u64) {
        let before = self.lived;
        cx.sleep(Duration::from_millis(10)).await;
        (before, self.lived)
    }

    /// Lets everybody stop.
    #[action]
    fn stop_all(&self, cx: &Context<Self>) -> Result<(), BoxError> {
        let sender = Sender::of(&cx.node()).ok_or("no universe here")?;
        Ok(sender.send(ProjectStop {})?)
    }

    #[action]
    fn ticks(&self) -> Vec<u64> {
        self.ticks.clone()
    }
}

#[test]
fn agents_of_a_universe_are_called_between_its_steps() {
    let mut universe = Universe::new(7);
    let project = Project::new("calls").agent("clockwork", Clockwork::default());
    universe.begin(project).unwrap();
    let clockwork = universe.handle::<Clockwork>("clockwork").unwrap();
    let lived = universe.node().spawn({
        let clockwork = clockwork.clone();
        async move { clockwork.lived().await }
    });
    for _ in 0..10 {
        assert!(universe.step());
    }

    let lived = lyceum::block_on(lived).unwrap().unwrap();
    assert!((1..10).contains(&lived), "{lived}");
    drop(universe.finish().unwrap());
}

/// Letters that came while a turn waited were lost with the columns of their step.
#[test]
fn turn_that_waits_goes_on_in_a_later_step_and_letters_wait_with_it() {
    let mut universe = Universe::new(7);
    universe.begin(Project::new("wait").agent("clockwork", Clockwork::default())).unwrap();
    let clockwork = universe.handle::<Clockwork>("clockwork").unwrap();
    for _ in 0..5 {
        universe.step();
    }
    let held = universe.node().spawn({
        let clockwork = clockwork.clone();
        async move { clockwork.hold_up().await }
    });
    let ticks = universe.node().spawn(async move {
        let held = held.await.unwrap().unwrap();
        (held, clockwork.ticks().await.unwrap())
    });
    while universe.step() {}
    let report = universe.finish().unwrap();

    let ((before, after), ticks) = lyceum::block_on(ticks).unwrap();
    assert_eq!(before, after, "it did not live while its turn waited");
    assert!(report.counts.missed > 5, "{:?}", report.counts);
    assert_eq!(report.counts.dropped, 1, "the last tick ends with the session");
    let lost: Vec<_> = ticks.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
    assert!(lost.is_empty() && ticks.len() > 2, "in order: {ticks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn universe_lives_on_a_real_node_and_is_reached_through_it() {
    let node = Node::local();
    let pace = Pace::Step(Duration::from_micros(200));
    let mut universe = Universe::builder().on(node.clone()).pace(pace).build();
    let project = Project::new("real").agent("clockwork", Patient::default());
    let running = node.spawn(async move { universe.run(project).await });

    let patient = loop {
        if let Some(handle) = node.find().name::<Patient>("clockwork") {
            break handle;
        }
        node.sleep(Duration::from_millis(1)).await;
    };
    while patient.lived().await.unwrap() < 20 {
        node.sleep(Duration::from_millis(1)).await;
    }
    patient.stop_all().await.unwrap();
    let report = running.await.unwrap().unwrap();

    assert_eq!(report.outcome, RunOutcome::Finished);
    assert!(report.steps >= 20);
}

/// Lives until it is told otherwise.
#[derive(Default)]
struct Patient {
    lived: u64,
}

#[agent]
impl Patient {
    #[live]
    fn live(&mut self) {
        self.lived += 1;
    }

    #[action]
    fn lived(&self) -> u64 {
        self.lived
    }

    #[action]
    fn stop_all(&self, cx: &Context<Self>) -> Result<(), BoxError> {
        let sender = Sender::of(&cx.node()).ok_or("no universe here")?;
        Ok(sender.send(ProjectStop {})?)
    }
}

/// Lives in steps, and ticks besides.
#[derive(Default)]
struct Ticking {
    lived: u64,
    ticked: u64,
}

#[agent]
impl Ticking {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        self.lived += 1;
        if cx.session().step() == 20 {
            cx.session().stop();
        }
    }

    #[behaviour(every = "3ms")]
    fn tick(&mut self) {
        self.ticked += 1;
    }

    #[init]
    fn init(&mut self, cx: &mut Step<'_>) {
        let counts = (self.lived, self.ticked);
        cx.application().put(counts);
    }
}

/// A tick that waited for the agent to be switched on kept the universe from taking it, so that it
/// was never active again.
#[test]
fn agent_with_behaviours_lives_in_every_session() {
    let mut universe = Universe::new(7);
    let project = Project::new("ticks").agent("ticking", Ticking::default()).max_sessions(3);

    let report = lyceum::block_on(universe.run(project)).unwrap();

    assert_eq!((report.sessions, report.counts.failures), (3, 0));
    let &(lived, ticked) = universe.get::<(u64, u64)>().unwrap();
    assert!(lived >= 40, "before the third session: {lived}");
    assert!(ticked >= 4, "a tick takes the agent for two or three steps: {ticked}");
}

/// An agent that was killed or stopped from outside was waited for in each step, for ever and
/// without a word.
#[test]
fn agent_that_is_ended_from_outside_is_a_failure_and_the_others_go_on_where_that_is_the_policy() {
    for (policy, steps, code) in [(OnFailure::EndRun, 5, 1), (OnFailure::GoOn, 42, 0)] {
        let mut universe = Universe::builder().on_failure(policy).build();
        let project = Project::new("kill").agent("victim", Patient::default());
        universe.begin(project.agent("clockwork", Clockwork::default())).unwrap();
        (0..3).for_each(|_| assert!(universe.step()));
        drop(universe.handle::<Patient>("victim").unwrap().kill());

        while universe.step() {}
        let report = universe.finish().unwrap();

        assert_eq!((report.counts.failures, report.counts.missed), (1, 0));
        assert_eq!((report.steps, report.exit_code()), (steps, code), "{:?}", report.outcome);
        if let RunOutcome::Failed(text) = report.outcome {
            assert_eq!(text, "agent `victim`: ended outside of its steps: it was killed");
        }
    }
}

#[test]
fn interrupt_ends_the_run_with_its_own_exit_code() {
    let mut universe = Universe::new(7);
    universe.sender().send(ApplicationInterrupt {}).unwrap();

    let project = Project::new("long").agent("patient", Patient::default());
    let report = lyceum::block_on(universe.run(project)).unwrap();

    assert_eq!((report.outcome.clone(), report.exit_code()), (RunOutcome::Interrupted, 130));
}

#[test]
fn sender_of_a_universe_that_is_gone_gives_the_event_back() {
    let sender = Universe::new(7).sender();

    let error = sender.send(Tick(3)).unwrap_err();

    assert_eq!(error.to_string(), "cannot send the event `tick`: the universe has ended");
    assert_eq!(error.event.0, 3);
}

/// Walks at random, a step further at each tick from outside.
#[derive(Default)]
struct Walker {
    place: i64,
}

#[derive(Serialize, Deserialize, Event)]
struct Moved(i64);

#[agent]
impl Walker {
    #[event]
    fn tick(&mut self, tick: &Tick, cx: &mut Step<'_>) -> Result<(), BoxError> {
        use rand::Rng;
        let far = i64::try_from(tick.0)?;
        self.place += cx.random().random_range(-far..=far);
        Ok(cx.send(Moved(self.place))?)
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        if cx.session().step() == 30 {
            cx.session().stop();
        }
    }
}

fn walk() -> Project {
    Project::new("walk").agent("walker", Walker::default()).max_sessions(2)
}

#[test]
fn run_is_replayed_from_its_log() {
    let log = Log::default();
    let mut universe = Universe::builder().seed(11).record(log.clone()).build();
    let sender = universe.sender();
    universe.begin(walk()).unwrap();
    let mut step = 0;
    while universe.step() {
        step += 1;
        if step % 7 == 0 {
            sender.send(Tick(step)).unwrap();
        }
    }
    let report = universe.finish().unwrap();
    let trace = universe.trace().unwrap().clone();
    assert!(trace.events().any(|event| event.to_string().contains("walker sends moved")));

    let recording = log.recording();
    assert_eq!((recording.seed(), recording.project()), (11, "walk"));
    let mut again = Universe::builder().replay(&recording).build();
    let replayed = lyceum::block_on(again.run(walk())).unwrap();

    assert_eq!(again.trace().unwrap(), &trace);
    assert_eq!(replayed, report);
    // Another project takes another course, and is told so.
    let mut other = Universe::builder().replay(&recording).build();
    let error = lyceum::block_on(other.run(walk().max_sessions(1))).unwrap_err();
    assert!(matches!(&error, RunError::Log { detail } if detail.contains("another course")));
}

#[test]
fn logs_that_are_none_are_refused_with_their_line_and_cut_off_ones_are_read() {
    let read = |text: &str| Recording::read(Cursor::new(text.to_owned()));
    let head = "{\"lyceum_universe\":1,\"seed\":3,\"project\":\"p\"}\n";
    let cut = format!("{head}{{\"step\":4,\"entry\":{{\"input\":{{\"event\":\"tick\",\"argum");
    assert_eq!(read(&cut).unwrap().seed(), 3);
    for (text, part) in [
        (String::new(), "it is empty"),
        ("{\"lyceum_universe\":9,\"seed\":3,\"project\":\"p\"}\n".into(), "line 1: version 9"),
        ("{\"step\":1,\"entry\":\"timeout\"}\n".into(), "line 1: expected the head"),
        (format!("{head}{head}"), "line 2: a second head"),
        (format!("{head}nonsense\n"), "line 2: "),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn same_seed_gives_the_same_run_and_another_seed_another() {
    let run = |seed| {
        let mut universe = Universe::builder().seed(seed).trace().build();
        let sender = universe.sender();
        (1..20).for_each(|tick| sender.send(Tick(tick)).unwrap());
        drop(lyceum::block_on(universe.run(walk())).unwrap());
        universe.trace().unwrap().hash()
    };

    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
