//! The agents of a universe, as they are seen from the command line.

use std::process::Command;

use lyceum::prelude::*;
use lyceum::universe::events::ProjectStop;
use lyceum::universe::{Pace, Project, Report, RunOutcome, Sender, Step, Universe};

/// Lives in steps, and counts them.
#[derive(Default)]
struct Clockwork {
    lived: u64,
}

/// Counts its steps.
#[agent]
impl Clockwork {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        self.lived += 1;
        cx.publish("steps", &self.lived)?;
        Ok(())
    }

    /// Returns in how many steps it lived.
    #[action]
    fn lived(&self) -> u64 {
        self.lived
    }

    /// Ends the run.
    #[action]
    fn stop_all(&self, cx: &Context<Self>) -> Result<(), BoxError> {
        let sender = Sender::of(&cx.node()).ok_or("no universe here")?;
        Ok(sender.send(ProjectStop {})?)
    }
}

fn lyceum(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lyceum")).args(arguments).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn agents_of_a_universe_are_listed_described_and_called_while_it_runs() {
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    let (endpoint, running) = runtime.block_on(async {
        let node = Node::local();
        let listener = node.listen("tcp://127.0.0.1:0").await.expect("a port is free");
        let mut universe = Universe::builder().on(node.clone()).pace(Pace::FAST).build();
        let project = Project::new("clock").agent("clockwork", Clockwork::default());
        universe.begin(project).expect("the name is free");
        let running = node.spawn(async move {
            while universe.step() {
                universe.node().sleep(Duration::from_millis(1)).await;
            }
            universe.finish()
        });
        (listener.endpoint().to_string(), running)
    });
    let url = format!("{endpoint}/clockwork");

    let agents = lyceum(&["agents", &endpoint]);
    assert!(agents.contains("\nclockwork  Clockwork  active"), "{agents}");
    let described = lyceum(&["describe", &url]);
    assert!(described.contains("lived() -> integer"), "{described}");
    let lived = || lyceum(&["call", &url, "lived"]).trim().parse::<u64>().expect("a number");
    let first = lived();
    while lived() <= first {}
    assert!(lyceum(&["ping", &url]).starts_with("answered after "));
    lyceum(&["call", &url, "stop_all"]);

    let report: Report = runtime.block_on(running).expect("it ends").expect("it runs");
    assert_eq!((report.outcome, report.counts.failures), (RunOutcome::Finished, 0));
}
