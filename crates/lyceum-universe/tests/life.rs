//! Lives of agents in their scopes, and the events that every universe knows.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::universe::events::{
    ApplicationDone, ApplicationError, ProjectSessionDestroy, SessionDone, SessionRename,
    UniversStop,
};
use lyceum::universe::{Event, Project, RunOutcome, Scope, Step, Universe};
use serde::{Deserialize, Serialize};

/// What agents note, in order.
type Notes = Arc<Mutex<Vec<String>>>;

fn note(notes: &Notes, text: impl Into<String>) {
    notes.lock().unwrap().push(text.into());
}

fn noted(notes: &Notes) -> Vec<String> {
    std::mem::take(&mut notes.lock().unwrap())
}

fn run(project: Project) -> lyceum::universe::Report {
    lyceum::block_on(Universe::new(7).run(project)).unwrap()
}

/// Writes down every event that a universe sends by itself.
struct Chronicle(Notes);

#[agent]
impl Chronicle {
    #[init]
    fn init(&mut self) {
        note(&self.0, "init");
    }

    #[deinit]
    fn deinit(&mut self) {
        note(&self.0, "deinit");
    }

    #[event(project_start)]
    fn project_start(&mut self) {
        note(&self.0, "project_start");
    }

    #[event(project_stop)]
    fn project_stop(&mut self) {
        note(&self.0, "project_stop");
    }

    #[event(session_start)]
    fn session_start(&mut self) {
        note(&self.0, "session_start");
    }

    #[event(session_stop)]
    fn session_stop(&mut self) {
        note(&self.0, "session_stop");
    }

    #[event(session_success)]
    fn session_success(&mut self) {
        note(&self.0, "session_success");
    }

    #[event(session_done)]
    fn session_done(&mut self, done: &SessionDone) {
        note(&self.0, format!("session_done {}", done.score));
    }

    #[event(project_session_destroy)]
    fn destroy(&mut self, destroy: &ProjectSessionDestroy) {
        note(&self.0, format!("project_session_destroy {}", destroy.score));
    }

    #[event(session_rename)]
    fn rename(&mut self, rename: &SessionRename) {
        note(&self.0, format!("session_rename {}", rename.part));
    }

    #[event(univers_stop)]
    fn univers_stop(&mut self) {
        note(&self.0, "univers_stop");
    }

    #[event(application_error)]
    fn error(&mut self, error: &ApplicationError) {
        note(&self.0, format!("application_error {}", error.message));
    }

    #[event(application_done)]
    fn done(&mut self) {
        note(&self.0, "application_done");
    }
}

/// Is content, and gives the session a name.
struct Content;

#[agent]
impl Content {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        cx.session().rename("content");
    }

    #[score]
    fn score(&self) -> f64 {
        0.75
    }
}

#[test]
fn agent_of_the_application_hears_all_that_a_universe_says_and_lives_once_for_a_run() {
    let notes = Notes::default();
    let mut universe = Universe::new(7);
    universe.add("chronicle", Chronicle(notes.clone())).unwrap();
    let project = || Project::new("content").agent("content", Content);
    let expected = [
        "init",
        "project_start",
        "session_start",
        "session_rename content",
        "session_stop",
        "session_success",
        "session_done 0.75",
        // What is under way when the project ends a session reaches nobody else.
        "univers_stop",
        "deinit",
    ];

    for _ in 0..2 {
        drop(lyceum::block_on(universe.run(project())).unwrap());

        assert_eq!(noted(&notes), expected);
    }
}

/// Asks for the end of the run in its second step, in one of several ways.
struct Ender(&'static str);

#[agent]
impl Ender {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.step() != 2 {
            return Ok(());
        }
        match self.0 {
            "univers_stop" => cx.send(UniversStop {})?,
            "application_done" => cx.send(ApplicationDone {})?,
            "done" => cx.application().done(),
            "error" => cx.application().error("no disk"),
            "application_error" => cx.send(ApplicationError { message: "no disk".into() })?,
            _ => cx.project().stop(),
        }
        Ok(())
    }
}

#[test]
fn anybody_ends_the_run_and_an_error_of_the_application_is_code_1() {
    let failed = RunOutcome::Failed("no disk".into());
    for (how, steps, outcome, code) in [
        ("univers_stop", 3, RunOutcome::Finished, 0),
        ("application_done", 4, RunOutcome::Finished, 0),
        ("done", 4, RunOutcome::Finished, 0),
        ("project_stop", 4, RunOutcome::Finished, 0),
        ("error", 3, failed.clone(), 1),
        ("application_error", 3, failed, 1),
    ] {
        let report = run(Project::new("end").agent("ender", Ender(how)));

        assert_eq!((report.steps, &report.outcome, report.exit_code()), (steps, &outcome, code));
    }
}

#[derive(Serialize, Deserialize, Event)]
struct Word(u64);

/// Says a word in each step.
struct Speaker;

#[agent]
impl Speaker {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.session().step() == 6 {
            cx.project().stop();
        }
        Ok(cx.send(Word(cx.step()))?)
    }
}

/// Switches the listener off and on within its turn, in one step.
struct Blinker;

