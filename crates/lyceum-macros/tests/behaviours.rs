//! Behaviours: what an agent does by itself.

use std::io;

use lyceum::macros::{Agent, First, Kind};
use lyceum::prelude::*;

#[derive(Default)]
struct Clerk {
    ticks: u64,
    log: Vec<&'static str>,
}

#[agent]
impl Clerk {
    #[action]
    fn ticks(&self) -> u64 {
        self.ticks
    }

    #[action(local)]
    fn log(&self) -> Vec<&'static str> {
        self.log.clone()
    }

    #[behaviour(once)]
    async fn begin(&mut self, cx: &Context<Self>) -> io::Result<()> {
        cx.sleep(Duration::from_millis(1)).await;
        self.log.push("begun");
        Ok(())
    }

    /// Ticks.
    #[behaviour(every = "1s")]
    fn tick(&mut self) {
        self.ticks += 1;
    }

    #[behaviour(every = "1h", first = "now", name = "report")]
    async fn reports(&mut self) {
        self.log.push("reported");
    }

    #[behaviour(on = "dirty")]
    async fn clean(&mut self) {
        self.log.push("cleaned");
    }

    #[behaviour(run)]
    async fn watch(cx: Context<Self>) -> Result<(), BoxError> {
        cx.sleep(Duration::from_secs(3)).await;
        cx.with(|clerk| clerk.log.push("watched")).await?;
        Ok(())
    }

    #[behaviour(manual)]
    async fn count_to(&mut self, n: u64) -> Result<u64, String> {
        self.ticks = n;
        Ok(n)
    }

    #[on_start]
    async fn open(&mut self, _cx: &Context<Self>) -> Result<(), BoxError> {
        self.log.push("opened");
        Ok(())
    }
}

#[lyceum::test]
async fn behaviours_run_at_their_times() {
    let node = Node::simulated(1);
    let clerk = node.launch(Clerk::default()).await.unwrap();

    node.advance(Duration::from_millis(2_500));
    assert_eq!(clerk.ticks().await.unwrap(), 2);
    clerk.set_flag("dirty").await.unwrap();
    node.advance(Duration::from_secs(1));

    let mut log = clerk.log().await.unwrap();
    assert_eq!(log.remove(0), "opened");
    log.sort_unstable();
    assert_eq!(log, ["begun", "cleaned", "reported", "watched"]);
}

#[lyceum::test]
async fn a_manual_behaviour_is_called_with_arguments() {
    let node = Node::simulated(1);
    let clerk = node.launch(Clerk::default()).await.unwrap();

    assert_eq!(clerk.count_to(40).await.unwrap(), 40);
    assert_eq!(clerk.any().call("count_to", serde_json::json!([41])).await.unwrap(), 41);
    assert_eq!(clerk.ticks().await.unwrap(), 41);
}

#[test]
fn the_blueprint_lists_kinds_and_names() {
    let entries = Clerk::BLUEPRINT.behaviours;
    let named = |name| entries.iter().find(|entry| entry.name == name).unwrap();

    assert_eq!(entries.len(), 6);
    let second = Duration::from_secs(1);
    assert_eq!(named("tick").kind, Kind::Every { period: second, first: First::Interval });
    assert_eq!(named("tick").doc, "Ticks.");
    let hour = Duration::from_secs(3_600);
    assert_eq!(named("report").kind, Kind::Every { period: hour, first: First::Now });
    assert_eq!(named("clean").kind, Kind::On { flag: "dirty" });
}

#[derive(Clone, Copy, Debug)]
enum Light {
    Red,
    Green,
    Dark,
}

enum Signal {
    Go,
    Stop,
    Fail,
}

struct Crossing {
    signals: Vec<Signal>,
    shown: Vec<String>,
}

#[agent]
impl Crossing {
    #[behaviour(fsm(Red: Go => Green; Green: Stop => Red, Fail => Dark; Dark: end))]
    async fn light(&mut self, state: Light, cx: &Context<Self>) -> Result<Signal, String> {
        cx.sleep(Duration::from_secs(1)).await;
        self.shown.push(format!("{state:?}"));
        self.signals.pop().ok_or_else(|| "out of signals".to_owned())
    }

    #[action]
    fn shown(&self) -> Vec<String> {
        self.shown.clone()
    }
}

#[lyceum::test]
async fn a_state_machine_goes_to_its_end() {
    let node = Node::simulated(1);
    let signals = vec![Signal::Fail, Signal::Go, Signal::Stop, Signal::Go];
    let crossing = node.launch(Crossing { signals, shown: vec![] }).await.unwrap();

    node.advance(Duration::from_millis(1_500));
    assert_eq!(
        crossing.status().await.unwrap().behaviours[0].machine_state.as_deref(),
        Some("Green")
    );
    node.advance(Duration::from_secs(10));

    assert_eq!(crossing.shown().await.unwrap(), ["Red", "Green", "Red", "Green"]);
    assert_eq!(
        crossing.status().await.unwrap().behaviours[0].machine_state.as_deref(),
        Some("Dark")
    );
}

#[lyceum::test]
async fn an_unexpected_event_ends_the_agent_and_says_what_was_expected() {
    let node = Node::simulated(1);
    let signals = vec![Signal::Fail];
    let crossing = node.launch(Crossing { signals, shown: vec![] }).await.unwrap();

    node.advance(Duration::from_secs(2));

    let reason = crossing.ended().await.to_string();
    let expected = "unexpected event in state `Red` of behaviour `light`: expected `Go`";
    assert!(reason.contains(expected), "{reason}");
}

/// Its own state is an enum that no turn touches.
struct Lamp;

#[agent]
impl Lamp {
    #[behaviour(fsm(Red: Go => Dark; Dark: end))]
    async fn light(cx: Context<Self>, _state: Light) -> Signal {
        cx.sleep(Duration::from_secs(1)).await;
        Signal::Go
    }
}

#[lyceum::test]
async fn a_state_machine_may_run_beside_the_turns() {
    let node = Node::simulated(1);
    let lamp = node.launch(Lamp).await.unwrap();

    node.advance(Duration::from_secs(2));

    assert_eq!(lamp.status().await.unwrap().behaviours[0].machine_state.as_deref(), Some("Dark"));
}
