//! A few hundred households that keep their feeder under its limit, by negotiating over their
//! batteries. It is a simulator of mosaik, and runs by itself, too.

mod agents;
mod simulator;

use std::f64::consts::TAU;

use lyceum::network::mosaik::{Inputs, Params, Requested, Simulator};
use serde_json::{Value, json};
pub use simulator::Feeders;

/// Seconds of a step.
const STEP: i64 = 900;

/// Lets a day pass without mosaik, and returns what came of it.
///
/// # Errors
///
/// Returns why the example failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let mut feeders = Feeders::new()?;
    let params = [("limit", json!(450.0)), ("households", json!(300)), ("batteries", json!(150))];
    let params = params.map(|(name, value)| (name.to_owned(), value));
    feeders.create(1, "Feeder", Params::from_iter(params)).await?;
    let (mut before, mut after, mut empty) = (0.0_f64, 0.0_f64, 0);
    for quarter in 0..96 {
        feeders.step(quarter * STEP, loads(quarter), (quarter + 1) * STEP).await?;
        let names = ["load", "power", "price"].map(str::to_owned);
        let outputs =
            feeders.get_data(Requested::from([("feeder_0".into(), names.into())])).await?;
        let number = |name: &str| outputs.get("feeder_0", name).and_then(Value::as_f64);
        let [load, power, price] =
            ["load", "power", "price"].map(|name| number(name).unwrap_or(0.0));
        before = before.max(load);
        after = after.max(power);
        empty += usize::from(price > 0.0);
    }
    Ok(vec![
        "300 households, 150 batteries, and a feeder for 450 kW".into(),
        format!("{before:.0} kW were wanted at most"),
        format!("{after:.0} kW flowed at most"),
        format!("power from batteries was paid for in {empty} quarters of an hour"),
    ])
}

/// Returns what the households draw in a quarter of an hour: more in the morning and the evening.
fn loads(quarter: i64) -> Inputs {
    let hour = quarter as f64 / 4.0;
    let peak = |center: f64, width: f64| (-((hour - center) / width).powi(2)).exp();
    let usual = 0.3 + 0.8 * peak(7.5, 1.2) + 1.6 * peak(19.0, 2.0);
    let load = |house: usize| usual * (1.0 + 0.3 * (house as f64 * TAU / 7.0).sin());
    let given = |house| (format!("feeder_0_house_{house}"), json!({"load": {"": load(house)}}));
    serde_json::from_value((0..300).map(given).collect()).expect("these are inputs")
}
