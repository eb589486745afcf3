//! Finding agents, launching many, waiting for some, and shutting down.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::{DownReason, LaunchError, Mode};

const SECOND: Duration = Duration::from_secs(1);

type Log = Arc<Mutex<Vec<u32>>>;

/// Notes its end.
#[derive(Clone, Default)]
struct Worker {
    number: u32,
    log: Log,
    /// How long its stop hook takes.
    lingers: Duration,
    fails: bool,
}

#[agent]
impl Worker {
    #[on_start]
    fn start(&mut self) -> Result<(), BoxError> {
        if self.fails { Err("it is to fail".into()) } else { Ok(()) }
    }

    #[on_stop]
    async fn end(&mut self, cx: &Context<Self>) {
        cx.sleep(self.lingers).await;
        self.log.lock().unwrap().push(self.number);
    }

    #[action]
    fn number(&self) -> u32 {
        self.number
    }

    #[action]
    async fn work(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
    }
}

struct Clerk;

#[agent]
impl Clerk {}

fn worker(number: u32) -> Worker {
    Worker { number, ..Worker::default() }
}

#[lyceum::test]
async fn agents_are_found_by_type_in_the_order_of_their_launch() {
    let node = Node::simulated(1);
    for number in 0..20 {
        node.launch(worker(number)).await.unwrap();
        node.launch(Clerk).await.unwrap();
    }
    let mut numbers = Vec::new();
    for worker in node.find().typed::<Worker>() {
        numbers.push(worker.number().await.unwrap());
    }
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
    assert_eq!((node.find().typed::<Clerk>().len(), node.find().any().len()), (20, 40));
}

#[lyceum::test]
async fn agent_is_found_by_name_only_as_what_it_is() {
    let node = Node::simulated(1);
    let bob = node.launch(worker(1)).named("bob").await.unwrap();
    assert_eq!(node.find().name::<Worker>("bob").unwrap(), bob);
    assert!(node.find().name::<Clerk>("bob").is_none());
    let any = node.find().name_any("bob").unwrap();
    assert_eq!((any.type_name(), any.name().as_deref()), ("Worker", Some("bob")));
    assert!(Node::simulated(1).find().name_any("bob").is_none(), "names are a node's own");
}

#[lyceum::test]
async fn agents_are_found_by_all_attributes_that_are_asked_for() {
    let node = Node::simulated(1);
    let red = node.launch(worker(1)).attribute("color", "red").attribute("size", "big");
    let red = red.named("red").await.unwrap();
    node.launch(worker(2)).attribute("color", "blue").attribute("size", "big").await.unwrap();
    node.launch(Clerk).attribute("color", "red").await.unwrap();
    node.launch(Clerk).await.unwrap();
    let find = || node.find().attribute("color", "red");
    assert_eq!((find().any().len(), find().typed::<Worker>()), (2, vec![red.clone()]));
    assert_eq!(find().attribute("size", "big").any(), [red.any()]);
    assert!(find().attribute("size", "small").any().is_empty());
    assert!(node.find().attribute("color", "blue").name_any("red").is_none());
    assert!(node.find().attribute("color", "blue").key(&red.key()).is_none());
    assert_eq!(find().key(&red.key()).unwrap(), red.any());
}

#[lyceum::test]
async fn agent_that_ended_is_found_no_more() {
    let node = Node::simulated(1);
    let bob = node.launch(worker(1)).named("bob").attribute("a", "b").await.unwrap();
    bob.stop().await;
    assert!(node.find().name_any("bob").is_none() && node.find().key(&bob.key()).is_none());
    assert!(node.find().any().is_empty() && node.find().attribute("a", "b").any().is_empty());
    assert_eq!(bob.name().as_deref(), Some("bob"), "its handle still knows who it was");
}

