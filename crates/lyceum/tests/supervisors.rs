//! Supervisors: who restarts with whom, and when it is enough.

use std::sync::{Arc, Mutex};

use lyceum::exchange::Status;
use lyceum::prelude::*;
use lyceum::{Down, DownReason, Mode, Supervisor};

const SECOND: Duration = Duration::from_secs(1);

/// What happened to all members, in order.
type Log = Arc<Mutex<Vec<String>>>;

#[derive(Clone)]
struct Part {
    name: &'static str,
    log: Log,
    fails_again: bool,
    state: Option<Arc<Gone>>,
}

/// Notes when the state of a generation is dropped.
struct Gone(String, Log);

impl Drop for Gone {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0.clone());
    }
}

#[agent]
impl Part {
    #[on_start]
    fn start(&mut self, cx: &Context<Self>) -> Result<(), BoxError> {
        let line = format!("start {}{}", self.name, cx.generation());
        self.log.lock().unwrap().push(line);
        let gone = format!("end {}{}", self.name, cx.generation());
        self.state = Some(Arc::new(Gone(gone, self.log.clone())));
        if self.fails_again && cx.generation() > 0 { Err("not again".into()) } else { Ok(()) }
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }

    #[action]
    async fn blow_later(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
        panic!("as asked");
    }

    #[action]
    fn ok(&self) -> bool {
        true
    }
}

struct Family {
    node: Node,
    log: Log,
    parts: Vec<Handle<Part>>,
    supervisor: Supervisor,
}

async fn part(supervisor: &Supervisor, name: &'static str, log: &Log, fails: bool) -> Handle<Part> {
    let part = Part { name, log: log.clone(), fails_again: fails, state: None };
    supervisor.launch(part).await.unwrap()
}

async fn family(seed: u64, strategy: Strategy, limit: u32) -> Family {
    let node = Node::simulated(seed);
    let supervisor = node.supervisor(strategy).limit(limit, 10 * SECOND).start();
    let log = Log::default();
    let mut parts = Vec::new();
    for name in ["a", "b", "c"] {
        parts.push(part(&supervisor, name, &log, false).await);
    }
    log.lock().unwrap().clear();
    Family { node, log, parts, supervisor }
}

impl Family {
    async fn generations(&self) -> Vec<u32> {
        self.node.run_until_idle();
        self.statuses().await.iter().map(|status| status.generation).collect()
    }

    async fn modes(&self) -> Vec<Mode> {
        self.statuses().await.iter().map(|status| status.mode).collect()
    }

    async fn statuses(&self) -> Vec<Status> {
        let mut statuses = Vec::new();
        for part in &self.parts {
            statuses.push(part.status().await.unwrap());
        }
        statuses
    }
}

#[lyceum::test]
async fn strategy_says_who_restarts() {
    for (strategy, expected) in [
        (Strategy::OneForOne, [0, 1, 0]),
        (Strategy::OneForAll, [1, 1, 1]),
        (Strategy::RestForOne, [0, 1, 1]),
    ] {
        let family = family(1, strategy, 3).await;
        family.parts[1].blow().await.unwrap_err();
        assert_eq!(family.generations().await, expected, "{strategy:?}");
        for part in &family.parts {
            assert!(part.ok().await.unwrap());
        }
    }
}

#[lyceum::test]
async fn siblings_hear_that_a_sibling_failed() {
    let family = family(1, Strategy::OneForAll, 3).await;
    let monitors: Vec<_> = family.parts.iter().map(Handle::monitor).collect();
    family.parts[1].blow().await.unwrap_err();
    let mut news: Vec<Down> = Vec::new();
    for monitor in monitors {
        news.push(monitor.await);
    }
    assert!(news.iter().all(|down| down.restarts && down.generation == 0), "{news:?}");
    assert_eq!(news[0].reason, DownReason::SiblingFailed);
    assert_eq!(news[1].reason, DownReason::Panicked("as asked".into()));
    assert_eq!(news[2].reason, DownReason::SiblingFailed);
}

/// As in OTP: what stands on a part that failed must not meet the old one of its siblings.
#[lyceum::test]
async fn all_old_generations_end_before_a_new_one_starts() {
    for seed in 0..20 {
        let family = family(seed, Strategy::OneForAll, 3).await;
        family.parts[1].blow().await.unwrap_err();
        family.generations().await;
        let log = family.log.lock().unwrap().clone();
        let first_start = log.iter().position(|line| line.starts_with("start")).unwrap();
        let last_end = log.iter().rposition(|line| line.starts_with("end")).unwrap();
        assert!(last_end < first_start, "seed {seed}: {log:?}");
    }
}

