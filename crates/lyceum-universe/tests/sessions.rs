//! Projects and sessions: scopes, scores, limits, times.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::universe::events::{SessionDone, SessionStop};
use lyceum::universe::{Event, OnFailure, Project, RunOutcome, Step, Universe};
use serde::{Deserialize, Serialize};

fn run(project: Project) -> lyceum::universe::Report {
    lyceum::block_on(Universe::new(7).run(project)).unwrap()
}

/// Has one opinion.
struct Judge(Option<f64>);

#[agent]
impl Judge {
    #[score]
    fn score(&self) -> Option<f64> {
        self.0
    }
}

#[test]
fn scores_are_weighted_clamped_and_added_up() {
    let project = |score: f64, weight| {
        let judge = Judge(Some(score));
        Project::new("score").weighted("judge", weight, judge).agent("none", Judge(None))
    };
    for (score, weight, sum, success) in [
        (0.6, 1.0, 0.6, true),
        (0.3, 2.0, 0.6, true),
        (9.0, 1.0, 1.0, true),
        (9.0, 0.0625, 0.5625, true),
        (f64::INFINITY, 1.0, 1.0, true),
        (-2.0, 1.0, -1.0, false),
        (f64::NEG_INFINITY, 1.0, -1.0, false),
    ] {
        let report = run(project(score, weight).max_sessions(1));
        assert_eq!(report.records[0].score, sum, "{score} * {weight}");
        assert_eq!(report.records[0].success, success, "{score} * {weight}");
        assert_eq!(report.successes, u64::from(success));
    }
}

/// Counts twice as much from its second session on.
struct Elder;

#[agent]
impl Elder {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        if cx.session().number() == 2 {
            cx.set_score_weight(2.0);
        }
        cx.session().stop();
    }

    #[score]
    fn score(&self) -> f64 {
        0.3
    }
}

#[test]
fn weight_is_set_by_the_agent_itself_and_stays() {
    let project = Project::new("elder").agent("elder", Elder).max_successes(0).max_sessions(3);

    let scores = run(project).records.into_iter().map(|record| record.score);

    assert_eq!(scores.collect::<Vec<_>>(), [0.3, 0.6, 0.6]);
}

#[test]
fn sum_is_not_clamped() {
    let project = Project::new("sum").agent("a", Judge(Some(0.9))).agent("b", Judge(Some(0.4)));

    assert_eq!(run(project.max_sessions(1)).records[0].score, 1.3);
}

/// NaN once made a sum that no threshold ends, so that the session went on for ever.
#[test]
fn score_that_is_no_number_is_no_opinion() {
    let project = Project::new("nan").agent("nan", Judge(Some(f64::NAN)));
    let project = project.agent("b", Judge(Some(0.7))).max_sessions(1);

    assert_eq!(run(project).records[0].score, 0.7);
}

#[test]
fn thresholds_and_limits_end_sessions_and_projects() {
    let bad = Project::new("bad").agent("a", Judge(Some(-0.3))).error_score(-0.25);
    let report = run(bad.max_sessions(3));
    assert_eq!((report.sessions, report.successes), (3, 0));
    let good = Project::new("good").agent("a", Judge(Some(0.3))).success_score(0.25);
    let report = run(good.max_successes(2));
    assert_eq!((report.sessions, report.successes), (2, 2));
}

#[test]
fn session_that_takes_too_long_ends() {
    // A step takes a millisecond of a simulated node's time.
    let project = Project::new("slow").agent("a", Judge(Some(0.0)));
    let report = run(project.session_timeout(Duration::from_millis(20)).max_sessions(2));

    let steps: Vec<_> = report.records.iter().map(|record| record.steps).collect();
    // The end of a session takes three steps.
    // The second session is made in a step, and begins to live in the next one.
    assert_eq!(steps, [23, 22]);
    assert_eq!(report.outcome, RunOutcome::Finished);
}

#[derive(Serialize, Deserialize, Event)]
struct Late(u64);

/// Counts its lives, and sends something that nobody can get in time.
#[derive(Default)]
struct Counter {
    notes: Arc<Mutex<Vec<String>>>,
}

#[agent]
impl Counter {
    #[init]
    fn init(&mut self, cx: &mut Step<'_>) {
        let number = cx.session().number();
        cx.session().put(number);
        self.notes.lock().unwrap().push(format!("init {number}"));
    }

    #[deinit]
    fn deinit(&mut self) {
        self.notes.lock().unwrap().push("deinit".into());
    }

    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        let kept: Option<u64> = cx.session().get().copied();
        let mut notes = self.notes.lock().unwrap();
        notes.push(format!("start {kept:?} {:?}", cx.project().get::<String>()));
        cx.session().stop();
        cx.session().stop();
    }

    #[event(session_done)]
    fn done(&mut self, done: &SessionDone, cx: &mut Step<'_>) -> Result<(), BoxError> {
        self.notes.lock().unwrap().push(format!("done {}", done.score));
        // Handled in the step in which the session is destroyed: by nobody.
        Ok(cx.send(Late(cx.step()))?)
    }

    #[event]
    fn late(&mut self, late: &Late) {
        self.notes.lock().unwrap().push(format!("late {}", late.0));
    }
}

