//! Runs a pair of processes once: one that serves, one that measures.

use std::process::Command;

use lyceum_bench_figures::child::{Served, ask, own};
use lyceum_bench_figures::{Measured, Target, name_of};

use crate::case::Case;
use crate::python;
use crate::sizes::Sizes;
use crate::targets::{Ends, Side};

/// Measures a case once, in fresh processes.
pub fn measure(target: &Target<Case>, case: Case, sizes: &Sizes) -> Measured {
    let Ends { server, client } = target.way;
    let served = command(server, "serve")?.map(Served::start).transpose()?;
    let (address, process) =
        served.as_ref().map_or(("", 0), |served| (&*served.address, served.process));
    let Some(mut command) = command(client, "drive")? else {
        return Err("nobody measures".into());
    };
    if client == Side::Python {
        let seconds = [sizes.warm_up, sizes.measured].map(|time| time.as_secs_f64().to_string());
        command.args([&name_of(case), address]).args(seconds);
        command.args([sizes.sleepers.to_string(), sizes.steps.to_string()]);
    } else {
        command.args(["--case", &name_of(case), "--address", address]);
        command.args(["--server", &process.to_string()]);
        command.args(sizes.quick.then_some("--quick"));
    }
    ask(command).map(|said| said.figures)
}

/// Returns how a side is run; none for nobody.
fn command(side: Side, verb: &str) -> Result<Option<Command>, String> {
    match side {
        Side::Rust(part) => Ok(Some(own(&[verb, part]))),
        Side::Python => {
            let mut command = Command::new(python::interpreter()?);
            command.args([python::script(), verb]);
            Ok(Some(command))
        }
        Side::Nobody => Ok(None),
    }
}
