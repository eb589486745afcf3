//! One run of a case with a target, in a process of its own.

use std::process::Command;

use lyceum_bench_figures::child::{Said, ask, own};
use lyceum_bench_figures::python::Environment;
use lyceum_bench_figures::{Target, name_of};

use crate::case::Case;
use crate::sizes::{Sizes, WARM_UP};
use crate::targets::Runs;

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
pub fn measure(target: &Target<Case>, case: Case, sizes: &Sizes) -> Result<Said, String> {
    ask(match target.way {
        Runs::Here => here(target, case, sizes),
        Runs::Rules => rules(case, sizes)?,
        Runs::Mesa => mesa(sizes)?,
    })
}

fn here(target: &Target<Case>, case: Case, sizes: &Sizes) -> Command {
    let mut command = own(&["child", &name_of(case), target.name]);
    command.args(sizes.quick.then_some("--quick"));
    command
}

fn rules(case: Case, sizes: &Sizes) -> Result<Command, String> {
    let mut command = Command::new(RULES.interpreter()?);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/fusil_rules.py")).arg(name_of(case));
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
