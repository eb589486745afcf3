//! Who gets which event, and when.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::universe::{
    ActivateError, AgentNumber, Event, Project, Scope, SendFault, Step, Universe,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What agents note, in order.
type Notes = Arc<Mutex<Vec<String>>>;

fn note(notes: &Notes, text: impl Into<String>) {
    notes.lock().unwrap().push(text.into());
}

fn run(project: Project) -> lyceum::universe::Report {
    lyceum::block_on(Universe::new(7).run(project)).unwrap()
}

#[derive(Clone, Serialize, Deserialize, Event)]
struct Word(String);

/// Says something at the beginning, and notes what it hears.
struct Speaker {
    says: &'static str,
    notes: Notes,
}

#[agent]
impl Speaker {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        for word in self.says.split_whitespace() {
            cx.send(Word(word.into()))?;
        }
        Ok(())
    }

    #[event]
    fn word(&mut self, word: Word, cx: &mut Step<'_>) {
        note(&self.notes, format!("{} hears {} in {}", cx.name(), word.0, cx.step()));
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        if cx.session().step() == 3 {
            cx.project().stop();
        }
    }
}

#[test]
fn everybody_hears_everything_in_the_next_step_and_in_order_the_sender_too() {
    let notes = Notes::default();
    let speaker = |says| Speaker { says, notes: notes.clone() };

    let report = run(Project::new("talk").agent("a", speaker("1 2")).agent("b", speaker("3")));

    let heard = notes.lock().unwrap().clone();
    assert_eq!(
        heard,
        [
            "a hears 1 in 2",
            "a hears 2 in 2",
            "a hears 3 in 2",
            "b hears 1 in 2",
            "b hears 2 in 2",
            "b hears 3 in 2",
        ]
    );
    assert_eq!(report.counts.failures, 0);
}

/// Sends to one agent, by name, and to nobody.
struct Postman {
    notes: Notes,
}

#[agent]
impl Postman {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let b = cx.find("b").ok_or("no agent `b`")?;
        cx.send_to(b, Word("for b".into()))?;
        let error = cx.send_to(AgentNumber(99), Word("lost".into())).unwrap_err();
        note(&self.notes, format!("{error} / {}", error.event.0));
        Ok(())
    }
}

#[test]
fn one_agent_alone_gets_what_is_sent_to_it() {
    let notes = Notes::default();
    let speaker = || Speaker { says: "", notes: notes.clone() };

    let _ = run(Project::new("post")
        .agent("postman", Postman { notes: notes.clone() })
        .agent("a", speaker())
        .agent("b", speaker()));

    let heard = notes.lock().unwrap().clone();
    let refused = "cannot send the event `word`: there is no agent 99 in the universe / lost";
    assert_eq!(heard, [refused, "b hears for b in 2"]);
}

/// Listens by name alone.
struct Dynamic {
    notes: Notes,
}

#[agent]
impl Dynamic {
    #[event("word")]
    fn any_word(&mut self, word: &Value) {
        note(&self.notes, format!("dynamic {word}"));
    }

    #[event("free")]
    fn free(&mut self, arguments: Value, cx: &mut Step<'_>) -> Result<(), BoxError> {
        note(&self.notes, format!("free {arguments}"));
        let error = cx.send_named("word", json!({"no": "text"})).unwrap_err();
        assert!(matches!(error.fault, SendFault::Arguments { .. }), "{error}");
        assert_eq!(error.event, json!({"no": "text"}), "it comes back");
        cx.send_named("word", json!("by name"))?;
        Ok(())
    }

    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        Ok(cx.send_named("free", json!([1, 2]))?)
    }
}

#[test]
fn dynamic_and_typed_events_of_one_name_meet() {
    let notes = Notes::default();
    let speaker = Speaker { says: "typed", notes: notes.clone() };

    let project = Project::new("mixed").agent("dynamic", Dynamic { notes: notes.clone() });
    let _ = run(project.agent("a", speaker));

    let heard = notes.lock().unwrap().clone();
    let all = [
        "free [1,2]",
        "dynamic \"typed\"",
        "a hears typed in 2",
        "dynamic \"by name\"",
        "a hears by name in 3",
    ];
    assert_eq!(heard, all);
}

/// Switches another agent on and off, and tries what must not work.
struct Switch;

