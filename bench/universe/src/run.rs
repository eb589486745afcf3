//! One run of a case with a target, in a process of its own.

use std::env;
use std::process::{Command, Stdio};

use lyceum_bench_figures::python::Environment;

use crate::case::Case;
use crate::said::Said;
use crate::sizes::{Sizes, WARM_UP};
use crate::targets::{Runs, Target};

/// Fusil's rules, which need nothing but Python: what is named here is in every environment.
const RULES: Environment =
    Environment { name: "fusil-rules", versions: &["3.11", "3.12", "3.13"], packages: &["pip"] };

/// Mesa's grids need networkx, which it does not name.
const MESA: Environment = Environment {
    name: "mesa",
    versions: &["3.12", "3.13"],
    packages: &["mesa==3.5.1", "networkx==3.7"],
};

/// Measures a case once.
///
/// # Errors
///
/// Says why it was not measured.
pub fn measure(target: &Target, case: Case, sizes: &Sizes) -> Result<Said, String> {
    let mut command = match target.runs {
        Runs::Here => own(target, case, sizes)?,
        Runs::Rules => rules(case, sizes)?,
        Runs::Mesa => mesa(sizes)?,
    };
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("it does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said = text.lines().last().and_then(|line| serde_json::from_str::<Said>(line).ok());
    match said {
        Some(Said { not_run: Some(why), .. }) => Err(why),
        Some(said) if output.status.success() => Ok(said),
        _ => Err(format!("it failed: {}", output.status)),
    }
}

fn own(target: &Target, case: Case, sizes: &Sizes) -> Result<Command, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["child", &case.name(), target.name]).env("RUST_BACKTRACE", "0");
    command.args(sizes.quick.then_some("--quick"));
    Ok(command)
}

fn rules(case: Case, sizes: &Sizes) -> Result<Command, String> {
    let mut command = Command::new(RULES.interpreter()?);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/fusil_rules.py")).arg(case.name());
    let (agents, steps) = match case {
        Case::FanOut => (100_u32, sizes.fan_out_steps),
        Case::Idle => (sizes.idle, sizes.idle_steps),
        _ => (1, sizes.steps),
    };
    // A tenth of the steps takes it longer than all take the others.
    let steps = (steps / 10).max(10);
    command.args([agents.to_string(), steps.to_string()]);
    Ok(command)
}

fn mesa(sizes: &Sizes) -> Result<Command, String> {
    let mut command = Command::new(MESA.interpreter()?);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/mesa_schelling.py"));
    let city = sizes.city;
    let plan =
        [city.width, city.height, city.residents, city.wanted].map(|number| number.to_string());
    command.args(plan).args([WARM_UP.to_string(), sizes.city_steps.to_string()]);
    Ok(command)
}