#[agent]
impl Blinker {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.step() == 4 {
            let listener = cx.find("listener").ok_or("no listener")?;
            cx.deactivate(listener);
            cx.activate(listener)?;
        }
        Ok(())
    }
}

struct Listener(Notes);

#[agent]
impl Listener {
    #[event]
    fn word(&mut self, word: &Word, cx: &mut Step<'_>) {
        note(&self.0, format!("{} in {}", word.0, cx.step()));
    }
}

#[test]
fn activation_clears_the_mailbox() {
    let notes = Notes::default();
    let project = Project::new("clear").agent("speaker", Speaker).agent("blinker", Blinker);

    let report = run(project.agent("listener", Listener(notes.clone())));

    // What was said in step 3 was there when the listener was switched.
    assert_eq!(noted(&notes)[..4], ["1 in 2", "2 in 3", "4 in 5", "5 in 6"]);
    // And what was said in the last step found no next one.
    assert_eq!(report.counts.dropped, 2);
}

/// Has enough once it hears the third word, and says so when it lives.
struct Shy(Notes);

#[agent]
impl Shy {
    #[event]
    fn word(&mut self, word: &Word, cx: &mut Step<'_>) {
        if word.0 == 3 {
            let myself = cx.number();
            cx.deactivate(myself);
        }
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        note(&self.0, format!("lives in {}", cx.step()));
        Ok(cx.send_named("alive", cx.step().into())?)
    }
}

/// An agent that switched itself off in a handler lived once more in that step, as an inactive one,
/// whose sends are errors: the run failed.
#[test]
fn agent_that_switches_itself_off_in_a_handler_does_not_live_any_more() {
    let notes = Notes::default();
    let project = || Project::new("shy").agent("speaker", Speaker);
    for project in [project(), project().shuffled()] {
        let report = run(project.agent("shy", Shy(notes.clone())));

        assert_eq!(report.outcome, RunOutcome::Finished);
        assert_eq!(noted(&notes), ["lives in 1", "lives in 2", "lives in 3"]);
    }
}

/// Is added in a session, and notes its life.
struct Guest(Notes);

#[agent]
impl Guest {
    #[init]
    fn init(&mut self) {
        note(&self.0, "guest comes");
    }

    #[deinit]
    fn deinit(&mut self) {
        note(&self.0, "guest goes");
    }
}

/// Adds an agent of each scope in the first session, and says of each whether it is active.
struct Host(Notes);

#[agent]
impl Host {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let (session, step) = (cx.session().number(), cx.session().step());
        if (session, step) == (1, 1) {
            let scopes = [Scope::Application, Scope::Project, Scope::Session];
            for (scope, name) in scopes.into_iter().zip(["application", "project", "session"]) {
                cx.add(scope, name, Guest(self.0.clone()))?;
            }
        }
        let is_active = ["application", "project", "session"]
            .map(|name| cx.find(name).map(|guest| cx.is_active(guest)));
        if step == 2 {
            note(&self.0, format!("{is_active:?}"));
            cx.session().stop();
        }
        Ok(())
    }
}

#[test]
fn agents_added_in_a_session_live_as_their_scopes_say() {
    let notes = Notes::default();

    let report = run(Project::new("host").agent("host", Host(notes.clone())).max_sessions(2));

    let expected = [
        "guest comes",
        // The one of the session is active at once, that of the project from the next session on.
        "[Some(false), Some(false), Some(true)]",
        "guest goes",
        "guest comes",
        "[Some(false), Some(true), None]",
        "guest goes",
    ];
    assert_eq!(noted(&notes), expected);
    assert_eq!(report.counts.failures, 0);
}

/// An ordinary agent, which knows of no universe.
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
}

#[derive(Serialize, Deserialize, Event)]
struct Answer(Option<u64>);

/// Asks the adder in each session, and once more when it was switched off.
struct Asker(Notes);

#[agent]
impl Asker {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let adder = cx.handle::<Adder>("adder").ok_or("no adder")?;
        cx.ask(async move { adder.add(2).await.ok() }, Answer);
        Ok(())
    }

    #[event]
    fn answer(&mut self, answer: &Answer, cx: &mut Step<'_>) -> Result<(), BoxError> {
        note(&self.0, format!("{:?}", answer.0));
        if answer.0.is_none() {
            cx.session().stop();
            return Ok(());
        }
        let adder = cx.find("adder").ok_or("no adder")?;
        cx.deactivate(adder);
        let adder = cx.handle::<Adder>("adder").ok_or("no adder")?;
        cx.ask(async move { adder.add(2).await.ok() }, Answer);
        Ok(())
    }
}

#[test]
fn ordinary_agent_of_a_project_is_switched_with_its_sessions_and_by_other_agents() {
    let notes = Notes::default();
    let project = Project::new("ordinary").agent("adder", Adder::default());

    let report = run(project.agent("asker", Asker(notes.clone())).max_sessions(2));

    assert_eq!(report.outcome, RunOutcome::Finished);
    // Off it does not answer; in the next session it is on again, with the sum that it had.
    assert_eq!(noted(&notes), ["Some(2)", "None", "Some(4)", "None"]);
}
