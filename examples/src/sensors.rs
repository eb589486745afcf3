//! An interface with two implementations, which are found by it.

use lyceum::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a sensor read. Types of arguments and results derive these three.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Reading {
    value: f64,
    unit: String,
}

/// Measures something.
#[agent(interface)]
trait Sensor {
    /// Reads the value.
    #[action]
    async fn read(&self) -> Reading;

    /// Reads the value as text.
    #[action]
    async fn show(&self) -> String {
        let Reading { value, unit } = self.read().await;
        format!("{value:.1} {unit}")
    }

    /// Sets the value that is read from now on.
    #[subscribe("weather.changed")]
    async fn change(&mut self, by: f64);
}

/// Knows how warm it is.
struct Thermometer {
    degrees: f64,
}

#[agent(implements(Sensor))]
impl Thermometer {}

impl Sensor for Thermometer {
    async fn read(&self) -> Reading {
        Reading { value: self.degrees, unit: "°C".into() }
    }

    async fn change(&mut self, by: f64) {
        self.degrees += by;
    }
}

/// Knows how heavy the air is.
struct Barometer {
    hectopascals: f64,
}

#[agent(implements(Sensor))]
impl Barometer {
    /// An action of this type alone.
    #[action]
    fn is_low(&self) -> bool {
        self.hectopascals < 1_000.0
    }
}

impl Sensor for Barometer {
    async fn read(&self) -> Reading {
        Reading { value: self.hectopascals, unit: "hPa".into() }
    }

    async fn show(&self) -> String {
        let tendency = if self.is_low() { "low" } else { "high" };
        format!("{:.1} hPa, {tendency}", self.hectopascals)
    }

    async fn change(&mut self, by: f64) {
        self.hectopascals -= 10.0 * by;
    }
}

/// Launches two sensors, and asks all that there are.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let node = Node::simulated(1);
    node.launch(Thermometer { degrees: 18.0 }).named("roof").await?;
    let cellar = node.launch(Barometer { hectopascals: 1_013.0 }).named("cellar").await?;

    let mut lines = ask_all(&node).await?;
    node.topics().publish("weather.changed", &2.5)?;
    lines.extend(ask_all(&node).await?);

    let sensor: Handle<dyn Sensor> = cellar.to().expect("a barometer is a sensor");
    let description = sensor.describe().await.unwrap();
    lines.push(format!("a {} offers {}", description.name, description.interfaces.join(", ")));
    lines.push(format!("low: {}, read: {}", cellar.is_low().await?, sensor.read().await?.value));
    Ok(lines)
}

/// Asks all sensors of the node, whatever their types.
async fn ask_all(node: &Node) -> lyceum::Result<Vec<String>> {
    let mut lines = Vec::new();
    for sensor in node.find().typed::<dyn Sensor>() {
        let name = sensor.name().unwrap_or_default();
        lines.push(format!("{name}: {}", sensor.show().await?));
    }
    Ok(lines)
}