#[test]
fn agents_of_a_project_begin_and_end_with_each_session_and_data_with_its_scope() {
    let notes: Arc<Mutex<Vec<String>>> = Arc::default();
    let project = Project::new("lives").data("of the project".to_owned());
    let counter = Counter { notes: notes.clone() };

    let report = run(project.agent("counter", counter).max_sessions(2));

    let of_project = "Some(\"of the project\")";
    let expected = [
        "init 1".to_owned(),
        format!("start Some(1) {of_project}"),
        "done 0".into(),
        "deinit".into(),
        "init 2".into(),
        format!("start Some(2) {of_project}"),
        "done 0".into(),
        "deinit".into(),
    ];
    assert_eq!(*notes.lock().unwrap(), expected);
    assert_eq!(report.records.len(), 2);
    assert_eq!(report.counts.dropped, 2, "what was sent at the end of a session reaches nobody");
}

/// Lives beside sessions.
#[derive(Default)]
struct Chronicle {
    sessions: Vec<u64>,
    steps: u64,
}

#[agent]
impl Chronicle {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        self.sessions.push(cx.session().number());
        cx.application().put(self.sessions.clone());
    }

    #[live]
    fn live(&mut self) {
        self.steps += 1;
    }

    /// Returns in how many steps it lived.
    #[action]
    fn steps(&self) -> u64 {
        self.steps
    }
}

#[test]
fn agents_of_the_application_live_through_all_sessions_and_runs() {
    let mut universe = Universe::new(7);
    universe.add("chronicle", Chronicle::default()).unwrap();
    let project = || Project::new("p").agent("a", Judge(Some(1.0))).max_sessions(2);

    let first = lyceum::block_on(universe.run(project().max_successes(0))).unwrap();
    let second = lyceum::block_on(universe.run(project().max_successes(0))).unwrap();

    assert_eq!(universe.get::<Vec<u64>>(), Some(&vec![1, 2, 1, 2]));
    let chronicle = universe.handle::<Chronicle>("chronicle").unwrap();
    assert!(matches!(
        lyceum::block_on(async { chronicle.steps().await }),
        Err(CallError::Inactive(_))
    ));
    assert_eq!((first.steps, second.steps), (first.steps, first.steps));
}

/// Fails in one of several ways.
struct Faulty(&'static str);

#[agent]
impl Faulty {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        match (self.0, cx.session().step()) {
            ("panic", 2) => panic!("no {}", "luck"),
            ("error", 2) => Err("no luck".into()),
            _ => Ok(()),
        }
    }
}

/// Ends the session in its fifth step.
struct Ender;

#[agent]
impl Ender {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.session().step() == 5 {
            cx.send(SessionStop {})?;
        }
        Ok(())
    }
}

#[test]
fn failures_end_what_the_policy_says() {
    for (how, text) in [
        ("panic", "agent `faulty`: `live` panicked: no luck"),
        ("error", "agent `faulty`: `live` failed: no luck"),
    ] {
        let run = |policy| {
            let mut universe = Universe::builder().on_failure(policy).build();
            let project = Project::new("faulty").agent("faulty", Faulty(how)).agent("end", Ender);
            lyceum::block_on(universe.run(project.max_sessions(1))).unwrap()
        };
        let report = run(OnFailure::EndRun);
        assert_eq!(report.outcome, RunOutcome::Failed(text.into()));
        assert_eq!((report.exit_code(), report.steps), (1, 2));
        let report = run(OnFailure::EndSession);
        assert_eq!((report.exit_code(), report.records[0].steps), (0, 4));
        let report = run(OnFailure::GoOn);
        assert_eq!((report.counts.failures, report.records[0].steps), (1, 7));
        let report = run(OnFailure::Deactivate);
        assert_eq!((report.counts.failures, report.records[0].steps), (1, 7));
    }
}

/// Starts thousands of agents and ends them within one step.
struct Crowd;

#[agent]
impl Crowd {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let scope = lyceum::universe::Scope::Session;
        for _ in 0..10_000 {
            let number = cx.add_unnamed(scope, Judge(Some(0.0)))?;
            cx.deactivate(number);
            cx.activate(number)?;
            cx.deactivate(number);
        }
        cx.session().stop();
        Ok(())
    }
}

#[test]
fn ten_thousand_agents_come_and_go_in_one_step() {
    let mut universe = Universe::new(7);
    let project = Project::new("crowd").agent("crowd", Crowd).max_sessions(1);

    let report = lyceum::block_on(universe.run(project)).unwrap();

    assert_eq!(report.counts.failures, 0, "{:?}", report.outcome);
    assert_eq!(universe.node().agent_count(), 0, "nobody is left");
}

#[test]
fn run_in_which_nothing_can_happen_ends() {
    let report = run(Project::new("quiet").agent("a", Judge(None)));

    assert_eq!(report.outcome, RunOutcome::Quiet);
}