#[lyceum::test]
async fn members_start_again_in_the_order_of_their_launch() {
    for seed in 0..20 {
        let family = family(seed, Strategy::OneForAll, 3).await;
        family.parts[1].blow().await.unwrap_err();
        family.generations().await;
        let log = family.log.lock().unwrap().clone();
        let starts: Vec<_> = log.iter().filter(|line| line.starts_with("start")).collect();
        assert_eq!(starts, ["start a1", "start b1", "start c1"], "seed {seed}");
    }
}

#[lyceum::test]
async fn failures_of_all_members_are_counted_together() {
    let family = family(1, Strategy::OneForOne, 2).await;
    family.parts[0].blow().await.unwrap_err();
    family.parts[1].blow().await.unwrap_err();
    assert_eq!(family.generations().await, [1, 1, 0]);
    family.parts[2].blow().await.unwrap_err();
    for part in &family.parts {
        let reason = part.ended().await;
        assert!(matches!(reason, DownReason::RestartLimit(_)), "{reason}");
    }
    assert_eq!(family.node.agent_count(), 0);
}

#[lyceum::test]
async fn failures_outside_of_the_period_do_not_count() {
    let family = family(1, Strategy::OneForAll, 1).await;
    for _ in 0..4 {
        family.parts[0].blow().await.unwrap_err();
        family.node.advance(11 * SECOND);
    }
    assert_eq!(family.generations().await, [4, 4, 4]);
    assert_eq!(family.modes().await, [Mode::Active; 3]);
}

#[lyceum::test]
async fn siblings_that_fail_at_the_same_moment_restart_once() {
    for seed in 0..30 {
        let family = family(seed, Strategy::OneForAll, 2).await;
        let calls: Vec<_> = family.parts.iter().map(|part| part.blow_later().send()).collect();
        for call in calls {
            let error = call.await.unwrap_err();
            assert!(matches!(error, CallError::Panicked(_) | CallError::Down(_)), "{error}");
        }
        family.node.advance(SECOND);
        assert_eq!(family.modes().await, [Mode::Active; 3], "seed {seed}");
        assert_eq!(family.generations().await, [1, 1, 1], "seed {seed}");
    }
}

#[lyceum::test]
async fn member_that_was_stopped_does_not_come_back_with_its_siblings() {
    let family = family(1, Strategy::OneForAll, 3).await;
    family.parts[2].stop().await;
    family.parts[0].blow().await.unwrap_err();
    assert_eq!(family.generations().await, [1, 1, 0]);
    assert_eq!(family.modes().await, [Mode::Active, Mode::Active, Mode::Ended]);
}

/// A start that fails counts as a failure, and beyond the limit the supervisor ends them all.
#[lyceum::test]
async fn member_that_cannot_start_again_ends_its_siblings_too() {
    let family = family(1, Strategy::OneForOne, 3).await;
    let bad = part(&family.supervisor, "bad", &family.log, true).await;
    bad.blow().await.unwrap_err();
    family.node.advance(SECOND);
    assert_eq!(bad.status().await.unwrap().mode, Mode::Ended);
    assert_eq!(family.modes().await, [Mode::Ended; 3], "as in OTP: the supervisor gives up");
}

/// Each failed start counts for the whole group.
#[lyceum::test]
async fn failed_starts_are_counted_with_the_failures_of_siblings() {
    let family = family(1, Strategy::OneForOne, 3).await;
    for _ in 0..2 {
        family.parts[0].blow().await.unwrap_err();
        assert!(family.parts[0].ok().await.unwrap());
    }
    let bad = part(&family.supervisor, "bad", &family.log, true).await;
    bad.blow().await.unwrap_err();
    family.node.advance(SECOND);
    let starts =
        family.log.lock().unwrap().iter().filter(|line| line.contains("start bad")).count();
    assert_eq!(starts, 2, "one at launch, and one restart is left of three");
}

#[lyceum::test]
async fn agents_of_a_supervisor_outlive_it() {
    let Family { node, parts, supervisor, .. } = family(1, Strategy::OneForAll, 3).await;
    drop(supervisor);
    parts[0].blow().await.unwrap_err();
    node.run_until_idle();
    assert!(parts[2].ok().await.unwrap());
    assert_eq!(parts[2].status().await.unwrap().generation, 1);
}
