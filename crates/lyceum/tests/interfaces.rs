//! Interfaces: one set of actions, several types of agent. And generic agents.

use std::fmt::Debug;

use lyceum::prelude::*;
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

/// Measures something.
#[agent(interface)]
trait Sensor {
    #[action]
    async fn read(&self) -> u64;

    /// Reads twice.
    #[action]
    async fn twice(&self) -> u64 {
        2 * self.read().await
    }

    #[action]
    async fn set(&mut self, value: u64);

    #[behaviour(every = "1s")]
    async fn drift(&mut self) {
        let value = self.read().await;
        self.set(value + 1).await;
    }

    #[subscribe("sensor.reset")]
    async fn reset(&mut self) {
        self.set(0).await;
    }
}

#[derive(Default)]
struct Thermometer {
    degrees: u64,
}

#[agent(implements(Sensor))]
impl Thermometer {}

impl Sensor for Thermometer {
    async fn read(&self) -> u64 {
        self.degrees
    }

    async fn set(&mut self, value: u64) {
        self.degrees = value;
    }
}

#[derive(Default)]
struct Barometer {
    pressure: u64,
}

#[agent(implements(Sensor))]
impl Barometer {
    /// An action of this type alone.
    #[action]
    fn is_low(&self) -> bool {
        self.pressure < 1_000
    }
}

impl Sensor for Barometer {
    async fn read(&self) -> u64 {
        self.pressure
    }

    async fn twice(&self) -> u64 {
        22
    }

    async fn set(&mut self, value: u64) {
        self.pressure = value;
    }

    async fn drift(&mut self) {}
}

#[derive(Default)]
struct Stranger;

#[agent]
impl Stranger {
    #[action]
    fn read(&self) -> u64 {
        99
    }
}

async fn sensors(node: &Node) -> Vec<Handle<dyn Sensor>> {
    node.launch(Thermometer { degrees: 7 }).named("warm").await.unwrap();
    node.launch(Barometer { pressure: 980 }).named("heavy").await.unwrap();
    node.launch(Stranger).named("stranger").await.unwrap();
    node.find().typed::<dyn Sensor>()
}

#[lyceum::test]
async fn agents_are_found_and_called_by_interface_whatever_their_type() {
    let node = Node::simulated(1);
    let sensors = sensors(&node).await;
    let mut read = Vec::new();
    for sensor in &sensors {
        read.push((sensor.name().unwrap(), sensor.read().await.unwrap()));
    }
    assert_eq!(read, [("warm".into(), 7), ("heavy".into(), 980)], "the stranger is no sensor");
}

#[lyceum::test]
async fn default_body_runs_unless_the_type_has_its_own() {
    let node = Node::simulated(1);
    let sensors = sensors(&node).await;
    assert_eq!(sensors[0].twice().await.unwrap(), 14);
    assert_eq!(sensors[1].twice().await.unwrap(), 22);
}

#[lyceum::test]
async fn default_behaviour_runs_in_each_type_unless_it_has_its_own() {
    let node = Node::simulated(1);
    let sensors = sensors(&node).await;
    node.advance(SECOND * 7 / 2);
    assert_eq!(sensors[0].read().await.unwrap(), 10);
    assert_eq!(sensors[1].read().await.unwrap(), 980);
    assert_eq!(sensors[1].status().await.unwrap().behaviours[0].runs, 3, "its own body ran");
}

#[lyceum::test]
async fn topic_of_an_interface_reaches_each_type() {
    let node = Node::simulated(1);
    let sensors = sensors(&node).await;
    assert_eq!(node.topics().publish("sensor.reset", &()).unwrap(), 2);
    for sensor in &sensors {
        assert_eq!(sensor.read().await.unwrap(), 0);
    }
}

#[lyceum::test]
async fn handle_changes_between_type_and_interface_only_where_it_fits() {
    let node = Node::simulated(1);
    let sensors = sensors(&node).await;
    let heavy: Handle<Barometer> = sensors[1].to().unwrap();
    assert!(heavy.is_low().await.unwrap());
    assert!(sensors[0].to::<Barometer>().is_none());
    assert!(heavy.is::<dyn Sensor>() && !heavy.is::<Thermometer>());
    assert_eq!(heavy.to::<dyn Sensor>().unwrap(), sensors[1]);
    let stranger: Handle<Stranger> = node.find().name("stranger").unwrap();
    assert!(stranger.to::<dyn Sensor>().is_none(), "an action of that name is no interface");
    assert!(node.find().name::<dyn Sensor>("stranger").is_none());
}

#[lyceum::test]
async fn actions_of_an_interface_are_called_and_described_by_name() {
    let node = Node::simulated(1);
    let sensors = sensors(&node).await;
    let heavy = sensors[1].any();
    assert_eq!(heavy.call("read", json!([])).await.unwrap(), json!(980));
    heavy.call("set", json!({"value": 5})).await.unwrap();
    assert_eq!(heavy.call("is_low", json!([])).await.unwrap(), json!(true));
    let error = heavy.call("set", json!(["five"])).await.unwrap_err();
    assert!(error.to_string().contains("argument `value`: expected integer"), "{error}");
    let description = heavy.describe().await.unwrap();
    assert_eq!(description.interfaces, ["Sensor"]);
    let mut names: Vec<_> = description.actions.iter().map(|each| each.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["is_low", "read", "set", "twice"]);
    assert_eq!(description.topics[0].pattern, "sensor.reset");
}

#[lyceum::test]
async fn handle_by_interface_says_that_its_agent_is_gone() {
    let node = Node::simulated(1);
    let sensors = sensors(&node).await;
    sensors[0].stop().await;
    let error = sensors[0].read().await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    assert_eq!(node.find().typed::<dyn Sensor>().len(), 1);
}

/// Keeps the last value of any type.
#[derive(Clone)]
struct Keeper<T> {
    kept: Vec<T>,
}

#[agent]
impl<T: Clone + Debug + Send + Sync + 'static> Keeper<T> {
    #[action(local)]
    fn keep(&mut self, value: T) -> usize {
        self.kept.push(value);
        self.kept.len()
    }

    #[action(local)]
    fn last(&self) -> Option<T> {
        self.kept.last().cloned()
    }

    #[action]
    fn count(&self) -> usize {
        self.kept.len()
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }
}

#[lyceum::test]
async fn generic_agent_is_another_type_for_each_argument() {
    let node = Node::simulated(1);
    let numbers = node.launch(Keeper { kept: vec![1u8] }).await.unwrap();
    let words = node.launch(Keeper { kept: vec!["one"] }).await.unwrap();
    numbers.keep(2).await.unwrap();
    assert_eq!(numbers.last().await.unwrap(), Some(2));
    assert_eq!(words.last().await.unwrap(), Some("one"));
    assert_eq!(node.find().typed::<Keeper<u8>>()[..], *std::slice::from_ref(&numbers));
    assert!(words.to::<Keeper<u8>>().is_none());
    assert_eq!(numbers.any().call("count", json!([])).await.unwrap(), json!(2));
}

#[lyceum::test]
async fn generic_agent_restarts() {
    let node = Node::simulated(1);
    let launch = node.launch(Keeper { kept: vec!['a'] }).restart(Restart::default());
    let keeper = launch.await.unwrap();
    keeper.keep('b').await.unwrap();
    keeper.blow().await.unwrap_err();
    assert_eq!(keeper.last().await.unwrap(), Some('a'));
}
