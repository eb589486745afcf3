//! How fast steps follow each other, and what waits for a quiet machine.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::universe::{Calm, Pace, Project, RunError, RunOutcome, Step, Universe};

/// Notes the time of each step, and ends the session in the fourth.
struct Watch(Arc<Mutex<Vec<Duration>>>);

#[agent]
impl Watch {
    #[init]
    fn init(&mut self) {
        self.0.lock().unwrap().clear();
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) {
        self.0.lock().unwrap().push(cx.session().elapsed());
        if cx.session().step() == 4 {
            cx.session().stop();
        }
    }
}

#[test]
fn pace_is_the_time_of_a_step_on_a_simulated_node() {
    for (pace, time) in [
        (Pace::Free, Duration::from_millis(1)),
        (Pace::SLOW, Duration::from_millis(50)),
        (Pace::Clock(Duration::from_secs(60)), Duration::from_secs(60)),
    ] {
        let times: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let mut universe = Universe::builder().pace(pace).build();
        let project = Project::new("pace").agent("watch", Watch(times.clone())).max_sessions(1);

        drop(lyceum::block_on(universe.run(project)).unwrap());

        let times = times.lock().unwrap();
        assert_eq!(times[1] - times[0], time, "{pace:?}");
        assert_eq!(times[3] - times[1], time * 2, "{pace:?}");
    }
}

/// The wait for a quiet machine once counted as time of the session, which ended before its first
/// step, and agents had started their programs before it.
#[tokio::test(flavor = "multi_thread")]
async fn session_begins_when_the_machine_is_quiet_and_others_go_on_meanwhile() {
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let node = Node::builder().external_clock(start).build().unwrap();
    let driver = node.clock_driver().unwrap();
    let times: Arc<Mutex<Vec<Duration>>> = Arc::new(Mutex::new(vec![Duration::MAX]));
    let run = |calm, times: &Arc<Mutex<Vec<Duration>>>| {
        let builder = Universe::builder().on(node.clone()).calm(calm).pace(Pace::FAST);
        let mut universe = builder.build();
        let project = Project::new("calm").agent("watch", Watch(times.clone())).max_sessions(1);
        let project = project.session_timeout(Duration::from_secs(2));
        node.spawn(async move { universe.run(project).await })
    };
    let ticks = Arc::new(Mutex::new(0));
    let ticking = node.spawn({
        let (node, ticks) = (node.clone(), ticks.clone());
        async move {
            for _ in 0..200 {
                node.sleep(Duration::from_secs(1)).await;
                *ticks.lock().unwrap() += 1;
            }
        }
    });

    // No machine is less than idle.
    let never = Calm { load: -1.0, ..Calm::SLOW };
    let running = run(never, &times);
    driver.advance(Duration::from_secs(200)).await;
    assert_eq!(*ticks.lock().unwrap(), 200, "others went on");
    assert_eq!(times.lock().unwrap().len(), 1, "no agent was active before the machine was quiet");
    driver.advance(Duration::from_secs(200)).await;
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(error, RunError::Restless { waited, .. } if waited == never.patience));
    ticking.await.unwrap();

    // Any machine is at most busy.
    let running = run(Calm { load: 1.0, ..Calm::SLOW }, &times);
    driver.advance(Duration::from_secs(60)).await;
    let report = running.await.unwrap().unwrap();
    assert_eq!(report.outcome, RunOutcome::Finished);
    // It was not ended by its time: three seconds of waiting are none of it.
    assert_eq!((report.sessions, report.records[0].steps), (1, 6));
    assert!(times.lock().unwrap()[0] < Duration::from_secs(1));
}
