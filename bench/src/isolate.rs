//! Runs a case in a fresh process: the binary calls itself.

use std::env;
use std::process::{Command, Stdio};

use clap::ValueEnum;

use crate::case::{Case, Measured, Place};
use crate::sizes::Sizes;
use crate::targets::Target;

/// Measures `case` once in a child process.
pub fn measure(target: &Target, case: Case, place: Place, sizes: &Sizes) -> Measured {
    let mut command = Command::new(env::current_exe().expect("the binary knows its path"));
    command.args(["child", "--target", target.name]);
    command.args(["--case", &argument(&case), "--place", &argument(&place)]);
    if sizes.quick {
        command.arg("--quick");
    }
    if sizes.large {
        command.arg("--large");
    }
    let output = command.stderr(Stdio::inherit()).output().expect("the child starts");
    assert!(output.status.success(), "{} failed in its child process", target.name);
    serde_json::from_slice(&output.stdout).expect("the child prints its figures")
}

/// Measures `case` once and prints the figures for the parent.
pub fn answer(target: &Target, case: Case, place: Place, sizes: &Sizes) {
    let measured = (target.measure)(case, place, sizes);
    println!("{}", serde_json::to_string(&measured).expect("figures are finite"));
}

fn argument(value: &impl ValueEnum) -> String {
    value.to_possible_value().expect("no value is skipped").get_name().to_owned()
}
