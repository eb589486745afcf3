//! Behaviours: when they run, when they do not, and what happens when one fails.

use lyceum::prelude::*;
use lyceum::{BehaviourInfo, BehaviourState, DownReason, Mode, OnFailure};

const SECOND: Duration = Duration::from_secs(1);

/// Notes when what ran.
#[derive(Clone, Default)]
struct Diary {
    lines: Vec<String>,
    /// How long a tick takes.
    takes: Duration,
    cycles: u32,
}

impl Diary {
    fn note(&mut self, what: &str, cx: &Context<Self>) {
        self.lines.push(format!("{what} {}", cx.now().since_start().as_millis()));
    }
}

#[agent]
impl Diary {
    #[behaviour(once)]
    fn once(&mut self, cx: &Context<Self>) {
        self.note("once", cx);
    }

    #[behaviour(every = "1s")]
    async fn tick(&mut self, cx: &Context<Self>) {
        self.note("tick", cx);
        cx.sleep(self.takes).await;
    }

    #[behaviour(every = "10s", first = "now")]
    fn early(&mut self, cx: &Context<Self>) {
        self.note("early", cx);
    }

    #[behaviour(cyclic, name = "cycle")]
    async fn turn_round(&mut self, cx: &Context<Self>) {
        self.cycles += 1;
        cx.sleep(SECOND).await;
    }

    #[behaviour(on = "alarm")]
    fn alarm(&mut self, cx: &Context<Self>) {
        self.note("alarm", cx);
    }

    #[behaviour(run)]
    async fn watch(cx: Context<Self>) -> Result<(), BoxError> {
        cx.stopping().await;
        cx.with(|diary| diary.lines.push("left".into())).await?;
        Ok(())
    }

    #[behaviour(manual)]
    async fn plant(&mut self, what: String, cx: &Context<Self>) -> usize {
        cx.sleep(SECOND / 10).await;
        self.note(&what, cx);
        self.lines.len()
    }

    #[action]
    fn lines(&self) -> Vec<String> {
        self.lines.clone()
    }

    #[action]
    fn cycles(&self) -> u32 {
        self.cycles
    }

    #[action]
    fn start_one(&self, name: String, cx: &Context<Self>) -> bool {
        cx.start_behaviour(&name)
    }

    #[action]
    async fn stop_one(&self, name: String, cx: &Context<Self>) -> bool {
        cx.stop_behaviour(&name).await
    }

    #[action]
    async fn remove_one(&self, name: String, cx: &Context<Self>) -> bool {
        cx.remove_behaviour(&name).await
    }
}

async fn info<A: lyceum::Target>(agent: &Handle<A>, name: &str) -> BehaviourInfo {
    agent.status().await.unwrap().behaviours.into_iter().find(|each| each.name == name).unwrap()
}

/// Returns when lines of a kind were noted, in milliseconds.
fn times(lines: &[String], what: &str) -> Vec<u64> {
    let times = lines.iter().filter_map(|line| line.strip_prefix(what)?.trim().parse().ok());
    times.collect()
}

async fn diary(takes: Duration) -> (Node, Handle<Diary>) {
    let node = Node::simulated(1);
    // Without the cycles, which would be in the way of what is measured.
    let diary = node.launch(Diary { takes, ..Diary::default() }).await.unwrap();
    assert!(diary.remove_one("cycle".into()).await.unwrap());
    (node, diary)
}

#[lyceum::test]
async fn behaviour_that_runs_once_runs_at_start_and_never_again() {
    let (node, diary) = diary(Duration::ZERO).await;
    node.advance(100 * SECOND);
    assert_eq!(times(&diary.lines().await.unwrap(), "once"), [0]);
    let info = info(&diary, "once").await;
    assert_eq!((info.state, info.runs, info.kind.as_str()), (BehaviourState::Done, 1, "once"));
}

