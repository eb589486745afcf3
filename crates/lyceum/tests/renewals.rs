//! Members of a supervisor that fail while their siblings are renewed.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum::{DownReason, Mode, Supervisor};

const SECOND: Duration = Duration::from_secs(1);

type Log = Arc<Mutex<Vec<String>>>;

/// Takes some seconds to start, and may ask an older sibling something first.
#[derive(Clone)]
struct Part {
    name: &'static str,
    seconds: u32,
    asks: Option<Handle<Part>>,
    bad: bool,
    log: Log,
}

#[agent]
impl Part {
    #[on_start]
    async fn start(&mut self, cx: &Context<Self>) -> Result<(), BoxError> {
        let name = format!("{}{}", self.name, cx.generation());
        self.log.lock().unwrap().push(format!("start {name}"));
        cx.sleep(self.seconds * SECOND).await;
        if let Some(other) = &self.asks {
            other.ok().await?;
        }
        if self.bad && cx.generation() > 0 {
            return Err("not again".into());
        }
        self.log.lock().unwrap().push(name);
        Ok(())
    }

    #[action]
    fn blow(&mut self) {
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
    supervisor: Supervisor,
    a: Handle<Part>,
    b: Handle<Part>,
    c: Handle<Part>,
}

/// Launches `a`, which starts in a second, `b`, which takes five and then asks `a`, and `c`.
async fn family(seed: u64, strategy: Strategy) -> Family {
    let node = Node::simulated(seed);
    let supervisor = node.supervisor(strategy).limit(4, 1000 * SECOND).start();
    let log = Log::default();
    let part = |name, seconds, asks| Part { name, seconds, asks, bad: false, log: log.clone() };
    let a = supervisor.launch(part("a", 1, None)).await.unwrap();
    let b = supervisor.launch(part("b", 5, Some(a.clone()))).await.unwrap();
    let c = supervisor.launch(part("c", 2, None)).await.unwrap();
    log.lock().unwrap().clear();
    Family { node, log, supervisor, a, b, c }
}

impl Family {
    async fn generations(&self) -> [u32; 3] {
        let mut generations = [0; 3];
        for (generation, part) in generations.iter_mut().zip([&self.a, &self.b, &self.c]) {
            assert!(part.ok().await.unwrap());
            let status = part.status().await.unwrap();
            assert_eq!(status.mode, Mode::Active);
            *generation = status.generation;
        }
        generations
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

/// It restarted alone: the sibling that was starting had met the generation that failed, and went
/// on with it.
#[lyceum::test]
async fn member_that_fails_again_while_its_sibling_starts_takes_it_along() {
    for seed in 0..10 {
        let family = family(seed, Strategy::OneForAll).await;
        family.a.blow().await.unwrap_err();
        family.node.advance(2 * SECOND);
        assert_eq!(family.log(), ["start a1", "a1", "start b1"], "`b` is starting");
        let before = family.node.now();

        family.a.blow().await.unwrap_err();

        assert_eq!(family.generations().await, [2, 2, 1], "seed {seed}: `c` had not started");
        assert_eq!(family.log()[3..], ["start a2", "a2", "start b2", "b2", "start c1", "c1"]);
        assert_eq!(family.node.now() - before, 8 * SECOND, "`b` was interrupted at once");
    }
}

#[lyceum::test]
async fn member_that_fails_after_its_sibling_has_started_takes_it_along() {
    for seed in 0..10 {
        let family = family(seed, Strategy::OneForAll).await;
        family.a.blow().await.unwrap_err();
        family.node.advance(7 * SECOND);
        assert_eq!(family.log(), ["start a1", "a1", "start b1", "b1", "start c1"]);

        family.b.blow().await.unwrap_err();

        assert_eq!(family.generations().await, [2, 2, 2], "seed {seed}");
    }
}

#[lyceum::test]
async fn younger_members_alone_are_renewed_again_where_the_strategy_says_so() {
    for seed in 0..10 {
        let family = family(seed, Strategy::RestForOne).await;
        family.b.blow().await.unwrap_err();
        family.node.advance(6 * SECOND);
        assert_eq!(family.log(), ["start b1", "b1", "start c1"], "`c` is starting");

        family.b.blow().await.unwrap_err();

        assert_eq!(family.generations().await, [0, 2, 2], "seed {seed}");
    }
}

#[lyceum::test]
async fn each_failure_amid_a_renewal_counts() {
    let family = family(1, Strategy::OneForAll).await;
    for _ in 0..4 {
        family.a.blow().await.unwrap_err();
        family.node.advance(2 * SECOND);
    }
    family.a.blow().await.unwrap_err();
    for part in [&family.a, &family.b, &family.c] {
        let reason = part.ended().await;
        assert!(matches!(reason, DownReason::RestartLimit(_)), "{reason}");
    }
    assert_eq!(family.node.agent_count(), 0);
}

/// The members that came after the end of all others are renewed, too.
#[lyceum::test]
async fn supervisor_that_gave_up_serves_those_that_are_launched_later() {
    let family = family(1, Strategy::OneForAll).await;
    let part = |name, bad| Part { name, seconds: 1, asks: None, bad, log: family.log.clone() };
    let bad = family.supervisor.launch(part("bad", true)).await.unwrap();
    bad.blow().await.unwrap_err();
    let reason = bad.ended().await;
    assert!(matches!(reason, DownReason::RestartLimit(_)), "{reason}");
    family.node.advance(2000 * SECOND);
    assert_eq!(family.node.agent_count(), 0);

    let one = family.supervisor.launch(part("one", false)).await.unwrap();
    let two = family.supervisor.launch(part("two", false)).await.unwrap();
    one.blow().await.unwrap_err();

    for part in [one, two] {
        assert!(part.ok().await.unwrap());
        assert_eq!(part.status().await.unwrap().generation, 1);
    }
}

/// A restart of several members stood still when one of them was killed in its middle.
#[lyceum::test]
async fn member_that_is_killed_amid_a_renewal_holds_nobody_up() {
    for steps in 0..8 {
        let family = family(steps, Strategy::OneForAll).await;
        family.a.blow().await.unwrap_err();
        family.node.advance(u32::try_from(steps).unwrap() * SECOND / 2);

        assert_eq!(family.c.kill().await, DownReason::Killed);

        assert!(family.a.ok().await.unwrap() && family.b.ok().await.unwrap());
    }
}

#[lyceum::test]
async fn members_that_restart_alone_do_not_wait_for_each_other() {
    let family = family(1, Strategy::OneForOne).await;
    family.b.blow().await.unwrap_err();
    family.node.advance(SECOND);
    let before = family.node.now();

    family.a.blow().await.unwrap_err();

    assert!(family.a.ok().await.unwrap());
    assert_eq!(family.node.now() - before, SECOND, "`b` takes longer");
    assert_eq!(family.generations().await, [1, 1, 0]);
}
