//! A simulator in a real scenario of mosaik.
#![cfg(feature = "mosaik")]

#[path = "../python/environment.rs"]
mod environment;
#[path = "../python/scenarios.rs"]
mod scenarios;

use std::collections::BTreeMap;
use std::process::Stdio;

use lyceum_exchange::mosaik::{
    Entity, Exception, Init, Inputs, Meta, Model, Mosaik, Outputs, Params, Requested, RpcError,
    RunError, Server, Simulator,
};
use scenarios::MOSAIK;
use serde_json::{Value, json};

/// Batteries that charge by what they are given; they note what happens.
#[derive(Default)]
struct Batteries {
    mosaik: Option<Mosaik>,
    charges: Vec<f64>,
    notes: Vec<Value>,
    fails_at: Option<i64>,
    is_over: bool,
}

fn told(error: &RpcError) -> Exception {
    Exception::new("Told", error.to_string())
}

impl Simulator for &mut Batteries {
    async fn init(&mut self, mut init: Init) -> Result<Meta, Exception> {
        let capacity: f64 = init.params.take("capacity")?;
        self.notes.push(json!([init.sid, init.time_resolution, capacity]));
        self.mosaik = Some(init.mosaik);
        let battery = Model::public().params(["charge"]).attrs(["power", "charge"]);
        Ok(Meta::time_based()
            .model("Battery", battery)
            .model("Cell", Model::hidden())
            .method("rename"))
    }

    async fn create(
        &mut self,
        count: usize,
        model: &str,
        mut params: Params,
    ) -> Result<Vec<Entity>, Exception> {
        let charge = params.take("charge")?;
        self.charges.resize(count, charge);
        let entity = |id| {
            let cell = Entity::new(format!("cell_{id}"), "Cell");
            Entity::new(format!("battery_{id}"), model).children([cell])
        };
        Ok((0..count).map(entity).collect())
    }

    async fn setup_done(&mut self) -> Result<(), Exception> {
        self.notes.push(json!("setup done"));
        Ok(())
    }

    async fn step(&mut self, time: i64, inputs: Inputs, _: i64) -> Result<Option<i64>, Exception> {
        if self.fails_at == Some(time) {
            return Err(Exception::new("ValueError", "overcharged"));
        }
        for (id, charge) in self.charges.iter_mut().enumerate() {
            *charge += inputs.sum(&format!("battery_{id}"), "power").unwrap_or_default();
        }
        let mosaik = self.mosaik.clone().expect("it was initialized");
        let progress = mosaik.progress().await.map_err(|error| told(&error))?;
        let related =
            mosaik.related(["Battery-0.battery_0"]).await.map_err(|error| told(&error))?;
        let related: Vec<&String> = related["Battery-0.battery_0"].keys().collect();
        let number = Requested::from([("Probe-0.probe".into(), vec!["number".into()])]);
        let number = mosaik.get_data(&number).await.map_err(|error| told(&error))?;
        let number = number.get("Probe-0.probe", "number").cloned();
        self.notes.push(json!([time, progress >= 0.0, related, number]));
        let note = BTreeMap::from([("note".to_owned(), json!(self.charges[0]))]);
        let data = BTreeMap::from([("Probe-0.probe".to_owned(), note)]);
        let data = BTreeMap::from([("Battery-0.battery_0".to_owned(), data)]);
        mosaik.set_data(&data).await.map_err(|error| told(&error))?;
        Ok(Some(time + 1))
    }

    async fn get_data(&mut self, requested: Requested) -> Result<Outputs, Exception> {
        let mut outputs = Outputs::default();
        for (id, charge) in self.charges.iter().enumerate() {
            outputs.set(format!("battery_{id}"), "charge", charge)?;
        }
        Ok(outputs.only(&requested))
    }

    async fn call(
        &mut self,
        method: &str,
        args: Vec<Value>,
        mut params: Params,
    ) -> Result<Value, Exception> {
        let loud: bool = params.take("loud")?;
        Ok(json!([method, args, loud]))
    }

    async fn finalize(&mut self) {
        self.is_over = true;
    }
}

/// Runs a scenario with the batteries; returns what both sides have to say.
async fn scenario(batteries: &mut Batteries, until: u32) -> Option<(Value, Result<(), RunError>)> {
    let python = MOSAIK.python()?;
    let mut server = Server::bind("127.0.0.1:0").await.unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mosaik/scenario.py");
    let scenario = tokio::process::Command::new(python)
        .args([script, server.address(), &until.to_string()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let (told, ended) = tokio::join!(scenario, server.serve(batteries));
    let told = told.unwrap();
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{said}");
    let last = String::from_utf8(told.stdout).unwrap();
    let last = last.lines().last().unwrap_or_else(|| panic!("nothing was told: {said}"));
    let mut told: Value = serde_json::from_str(last).unwrap();
    told["log"] = said.into();
    Some((told, ended))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulator_takes_part_in_a_scenario() {
    let mut batteries = Batteries::default();
    let Some((told, ended)) = scenario(&mut batteries, 3).await else { return };
    assert!(ended.is_ok(), "{ended:?}");
    assert!(batteries.is_over);
    assert_eq!(batteries.charges, [30.5, 30.5], "0.5, and 0, 10 and 20");
    let related = json!(["Probe-0.probe"]);
    assert_eq!(
        batteries.notes,
        [
            json!(["Battery-0", 1.0, 2.5]),
            json!("setup done"),
            json!([0, true, related, 0]),
            // What was asked for was there before the step.
            json!([1, true, related, 0]),
            json!([2, true, related, 10]),
        ]
    );
    assert_eq!(told["ids"], json!(["Battery-0.battery_0", "Battery-0.battery_1"]));
    assert_eq!(told["children"], json!(["Battery-0.cell_0"]));
    assert_eq!(told["extra"], json!(["rename", ["new"], true]));
    let note = |charge| json!({"probe": {"note": {"Battery-0.battery_0": charge}}});
    assert_eq!(told["seen"], json!([[1, note(0.5)], [2, note(10.5)]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_ends_the_scenario_with_its_text() {
    let mut batteries = Batteries { fails_at: Some(1), ..Batteries::default() };
    let Some((told, _)) = scenario(&mut batteries, 3).await else { return };
    assert!(batteries.is_over);
    let log = told["log"].as_str().unwrap();
    assert!(log.contains("ValueError(overcharged)"), "{log}");
    assert_eq!(told["seen"].as_array().unwrap().len(), 1, "nothing went on after it");
}

#[tokio::test]
async fn a_scenario_that_is_gone_is_an_error() {
    let mut server = Server::bind("127.0.0.1:0").await.unwrap();
    let gone = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    drop(gone);
    let mut batteries = Batteries::default();
    let ended = server.serve(&mut batteries).await;
    assert!(matches!(ended, Err(RunError::Closed(_))), "{ended:?}");
    assert!(batteries.is_over);

    let address = server.address().to_owned();
    drop(server);
    let ended = lyceum_exchange::mosaik::run(&address, &mut batteries).await;
    assert!(matches!(ended, Err(RunError::Open(_))), "{ended:?}");
}
