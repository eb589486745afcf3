//! Prints what happens in [`examples::primes`], by the launcher that a flag names:
//! `primes --slurm tcp://10.1.2.3:0`.

use std::process::ExitCode;

use examples::primes;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let flag = arguments.next().unwrap_or_else(|| "--here".into());
    if !flag.starts_with("--") {
        // A launcher starts this program for one of the agents.
        return primes::program().main();
    }
    match examples::print(primes::run_by(&flag, arguments.next())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
