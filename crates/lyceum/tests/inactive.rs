//! Switched off: an agent that receives nothing and sends nothing until it is activated.

use lyceum::prelude::*;
use lyceum::{Backoff, DownReason, Mode};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Default)]
struct Lamp {
    seen: Vec<u32>,
    starts: u32,
}

#[agent]
impl Lamp {
    #[on_start]
    fn start(&mut self) {
        self.starts += 1;
    }

    #[behaviour(every = "1s")]
    async fn blink(&mut self, cx: &Context<Self>) {
        cx.publish("lamp.blink", &1u32).await;
    }

    #[subscribe("lamp.see")]
    fn hear(&mut self, n: u32) {
        self.seen.push(n);
    }

    #[action]
    fn see(&mut self, n: u32) -> Vec<u32> {
        self.seen.push(n);
        self.seen.clone()
    }

    #[action]
    async fn nap(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }

    #[action]
    async fn show(&self, other: Handle<Lamp>) -> Result<(), String> {
        other.see(9).tell().await.map_err(|error| error.to_string())
    }

    #[action]
    async fn show_later(&self, other: Handle<Lamp>, cx: &Context<Self>) -> Result<(), String> {
        cx.sleep(SECOND).await;
        other.see(9).tell().await.map_err(|error| error.to_string())
    }
}

#[lyceum::test]
async fn agent_launched_inactive_begins_nothing_until_it_is_activated() {
    let node = Node::simulated(1);
    let mut blinks = node.topics().listen("lamp.blink").unwrap();
    let lamp = node.launch(Lamp::default()).inactive().await.unwrap();
    assert_eq!(
        (lamp.status().await.unwrap().mode, lamp.status().await.unwrap().behaviours.len()),
        (Mode::Inactive, 0)
    );
    node.advance(10 * SECOND);
    assert_eq!(node.topics().publish("lamp.see", &1u32).unwrap(), 0);
    assert!(blinks.try_receive().is_none());
    let error = lamp.see(1).await.unwrap_err();
    assert!(matches!(error, CallError::Inactive(_)), "{error}");

    assert!(lamp.activate().await.unwrap());

    node.topics().publish("lamp.see", &2u32).unwrap();
    node.advance(SECOND);
    assert_eq!(lamp.see(3).await.unwrap(), [2, 3]);
    assert!(blinks.try_receive().is_some() && blinks.try_receive().is_none());
}

#[lyceum::test]
async fn switch_says_whether_it_changed_anything() {
    let node = Node::simulated(1);
    let lamp = node.launch(Lamp::default()).await.unwrap();
    assert!(!lamp.activate().await.unwrap());
    assert!(lamp.deactivate().await.unwrap() && !lamp.deactivate().await.unwrap());
    assert!(lamp.activate().await.unwrap() && !lamp.activate().await.unwrap());
    lamp.stop().await;
    assert!(!lamp.deactivate().await.unwrap() && !lamp.activate().await.unwrap());
    assert_eq!(lamp.status().await.unwrap().mode, Mode::Ended);
}

#[lyceum::test]
async fn messages_that_wait_are_kept_until_the_agent_is_active() {
    for seed in 0..10 {
        let node = Node::simulated(seed);
        let lamp = node.launch(Lamp::default()).await.unwrap();
        let nap = lamp.nap().send();
        node.advance(SECOND / 2);
        let calls: Vec<_> = (0..3).map(|n| lamp.see(n).no_timeout().send()).collect();
        assert!(lamp.deactivate().await.unwrap());
        node.advance(10 * SECOND);
        nap.await.unwrap();
        assert_eq!(
            lamp.stats().await.unwrap().queued,
            3,
            "seed {seed}: an inactive agent handles nothing"
        );
        assert!(lamp.activate().await.unwrap());
        for (n, call) in (1..).zip(calls) {
            assert_eq!(call.await.unwrap().len(), n);
        }
    }
}

