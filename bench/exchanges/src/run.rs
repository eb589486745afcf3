//! One run of a case with a target, in fresh processes.

use std::path::Path;
use std::process::Command;

use lyceum_bench_figures::child::{Said, Served, ask, own};
use lyceum_bench_figures::{Measured, Target, name_of};

use crate::case::{Case, Work};
use crate::redis::{self, Redis};
use crate::sizes::Sizes;
use crate::targets::{Service, Side};
use crate::{disk, python};

/// A service that runs; it ends with this.
enum Running {
    Nothing,
    Child(Served),
    Redis(Redis),
}

/// Measures a case once.
pub fn measure(target: &Target<Case>, case: Case, sizes: &Sizes, data: &Path) -> Measured {
    if target.way.side == Side::Disk {
        let rate = disk::syncs(data, sizes.measured).map_err(|error| error.to_string())?;
        return Ok(vec![rate]);
    }
    let running = start(target.way.service, data)?;
    if target.way.side == Side::Ping {
        let trip = redis::round_trip(running.address(), sizes.pings);
        return Ok(vec![trip.map_err(|error| error.to_string())?]);
    }
    let Some(work) = case.work() else {
        return Ok(ask(launch(target, case, sizes, running.address())?)?.figures);
    };
    let agent = Served::start(agent(target, running.address())?)?;
    let before = running.processor_time();
    let Said { mut figures, counts, .. } =
        ask(user(target, case, work, running.address(), &agent.address, sizes)?)?;
    if case.counts_the_server() {
        let calls = counts.first().ok_or("its user did not count")?;
        figures.push((running.processor_time() - before) * 1e6 / *calls as f64);
    }
    Ok(figures)
}

impl Running {
    fn address(&self) -> &str {
        match self {
            Self::Nothing => "",
            Self::Child(child) => &child.address,
            Self::Redis(redis) => &redis.address,
        }
    }

    fn processor_time(&self) -> f64 {
        match self {
            Self::Child(child) => child.processor_time(),
            Self::Nothing | Self::Redis(_) => 0.0,
        }
    }
}

fn start(service: Service, data: &Path) -> Result<Running, String> {
    Ok(match service {
        Service::Nothing => Running::Nothing,
        Service::Redis | Service::Hybrid => Running::Redis(Redis::start()?),
        Service::Academy => Running::Child(Served::start(python::script(&["server"])?)?),
        Service::Lyceum => {
            let store = data.join("store");
            // What another run left.
            let _ = std::fs::remove_dir_all(&store);
            std::fs::create_dir_all(&store).map_err(|error| error.to_string())?;
            Running::Child(Served::start(own(&["server", "--data", &store.to_string_lossy()]))?)
        }
    })
}

/// Returns the word for a service in Python, and the URL of it in Rust.
fn kind(service: Service, address: &str) -> (&'static str, String) {
    match service {
        Service::Nothing => ("nothing", "tcp:".to_owned()),
        Service::Lyceum | Service::Academy => ("http", format!("exchange://{address}")),
        Service::Redis => ("redis", format!("redis://{address}")),
        Service::Hybrid => ("hybrid", format!("hybrid://{address}")),
    }
}

fn agent(target: &Target<Case>, address: &str) -> Result<Command, String> {
    let (kind, url) = kind(target.way.service, address);
    match target.way.side {
        Side::Python => python::script(&["agent", kind, address]),
        _ => Ok(own(&["agent", &url])),
    }
}

fn user(
    target: &Target<Case>,
    case: Case,
    work: Work,
    address: &str,
    agent: &str,
    sizes: &Sizes,
) -> Result<Command, String> {
    let (kind, url) = kind(target.way.service, address);
    if target.way.side == Side::Python {
        let [warm_up, measured] =
            [sizes.warm_up, sizes.measured].map(|time| time.as_secs_f64().to_string());
        let name = name_of(case);
        return python::script(&["user", &name, kind, address, agent, &warm_up, &measured]);
    }
    let at = match target.way.service {
        Service::Nothing => agent.to_owned(),
        _ => format!("{url}/{agent}"),
    };
    let mut command = own(&["user", &name_of(work), &at]);
    command.args(sizes.quick.then_some("--quick"));
    Ok(command)
}

fn launch(
    target: &Target<Case>,
    case: Case,
    sizes: &Sizes,
    address: &str,
) -> Result<Command, String> {
    let name = name_of(case);
    if target.way.side == Side::Python {
        return python::script(&["launch", &name, address]);
    }
    let mut command = own(&["launch", &name]);
    command.args(sizes.quick.then_some("--quick"));
    Ok(command)
}
