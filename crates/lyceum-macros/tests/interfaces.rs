//! Interfaces: actions that several types of agent implement.

use futures_util::{Stream, StreamExt, stream};
use lyceum::prelude::*;

/// Measures something.
#[agent(interface)]
trait Sensor {
    /// Reads the value.
    #[action]
    async fn read(&self, factor: u64) -> u64;

    #[action]
    async fn calibrate(&mut self, cx: &Context<Self>) -> Result<u64, String> {
        cx.sleep(Duration::from_millis(1)).await;
        self.set(10);
        Ok(10)
    }

    #[action]
    fn recent(&self) -> impl Stream<Item = u64> + Send + 'static {
        stream::iter([1, 2])
    }

    #[action(local)]
    async fn place(cx: Context<Self>) -> String {
        cx.address().to_string()
    }

    #[behaviour(every = "1s")]
    async fn poll(&mut self, _cx: &Context<Self>) {
        self.set(77);
    }

    #[behaviour(manual)]
    async fn zero(&mut self) {
        self.set(0);
    }

    #[subscribe("sensors.set")]
    async fn told(&mut self, n: u64) {
        self.set(n);
    }

    fn set(&mut self, n: u64);

    async fn halved(&self) -> u64 {
        self.read(1).await / 2
    }
}

mod other {
    #[lyceum::agent(interface, name = "Named")]
    pub(super) trait Nameless {}
}

#[derive(Default)]
struct Thermometer {
    degrees: u64,
}

#[agent(implements(Sensor, other::Nameless))]
impl Thermometer {
    #[action]
    fn degrees(&self) -> u64 {
        self.degrees
    }
}

impl Sensor for Thermometer {
    async fn read(&self, factor: u64) -> u64 {
        self.degrees * factor
    }

    fn set(&mut self, n: u64) {
        self.degrees = n;
    }
}

impl other::Nameless for Thermometer {}

/// Asks through the interface, and holds the handles meanwhile.
struct Survey(Vec<Handle<dyn Sensor>>);

#[agent]
impl Survey {
    #[action]
    async fn sum(&self) -> u64 {
        let mut sum = 0;
        for sensor in self.0.clone() {
            sum += sensor.read(1).await.unwrap_or_default();
        }
        sum
    }
}

#[lyceum::test]
async fn an_action_may_hold_handles_by_interface() {
    let node = Node::simulated(1);
    let sensor = node.launch(Clock).await.unwrap().to::<dyn Sensor>().unwrap();
    let survey = node.launch(Survey(vec![sensor.clone(), sensor])).await.unwrap();

    assert_eq!(survey.sum().await.unwrap(), 24);
}

#[derive(Default)]
struct Clock;

#[agent(implements(Sensor))]
impl Clock {}

impl Sensor for Clock {
    async fn read(&self, _: u64) -> u64 {
        12
    }

    async fn calibrate(&mut self, _: &Context<Self>) -> Result<u64, String> {
        Err(format!("{} is always right", self.halved().await))
    }

    fn set(&mut self, _: u64) {}
}

#[lyceum::test]
async fn one_handle_leads_to_either_type() -> Result<(), BoxError> {
    let node = Node::simulated(1);
    let thermometer = node.launch(Thermometer::default()).await?;
    let sensors: [Handle<dyn Sensor>; 2] =
        [thermometer.to().unwrap(), node.launch(Clock).await?.to().unwrap()];

    assert_eq!(sensors[0].calibrate().await?, 10);
    assert!(sensors[1].calibrate().await.is_err());
    assert_eq!(sensors[0].read(2).await?, 20);
    assert_eq!(sensors[1].read(2).await?, 12);
    assert_eq!(sensors[0].recent().await?.collect::<Vec<_>>().await, [1, 2]);
    assert_eq!(size_of_val(&sensors[0]), 8);
    Ok(())
}

#[lyceum::test]
async fn default_behaviours_and_topics_come_with_the_interface() {
    let node = Node::simulated(1);
    let thermometer = node.launch(Thermometer::default()).await.unwrap();

    node.advance(Duration::from_millis(1_500));
    assert_eq!(thermometer.degrees().await.unwrap(), 77);
    node.topics().publish("sensors.set", &5_u64).unwrap();
    node.advance(Duration::from_millis(1));
    assert_eq!(thermometer.degrees().await.unwrap(), 5);
    thermometer.to::<dyn Sensor>().unwrap().zero().await.unwrap();
    assert_eq!(thermometer.degrees().await.unwrap(), 0);
}

#[lyceum::test]
async fn the_description_counts_the_interface_in() {
    let node = Node::simulated(1);
    let description = node.launch(Thermometer::default()).await.unwrap().describe().await.unwrap();

    let names: Vec<_> = description.actions.iter().map(|action| action.name.as_str()).collect();
    assert_eq!(names, ["degrees", "read", "calibrate", "recent", "zero"]);
    assert_eq!(description.interfaces, ["Sensor", "Named"]);
    assert_eq!(description.action("read").unwrap().doc, "Reads the value.");
}