#[lyceum::test]
async fn inactive_agent_publishes_and_tells_nothing() {
    let node = Node::simulated(1);
    let mut blinks = node.topics().listen("lamp.blink").unwrap();
    let (lamp, other) =
        (node.launch(Lamp::default()).await.unwrap(), node.launch(Lamp::default()).await.unwrap());
    other.deactivate().await.unwrap();
    let show = lamp.show_later(other.clone()).send();
    node.advance(SECOND / 2);
    lamp.deactivate().await.unwrap();
    other.activate().await.unwrap();
    other.deactivate().await.unwrap();
    node.advance(5 * SECOND);
    assert!(blinks.try_receive().is_none(), "both are off");
    other.activate().await.unwrap();
    lamp.activate().await.unwrap();
    assert!(show.await.unwrap_err().to_string().contains("inactive"));
    assert_eq!(other.see(1).await.unwrap(), [1]);
    lamp.show(other.clone()).await.unwrap();
    assert_eq!(other.see(2).await.unwrap(), [1, 9, 2]);
}

#[lyceum::test]
async fn inactive_agent_is_stopped_and_killed_as_any() {
    for kill in [false, true] {
        let node = Node::simulated(1);
        let lamp = node.launch(Lamp::default()).inactive().named("lamp").await.unwrap();
        let monitor = lamp.monitor();
        let reason = if kill { lamp.kill().await } else { lamp.stop().await };
        let expected = if kill { DownReason::Killed } else { DownReason::Stopped };
        assert_eq!((reason, monitor.await.reason), (expected.clone(), expected));
        assert_eq!(node.agent_count(), 0);
        assert_eq!(node.now().since_start(), Duration::ZERO);
    }
}

#[lyceum::test]
async fn calls_that_wait_for_an_inactive_agent_end_at_their_deadline() {
    let node = Node::simulated(1);
    let lamp = node.launch(Lamp::default()).await.unwrap();
    let nap = lamp.nap().send();
    node.advance(SECOND / 2);
    let call = lamp.see(1).timeout(3 * SECOND).send();
    lamp.deactivate().await.unwrap();
    let error = call.await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(error.started(), Some(false));
    nap.await.unwrap();
    lamp.activate().await.unwrap();
    assert_eq!(lamp.see(2).await.unwrap(), [2], "the message that came back never ran");
}

/// A restart of its sibling must not switch an agent on.
#[lyceum::test]
async fn inactive_member_of_a_supervisor_stays_inactive_when_its_sibling_fails() {
    let node = Node::simulated(1);
    let pair = node.supervisor(Strategy::OneForAll).start();
    let off = pair.launch(Lamp::default()).await.unwrap();
    let failing = pair.launch(Lamp::default()).await.unwrap();
    off.deactivate().await.unwrap();
    failing.blow().await.unwrap_err();
    node.run_until_idle();
    assert_eq!(failing.status().await.unwrap().generation, 1);
    assert_eq!(
        off.status().await.unwrap().mode,
        Mode::Inactive,
        "it receives nothing until it is activated"
    );
}

#[lyceum::test]
async fn inactive_agent_is_found_and_described() {
    let node = Node::simulated(1);
    let lamp = node.launch(Lamp::default()).named("lamp").await.unwrap();
    lamp.deactivate().await.unwrap();
    assert_eq!(node.find().name::<Lamp>("lamp").unwrap(), lamp);
    assert_eq!(lamp.describe().await.unwrap().name, "Lamp");
    lamp.activate().await.unwrap();
}

/// It was neither active nor inactive then, and the switch was lost.
#[lyceum::test]
async fn agent_that_is_activated_while_it_restarts_is_active_after_that() {
    let node = Node::simulated(1);
    let pause = Backoff { first: SECOND, most: SECOND };
    let policy = Restart::default().backoff(pause);
    let pair = node.supervisor(Strategy::OneForAll).restart(policy).start();
    let off = pair.launch(Lamp::default()).inactive().await.unwrap();
    let failing = pair.launch(Lamp::default()).await.unwrap();
    failing.blow().await.unwrap_err();
    node.run_until_idle();
    assert_eq!(off.status().await.unwrap().mode, Mode::Starting);
    let error = off.see(1).await.unwrap_err();
    assert!(matches!(error, CallError::Inactive(_)), "{error}");

    assert!(off.activate().await.unwrap() && !off.activate().await.unwrap());

    assert_eq!(off.see(2).await.unwrap(), [2]);
    assert_eq!(failing.see(2).await.unwrap(), [2]);
    assert_eq!(off.status().await.unwrap().behaviours.len(), 1, "they begin once");
    assert_eq!(node.topics().publish("lamp.see", &3u32).unwrap(), 2, "once in each");
}