#[lyceum::test]
async fn regular_behaviour_runs_first_after_one_period_or_now() {
    let (node, diary) = diary(Duration::ZERO).await;
    node.advance(12 * SECOND + SECOND / 2);
    let lines = diary.lines().await.unwrap();
    let seconds: Vec<u64> = (1..=12).map(|second| second * 1_000).collect();
    assert_eq!(times(&lines, "tick"), seconds);
    assert_eq!(times(&lines, "early"), [0, 10_000]);
    assert_eq!((info(&diary, "tick").await.runs, info(&diary, "tick").await.missed), (12, 0));
}

#[lyceum::test]
async fn missed_ticks_are_skipped_and_counted_and_none_overlaps() {
    let (node, diary) = diary(SECOND * 5 / 2).await;
    node.advance(10 * SECOND);
    assert_eq!(times(&diary.lines().await.unwrap(), "tick"), [1_000, 4_000, 7_000, 10_000]);
    assert_eq!(info(&diary, "tick").await.missed, 6);
}

/// A time that is now is not past.
#[lyceum::test]
async fn tick_that_takes_just_its_period_misses_none() {
    let (node, diary) = diary(SECOND).await;
    node.advance(SECOND * 9 / 2);
    assert_eq!(info(&diary, "tick").await.missed, 0, "the next time was not past");
    assert_eq!(times(&diary.lines().await.unwrap(), "tick"), [1_000, 2_000, 3_000, 4_000]);
}

#[lyceum::test]
async fn cyclic_behaviour_runs_again_whenever_it_returns() {
    let node = Node::simulated(1);
    let diary = node.launch(Diary::default()).await.unwrap();
    node.advance(SECOND * 9 / 2);
    assert_eq!(diary.cycles().await.unwrap(), 5);
    diary.stop().await;
    assert_eq!(node.agent_count(), 0, "it ends between two runs");
}

#[lyceum::test]
async fn flag_runs_its_behaviour_once_for_each_time_that_it_is_seen_set() {
    let (node, diary) = diary(Duration::ZERO).await;
    node.run_until_idle();
    assert!(times(&diary.lines().await.unwrap(), "alarm").is_empty());
    diary.set_flag("alarm").await.unwrap();
    diary.set_flag("alarm").await.unwrap();
    diary.set_flag("another").await.unwrap();
    node.run_until_idle();
    node.advance(SECOND);
    assert_eq!(times(&diary.lines().await.unwrap(), "alarm"), [0], "it clears the flag");
    diary.set_flag("alarm").await.unwrap();
    node.run_until_idle();
    assert_eq!(times(&diary.lines().await.unwrap(), "alarm"), [0, 1_000]);
}