#[lyceum::test]
async fn name_is_free_again_after_each_kind_of_end() {
    let node = Node::simulated(1);
    for kind in 0..4 {
        let failing = Worker { fails: kind == 3, ..worker(1) };
        match node.launch(failing).named("bob").await {
            Ok(bob) if kind == 0 => drop(bob.stop().await),
            Ok(bob) if kind == 1 => drop(bob.kill().await),
            Ok(bob) => {
                let monitor = bob.monitor();
                bob.kill();
                monitor.await;
            }
            Err(error) => assert!(matches!(error, LaunchError::Start { .. }), "{error}"),
        }
        assert!(node.find().name_any("bob").is_none(), "kind {kind}");
    }
    node.launch(worker(2)).named("bob").await.unwrap();
}

/// On threads, whoever hears of an end must be able to take over the name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn name_is_free_for_whoever_heard_of_the_end_on_threads() {
    let node = Node::local();
    for round in 0..2_000 {
        let bob = node.launch(worker(round)).named("bob").await.unwrap();
        if round % 2 == 0 {
            bob.kill().await
        } else {
            bob.stop().await
        };
        assert!(node.find().name_any("bob").is_none(), "round {round}");
    }
}

#[lyceum::test]
async fn first_failure_of_many_launches_is_told_and_the_others_go_on() {
    let node = Node::simulated(1);
    let workers = (0..5).map(|number| Worker { fails: number == 2, ..worker(number) });
    let error = node.launch_many(workers).await.unwrap_err();
    assert!(matches!(error, LaunchError::Start { .. }), "{error}");
    node.run_until_idle();
    assert_eq!(node.find().typed::<Worker>().len(), 4);
    assert!(node.launch_many(Vec::<Worker>::new()).await.unwrap().is_empty());
}

#[lyceum::test]
async fn waiting_for_any_tells_which_ended_and_why() {
    let node = Node::simulated(1);
    let workers = node.launch_many((0..3).map(worker)).await.unwrap();
    let any: Vec<_> = workers.iter().map(Handle::any).collect();
    let killer = workers[1].clone();
    let sleep = node.sleep(5 * SECOND);
    let task = node.spawn(async move {
        sleep.await;
        killer.kill();
    });
    assert_eq!(node.wait_any(&any).await, (1, DownReason::Killed));
    assert_eq!(node.now().since_start(), 5 * SECOND);
    assert_eq!(task.await, Some(()));
    assert_eq!(node.agent_count(), 2);
}

#[lyceum::test]
async fn waiting_for_all_brings_all_reasons_in_order() {
    let node = Node::simulated(1);
    let workers = node.launch_many((0..3).map(worker)).await.unwrap();
    let any: Vec<_> = workers.iter().map(Handle::any).collect();
    workers[2].stop();
    workers[0].kill();
    workers[1].stop();
    let reasons = node.wait_all(&any).await;
    assert_eq!(reasons, [DownReason::Killed, DownReason::Stopped, DownReason::Stopped]);
    assert!(node.wait_all(&[]).await.is_empty());
}

/// Those launched last may need those launched first.
#[lyceum::test]
async fn shutdown_stops_the_agents_launched_last_first() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let log = Log::default();
        let workers = (0..5).map(|number| Worker { number, log: log.clone(), ..Worker::default() });
        node.launch_many(workers).await.unwrap();
        node.shutdown().await;
        assert_eq!(*log.lock().unwrap(), [4, 3, 2, 1, 0], "seed {seed}");
    }
}

#[lyceum::test]
async fn shutdown_lets_turns_and_hooks_finish_within_the_grace_time() {
    let node = Node::simulated(1);
    let log = Log::default();
    let slow = Worker { log: log.clone(), lingers: 2 * SECOND, ..worker(1) };
    let slow = node.launch(slow).await.unwrap();
    let hanging = Worker { log: log.clone(), lingers: 1_000 * SECOND, ..worker(2) };
    node.launch(hanging).grace(3 * SECOND).await.unwrap();
    let work = slow.work().send();
    node.run_until_idle();
    node.shutdown().await;
    work.await.unwrap();
    assert_eq!(*log.lock().unwrap(), [1], "the hook that hangs was dropped");
    assert!(node.now().since_start() <= 8 * SECOND, "it took {}", node.now());
    assert!(matches!(node.launch(Clerk).await, Err(LaunchError::NodeStopped { .. })));
    assert_eq!((slow.status().await.unwrap().mode, node.agent_count()), (Mode::Ended, 0));
}
