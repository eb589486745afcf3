//! Loggers of agents: levels, lines, and who gets them.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::universe::{Level, OnFailure, Project, Step, Universe, UniverseBuilder};

/// Writes a line of each level in its second step.
struct Writer;

#[agent]
impl Writer {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.session().step() == 2 {
            cx.debug("looks");
            cx.info("happens");
            cx.warning("may be wrong");
            cx.error("is wrong");
            cx.session().stop();
            return Err("cannot go on".into());
        }
        Ok(())
    }
}

fn lines(builder: UniverseBuilder) -> Vec<String> {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = lines.clone();
    let builder = builder.on_failure(OnFailure::GoOn).log_to(move |line| {
        sink.lock().unwrap().push(line.to_string());
    });
    let project = Project::new("log").agent("loud", Writer).agent("quiet", Writer);
    drop(lyceum::block_on(builder.build().run(project.max_sessions(1))).unwrap());
    std::mem::take(&mut *lines.lock().unwrap())
}

#[test]
fn lines_are_those_of_the_level_with_session_and_agent_and_failures_are_among_them() {
    let expected = |agent: &str| {
        ["happens", "may be wrong", "is wrong", "`live` failed: cannot go on"]
            .map(|text| format!("[0][session 1][{agent}] {text}"))
    };

    let all = lines(Universe::builder());

    assert_eq!(all, [expected("loud"), expected("quiet")].concat());
    assert_eq!(lines(Universe::builder().log_level(Level::Error)).len(), 4);
    let debug = lines(Universe::builder().log_level(Level::Debug));
    assert_eq!(debug[0], "[0][session 1][step 2][loud] looks");
}

#[test]
fn logger_of_an_agent_has_a_level_of_its_own() {
    let builder = Universe::builder().log_level(Level::Error);

    let all = lines(builder.log_level_of("loud", Level::Debug).log_level_of("none", Level::Info));

    let of = |agent: &str| all.iter().filter(|line| line.contains(agent)).count();
    assert_eq!((of("[loud]"), of("[quiet]")), (5, 2));
}