#[lyceum::test]
async fn free_behaviour_runs_until_the_agent_stops_and_is_waited_for() {
    struct Free(std::sync::Arc<std::sync::Mutex<Vec<&'static str>>>);

    #[agent]
    impl Free {
        #[behaviour(run)]
        async fn watch(cx: Context<Self>) -> Result<(), BoxError> {
            cx.stopping().await;
            cx.sleep(SECOND).await;
            cx.with(|free| free.0.lock().unwrap().push("behaviour")).await?;
            Ok(())
        }

        #[on_stop]
        fn stop(&mut self) {
            self.0.lock().unwrap().push("hook");
        }
    }

    let node = Node::simulated(1);
    let log = std::sync::Arc::default();
    let free = node.launch(Free(std::sync::Arc::clone(&log))).await.unwrap();
    node.advance(10 * SECOND);
    assert_eq!(info(&free, "watch").await.state, BehaviourState::Running);
    let before = node.now();
    assert_eq!(free.stop().await, DownReason::Stopped);
    assert_eq!(node.now() - before, SECOND);
    assert_eq!(*log.lock().unwrap(), ["behaviour", "hook"]);
}

#[lyceum::test]
async fn manual_behaviour_runs_when_it_is_called_and_answers() {
    let (node, diary) = diary(Duration::ZERO).await;
    node.run_until_idle();
    assert_eq!(info(&diary, "plant").await.state, BehaviourState::Waiting);
    let count = diary.plant("roses".into()).await.unwrap();
    let lines = diary.lines().await.unwrap();
    assert_eq!(lines.len(), count);
    assert_eq!(lines[count - 1], "roses 100");
    let refused = diary.any().call("plant", serde_json::json!([7])).await.unwrap_err();
    assert!(refused.to_string().contains("argument `what`: expected string"), "{refused}");
}

/// Its runs were not counted.
#[lyceum::test]
async fn manual_behaviour_counts_the_runs_that_came_to_their_end() {
    #[derive(Default)]
    struct Smith;

    #[agent]
    impl Smith {
        #[behaviour(manual)]
        async fn forge(&self, seconds: u32, cx: &Context<Self>) {
            cx.sleep(SECOND * seconds).await;
        }

        #[behaviour(manual, name = "melt")]
        fn melt_it(&mut self, what: String) -> Result<(), String> {
            assert!(what != "wood", "it burns");
            if what == "stone" { Err("it stays".into()) } else { Ok(()) }
        }

        #[behaviour(manual)]
        async fn polish(cx: Context<Self>) {
            cx.sleep(SECOND).await;
        }
    }

    let node = Node::simulated(1);
    let smith = node.launch(Smith).await.unwrap();
    let runs = async |name| {
        let info = info(&smith, name).await;
        (info.state, info.runs)
    };
    let (first, second) = (smith.forge(1).send(), smith.forge(2).send());
    let polish = smith.polish().send();
    first.await.and(polish.await).unwrap();
    assert_eq!(runs("polish").await, (BehaviourState::Waiting, 1));
    assert_eq!(runs("forge").await, (BehaviourState::Running, 1), "one more is under way");
    second.await.unwrap();
    assert_eq!(runs("forge").await, (BehaviourState::Waiting, 2));

    smith.melt("iron".into()).await.unwrap();
    smith.melt("stone".into()).await.unwrap_err();
    smith.melt("wood".into()).await.unwrap_err();
    assert_eq!(
        runs("melt").await,
        (BehaviourState::Waiting, 2),
        "an error is an answer, a panic is not"
    );
}

#[lyceum::test]
async fn behaviours_are_listed_in_order_with_their_kind() {
    let node = Node::simulated(1);
    let diary = node.launch(Diary::default()).await.unwrap();
    let list = diary.status().await.unwrap().behaviours;
    let kinds: Vec<_> = list.iter().map(|each| (each.name.as_str(), each.kind.as_str())).collect();
    let expected = [
        ("once", "once"),
        ("tick", "every 1s"),
        ("early", "every 10s"),
        ("cycle", "cyclic"),
        ("alarm", "on alarm"),
        ("watch", "run"),
        ("plant", "manual"),
    ];
    assert_eq!(kinds, expected);
}

#[lyceum::test]
async fn stopped_behaviour_runs_no_more_until_it_is_started() {
    let (node, diary) = diary(Duration::ZERO).await;
    node.advance(SECOND * 3 / 2);
    assert!(diary.stop_one("tick".into()).await.unwrap());
    assert_eq!(info(&diary, "tick").await.state, BehaviourState::Stopped);
    node.advance(5 * SECOND);
    assert_eq!(times(&diary.lines().await.unwrap(), "tick"), [1_000]);

    assert!(diary.start_one("tick".into()).await.unwrap());

    node.advance(2 * SECOND);
    assert_eq!(times(&diary.lines().await.unwrap(), "tick"), [1_000, 7_500, 8_500]);
    assert_eq!(info(&diary, "tick").await.state, BehaviourState::Waiting);
}

/// A regular behaviour that was started and waits for its first time can be started once more.
#[lyceum::test]
async fn behaviour_that_was_started_again_does_not_start_twice() {
    let (node, diary) = diary(Duration::ZERO).await;
    assert!(diary.stop_one("tick".into()).await.unwrap());
    assert!(diary.start_one("tick".into()).await.unwrap());
    assert!(!diary.start_one("tick".into()).await.unwrap(), "it waits for its time already");
    node.advance(3 * SECOND);
    assert_eq!(times(&diary.lines().await.unwrap(), "tick"), [1_000, 2_000, 3_000]);
}

#[lyceum::test]
async fn behaviour_on_a_flag_that_was_started_again_does_not_start_twice() {
    let (node, diary) = diary(Duration::ZERO).await;
    assert!(diary.stop_one("alarm".into()).await.unwrap());
    assert!(diary.start_one("alarm".into()).await.unwrap());
    node.run_until_idle();
    assert_eq!(info(&diary, "alarm").await.state, BehaviourState::Waiting);
    assert!(!diary.start_one("alarm".into()).await.unwrap(), "it waits for its flag already");
}

#[lyceum::test]
async fn behaviour_that_is_done_stays_done_when_it_is_stopped() {
    let (node, diary) = diary(Duration::ZERO).await;
    node.run_until_idle();
    diary.stop_one("once".into()).await.unwrap();
    assert_eq!(info(&diary, "once").await.state, BehaviourState::Done, "there was nothing to stop");
}

#[lyceum::test]
async fn behaviour_that_runs_is_not_started_a_second_time() {
    let (node, diary) = diary(Duration::ZERO).await;
    node.run_until_idle();
    assert!(!diary.start_one("watch".into()).await.unwrap());
    assert!(!diary.start_one("tick".into()).await.unwrap());
    assert!(!diary.start_one("nobody".into()).await.unwrap());
    assert!(diary.start_one("once".into()).await.unwrap(), "it was done");
    node.run_until_idle();
    assert_eq!(times(&diary.lines().await.unwrap(), "once"), [0, 0]);
}

#[lyceum::test]
async fn removed_behaviour_is_off_the_list_and_runs_no_more() {
    let (node, diary) = diary(Duration::ZERO).await;
    assert!(diary.remove_one("tick".into()).await.unwrap());
    assert!(!diary.remove_one("tick".into()).await.unwrap());
    assert!(!diary.stop_one("nobody".into()).await.unwrap());
    node.advance(5 * SECOND);
    assert!(times(&diary.lines().await.unwrap(), "tick").is_empty());
    assert!(diary.status().await.unwrap().behaviours.iter().all(|each| each.name != "tick"));
}

#[lyceum::test]
async fn behaviour_that_removes_itself_ends() {
    #[derive(Default)]
    struct Shy(u32);

    #[agent]
    impl Shy {
        #[behaviour(run)]
        async fn appear(cx: Context<Self>) -> Result<(), BoxError> {
            cx.with(|shy| shy.0 += 1).await?;
            cx.remove_behaviour("appear").await;
            cx.sleep(SECOND).await;
            cx.with(|shy| shy.0 += 10).await?;
            Ok(())
        }

        #[action]
        fn seen(&self) -> u32 {
            self.0
        }
    }

    let node = Node::simulated(1);
    let shy = node.launch(Shy::default()).await.unwrap();
    node.advance(5 * SECOND);
    assert_eq!((shy.seen().await.unwrap(), shy.status().await.unwrap().behaviours.len()), (1, 0));
    assert_eq!(shy.stop().await, DownReason::Stopped);
    assert_eq!(node.now().since_start(), 5 * SECOND, "nothing holds the agent up");
}

enum Door {
    Closed,
    Open,
    Broken,
}

#[derive(Clone, Copy)]
enum Push {
    Pull,
    Wind,
    Kick,
}

#[derive(Clone)]
struct Porter {
    pushes: Vec<Push>,
    steps: u32,
}

#[agent]
impl Porter {
    #[behaviour(fsm(Closed: Pull => Open, Kick => Broken; Open: Wind => Closed; Broken: end))]
    async fn door(&mut self, door: Door, cx: &Context<Self>) -> Push {
        assert!(!matches!(door, Door::Broken), "nothing runs in a final state");
        cx.sleep(SECOND).await;
        self.steps += 1;
        self.pushes.remove(0)
    }

    #[action]
    fn steps(&self) -> u32 {
        self.steps
    }
}

#[lyceum::test]
async fn state_machine_goes_from_state_to_state_and_ends_in_a_final_one() {
    let node = Node::simulated(1);
    let pushes = vec![Push::Pull, Push::Wind, Push::Kick];
    let porter = node.launch(Porter { pushes, steps: 0 }).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..5 {
        node.run_until_idle();
        let door = info(&porter, "door").await;
        seen.push((door.machine_state.unwrap(), door.state));
        node.advance(SECOND);
    }
    use BehaviourState::{Done, Running};
    let expected = [
        ("Closed", Running),
        ("Open", Running),
        ("Closed", Running),
        ("Broken", Done),
        ("Broken", Done),
    ];
    let seen: Vec<_> = seen.iter().map(|(state, doing)| (state.as_str(), *doing)).collect();
    assert_eq!(seen, expected);
    assert_eq!(porter.steps().await.unwrap(), 3);
}

#[lyceum::test]
async fn event_that_the_state_does_not_list_is_a_failure_of_the_agent() {
    let node = Node::simulated(1);
    let porter = node.launch(Porter { pushes: vec![Push::Wind], steps: 0 }).await.unwrap();
    let reason = porter.ended().await;
    let text = "unexpected event in state `Closed` of behaviour `door`: expected `Pull` or `Kick`";
    assert!(matches!(&reason, DownReason::Failed(why) if why.contains(text)), "{reason}");
}

/// Fails in its second second, by an error or a panic.
#[derive(Clone)]
struct Bomb {
    panics: bool,
    ticks: u32,
}

#[agent]
impl Bomb {
    #[behaviour(every = "1s")]
    fn tick(&mut self) -> Result<(), String> {
        self.ticks += 1;
        assert!(!self.panics || self.ticks != 2, "bang");
        if self.ticks == 2 { Err("bang".into()) } else { Ok(()) }
    }

    #[action]
    fn ticks(&self) -> u32 {
        self.ticks
    }
}

#[lyceum::test]
async fn agent_whose_behaviour_fails_ends_unless_told_otherwise() {
    for panics in [false, true] {
        let node = Node::simulated(1);
        let bomb = node.launch(Bomb { panics, ticks: 0 }).await.unwrap();
        let reason = bomb.ended().await;
        assert!(reason.to_string().contains("bang"), "{reason}");
        assert_eq!(node.now().since_start(), 2 * SECOND);
    }
}

#[lyceum::test]
async fn agent_whose_behaviour_fails_restarts_if_it_can() {
    for (panics, policy) in [(false, OnFailure::Usual), (true, OnFailure::Restart)] {
        let node = Node::simulated(1);
        let launch = node.launch(Bomb { panics, ticks: 0 }).restart(Restart::default());
        let bomb = launch.on_error(policy).await.unwrap();
        node.advance(SECOND * 7 / 2);
        assert_eq!((bomb.status().await.unwrap().generation, bomb.ticks().await.unwrap()), (1, 1));
    }
}

#[lyceum::test]
async fn agent_whose_behaviour_fails_stops_although_it_could_restart() {
    for panics in [false, true] {
        let node = Node::simulated(1);
        let launch = node.launch(Bomb { panics, ticks: 0 }).restart(Restart::default());
        let bomb = launch.on_error(OnFailure::Stop).on_panic(OnFailure::Stop).await.unwrap();
        node.advance(3 * SECOND);
        assert_eq!(
            (bomb.status().await.unwrap().mode, bomb.status().await.unwrap().generation),
            (Mode::Ended, 0),
            "panics: {panics}"
        );
    }
}

#[lyceum::test]
async fn agent_whose_behaviour_fails_goes_on_if_told_so() {
    for panics in [false, true] {
        let node = Node::simulated(1);
        let launch = node.launch(Bomb { panics, ticks: 0 });
        let bomb = launch.on_error(OnFailure::GoOn).on_panic(OnFailure::GoOn).await.unwrap();
        node.advance(SECOND * 7 / 2);
        assert_eq!(bomb.status().await.unwrap().mode, Mode::Active, "panics: {panics}");
        assert_eq!(bomb.ticks().await.unwrap(), 2, "the behaviour itself is over");
        assert_eq!(info(&bomb, "tick").await.state, BehaviourState::Failed);
    }
}
