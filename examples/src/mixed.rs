//! Python and Rust on one exchange: agents of academy-py, unmodified, and of Lyceum call each
//! other.

use std::path::Path;

use lyceum::network::academy::{AcademyExt, Uuid};
use lyceum::network::server::{Clock, Server, ServerSettings, wording};
use lyceum::network::store::{Keeper, Memory, Settings};
use lyceum::prelude::*;
use serde_json::json;
use tokio::process::Command;

/// By what the agents are found.
const ARCHIVE: Uuid = Uuid::from_u128(0x0a7c_41fe_0000_4000_8000_0000_0000_0001);
const STATION: Uuid = Uuid::from_u128(0x0a7c_41fe_0000_4000_8000_0000_0000_0002);

/// Keeps readings, which agents in Python bring.
#[derive(Default)]
struct Archive {
    readings: Vec<(String, i64)>,
}

#[agent]
impl Archive {
    /// Keeps a reading, and returns how many there are.
    #[action]
    fn keep(&mut self, place: String, reading: i64) -> usize {
        self.readings.push((place, reading));
        self.readings.len()
    }

    /// Returns what was kept, in order.
    #[action]
    fn kept(&self) -> Vec<String> {
        let text = |(place, reading): &(String, i64)| format!("{place}: {reading}");
        self.readings.iter().map(text).collect()
    }
}

/// Asks sensors, wherever they are and whatever they are written in.
struct Station {
    exchange: String,
}

#[agent]
impl Station {
    /// Has a sensor measure so many times, and returns the mean.
    #[action]
    async fn survey(&self, sensor: String, times: u32, cx: &Context<Self>) -> Result<f64, String> {
        if times == 0 {
            return Err("a mean of no readings".into());
        }
        let text = |error: &dyn std::fmt::Display| error.to_string();
        // An agent in Python is called by name, with JSON.
        let address = format!("{}/{sensor}", self.exchange);
        let sensor = cx.node().connect_any(&address).await.map_err(|error| text(&error))?;
        let mut sum = 0.0;
        for _ in 0..times {
            let reading = sensor.call("measure", json!([])).await.map_err(|error| text(&error))?;
            sum += reading.as_f64().ok_or("a reading is a number")?;
        }
        Ok(sum / f64::from(times))
    }
}

/// Opens an exchange with two agents on it, and runs a script in Python that has a third one.
///
/// # Errors
///
/// Returns why a registration failed, or what the script said last.
pub async fn run(python: &Path) -> lyceum::Result<Vec<String>> {
    // Mostly that is `lyceum exchange serve`, with a store on disk.
    let house = Node::local();
    let keeper = Keeper::open(Box::new(Memory::new()), Settings::new(wording))?;
    let settings = ServerSettings::default();
    let address = "127.0.0.1:0".parse()?;
    let server = Server::bind(address, keeper, None, Clock::of(&house), settings).await?;
    let (place, exchange) = (server.address(), format!("exchange://{}", server.address()));
    let serving = house.spawn(server.serve(std::future::pending()));

    let node = Node::local();
    let archive = node.launch(Archive::default()).await?;
    node.register_mailbox(&exchange, &archive.any()).id(ARCHIVE).class("app.Archive").await?;
    let station = node.launch(Station { exchange: exchange.clone() }).await?;
    node.register_mailbox(&exchange, &station.any()).id(STATION).class("app.Station").await?;

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/mixed/sensor.py");
    let output = Command::new(python)
        .args([script, &format!("http://{place}"), &ARCHIVE.to_string(), &STATION.to_string()])
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        return Err(
            std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()).into()
        );
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<_> = said.lines().map(str::to_owned).collect();
    lines.push(format!("rust: {} readings were kept", archive.kept().await?.len()));

    node.shutdown().await;
    drop(serving);
    house.shutdown().await;
    Ok(lines)
}