#[agent]
impl Switch {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let lamp = cx.find("lamp").ok_or("no lamp")?;
        match cx.session().step() {
            1 => {
                cx.send(Word("lost".into()))?;
                cx.deactivate(lamp);
                assert!(!cx.is_active(lamp));
                cx.deactivate(lamp);
            }
            3 => {
                cx.send(Word("cleared".into()))?;
                cx.activate(lamp)?;
                let twice = cx.activate(lamp).unwrap_err();
                assert_eq!(twice, ActivateError::Active { agent: "lamp".into() });
            }
            4 => cx.send(Word("heard".into()))?,
            6 => cx.project().stop(),
            _ => {}
        }
        Ok(())
    }
}

struct Lamp {
    notes: Notes,
}

#[agent]
impl Lamp {
    #[init]
    fn init(&mut self, cx: &mut Step<'_>) {
        note(&self.notes, format!("on in {}", cx.step()));
    }

    #[deinit]
    fn deinit(&mut self, cx: &mut Step<'_>) {
        let error = cx.send(Word("too late".into())).unwrap_err();
        assert_eq!(error.fault, SendFault::Inactive { agent: "lamp".into() });
        assert_eq!(error.event.0, "too late", "it comes back");
        note(&self.notes, format!("off in {}", cx.step()));
    }

    #[event]
    fn word(&mut self, word: &Word, cx: &mut Step<'_>) {
        note(&self.notes, format!("{} in {}", word.0, cx.step()));
    }
}

#[test]
fn inactive_agents_hear_nothing_and_send_nothing() {
    let notes = Notes::default();
    let project =
        Project::new("lamp").agent("switch", Switch).agent("lamp", Lamp { notes: notes.clone() });

    let report = run(project);

    // What was sent in step 3 is handed out in step 4, when the lamp is on again.
    let noted = notes.lock().unwrap().clone();
    let all = ["on in 0", "off in 1", "on in 3", "cleared in 4", "heard in 5", "off in 8"];
    assert_eq!(noted, all);
    assert_eq!(report.counts.dropped, 1);
    assert_eq!(report.counts.failures, 0);
}

/// Adds an agent of the session in its second step.
struct Parent {
    notes: Notes,
}

#[agent]
impl Parent {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.session().step() == 2 {
            let child = Child { notes: self.notes.clone() };
            let number = cx.add(Scope::Session, "child", child)?;
            assert!(cx.is_active(number));
            let again = Child { notes: self.notes.clone() };
            let error = cx.add(Scope::Session, "child", again).unwrap_err();
            note(&self.notes, error.to_string());
        }
        if cx.session().step() == 4 {
            cx.session().stop();
        }
        Ok(())
    }
}

struct Child {
    notes: Notes,
}

#[agent]
impl Child {
    #[init]
    fn init(&mut self, cx: &mut Step<'_>) {
        note(&self.notes, format!("{} {} born in {}", cx.name(), cx.number(), cx.step()));
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        note(&self.notes, format!("lives in {}", cx.step()));
    }

    #[deinit]
    fn deinit(&mut self) {
        note(&self.notes, "ends");
    }
}

#[test]
fn agents_added_in_a_step_live_in_it_and_end_with_their_session() {
    let notes = Notes::default();
    let project = Project::new("family").agent("parent", Parent { notes: notes.clone() });

    let report = run(project.max_sessions(2));

    let taken = "cannot add agent `child`: another agent has that name: names are unique in a \
                 universe";
    let noted = notes.lock().unwrap().clone();
    let first: Vec<String> = [
        taken,
        "child 2 born in 2",
        "lives in 2",
        "lives in 3",
        "lives in 4",
        "lives in 5",
        "lives in 6",
        "ends",
    ]
    .map(Into::into)
    .into();
    assert_eq!(noted[..8], first);
    assert_eq!(noted[8], taken, "of the child of this session, not of the one before");
    assert_eq!(noted[9], "child 3 born in 9", "numbers are never used again");
    assert_eq!(report.sessions, 2);
}

struct Flood;

#[agent]
impl Flood {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) {
        let mut sent = 0;
        let error = loop {
            match cx.send(Word("again".into())) {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        // Two messages of the universe were sent in the step before, none in this one.
        assert_eq!(sent, 100);
        let full = SendFault::Full { messages: 100, deliveries: 100, limit: 100 };
        assert_eq!(error.fault, full);
        cx.project().stop();
    }

    #[event]
    fn word(&mut self, _word: &Word) {}
}

#[test]
fn step_has_room_for_so_many_messages_and_ends_of_runs_pass_nevertheless() {
    let mut universe = Universe::builder().limit(100).build();

    let report = lyceum::block_on(universe.run(Project::new("flood").agent("f", Flood))).unwrap();

    assert_eq!(report.counts.failures, 0, "{:?}", report.outcome);
    assert_eq!(report.counts.delivered, 101);
}
