//! The golden trace of the reference, line by line, with the two changes that the seed asks for.

use lyceum::prelude::*;
use lyceum::universe::{Event, Project, RunOutcome, Step, Universe};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Event)]
struct Pa(u32);

#[derive(Serialize, Deserialize, Event)]
struct Pb(u32);

#[derive(Serialize, Deserialize, Event)]
struct Pc(u32);

#[derive(Serialize, Deserialize, Event)]
struct Nobody;

/// Sends at the beginning of its life, and answers `pa` with `pb`.
#[derive(Default)]
struct A {
    lived: u32,
}

#[agent]
impl A {
    #[init]
    fn init(&mut self) {
        self.lived = 0;
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        self.lived += 1;
        if self.lived == 1 {
            cx.send(Pa(1))?;
            cx.send(Pa(2))?;
            cx.send(Nobody)?;
        }
        Ok(())
    }

    #[event]
    fn pa(&mut self, pa: &Pa, cx: &mut Step<'_>) -> Result<(), BoxError> {
        Ok(cx.send(Pb(pa.0))?)
    }

    #[event]
    fn pc(&mut self, _pc: &Pc) {}

    #[event(project_start)]
    fn project(&mut self) {}

    #[event(session_start)]
    fn session(&mut self) {}
}

/// Answers `pb` with `pc`.
struct B;

#[agent]
impl B {
    #[event]
    fn pb(&mut self, pb: &Pb, cx: &mut Step<'_>) -> Result<(), BoxError> {
        Ok(cx.send(Pc(pb.0))?)
    }
}

/// Has an opinion from its sixth step on.
#[derive(Default)]
struct Probe {
    lived: u32,
}

#[agent]
impl Probe {
    #[init]
    fn init(&mut self) {
        self.lived = 0;
    }

    #[live]
    fn live(&mut self) {
        self.lived += 1;
    }

    #[score]
    fn score(&self) -> Option<f64> {
        (self.lived >= 6).then_some(0.3)
    }
}

const TRACE: &str = "\
0: A is activated
0: B is activated
0: p1 is activated
0: p2 is activated
0: universe sends project_start {}
0: universe sends session_start {}
1: A handles project_start
1: A handles session_start
1: A sends pa 1
1: A sends pa 2
1: A sends nobody
2: A handles pa
2: A sends pb 1
2: A handles pa
2: A sends pb 2
3: B handles pb
3: B sends pc 1
3: B handles pb
3: B sends pc 2
4: A handles pc
4: A handles pc
6: universe sends session_stop {}
7: universe handles session_stop
7: universe sends session_success {}
7: universe sends session_done {\"score\":0.6}
8: universe handles session_done
8: universe sends project_session_destroy {\"score\":0.6}
9: universe handles project_session_destroy
9: p2 is deactivated
9: p1 is deactivated
9: B is deactivated
9: A is deactivated
9: A is activated
9: B is activated
9: p1 is activated
9: p2 is activated
9: universe sends session_start {}
10: A handles session_start
10: A sends pa 1
10: A sends pa 2
10: A sends nobody
11: A handles pa
11: A sends pb 1
11: A handles pa
11: A sends pb 2
12: B handles pb
12: B sends pc 1
12: B handles pb
12: B sends pc 2
13: A handles pc
13: A handles pc
15: universe sends session_stop {}
16: universe handles session_stop
16: universe sends session_success {}
16: universe sends session_done {\"score\":0.6}
17: universe handles session_done
17: universe sends project_session_destroy {\"score\":0.6}
18: universe handles project_session_destroy
18: p2 is deactivated
18: p1 is deactivated
18: B is deactivated
18: A is deactivated
18: universe sends univers_stop {}
19: universe handles univers_stop
";

#[test]
fn trace_of_the_reference_is_followed_line_by_line() {
    let project = Project::new("golden")
        .agent("A", A::default())
        .agent("B", B)
        .agent("p1", Probe::default())
        .agent("p2", Probe::default())
        .max_successes(0)
        .max_sessions(2);
    let mut universe = Universe::builder().trace().build();

    let report = lyceum::block_on(universe.run(project)).unwrap();

    let lines: Vec<_> = universe.trace().unwrap().events().map(ToString::to_string).collect();
    assert_eq!(lines.join("\n") + "\n", TRACE);
    assert_eq!((report.sessions, report.successes), (2, 2));
    assert_eq!(report.outcome, RunOutcome::Finished);
    assert_eq!(report.exit_code(), 0);
    let records: Vec<_> =
        report.records.iter().map(|record| (record.steps, record.score)).collect();
    assert_eq!(records, [(8, 0.6), (8, 0.6)]);
    assert_eq!(report.counts.unheard, 2, "nobody listens to `nobody`, in either session");
}
