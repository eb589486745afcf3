//! Runs a pair of processes once: one that serves, one that measures.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::{env, io};

use lyceum_bench_figures::Measured;

use crate::case::Case;
use crate::child::Said;
use crate::python;
use crate::sizes::Sizes;
use crate::targets::{Side, Target};

/// Measures a case once, in fresh processes.
pub fn measure(target: &Target, case: Case, sizes: &Sizes) -> Measured {
    let server = match command(target.server, "serve")? {
        Some(command) => Some(Server::start(command)?),
        None => None,
    };
    let (address, pid) = server.as_ref().map_or(("", 0), |server| (&*server.address, server.pid()));
    let Some(mut client) = command(target.client, "drive")? else {
        return Err("nobody measures".into());
    };
    if target.client == Side::Python {
        let seconds = [sizes.warm_up, sizes.measured].map(|time| time.as_secs_f64().to_string());
        client.args([&case.name(), address]).args(seconds);
        client.args([sizes.sleepers.to_string(), sizes.steps.to_string()]);
    } else {
        client.args(["--case", &case.name(), "--address", address]);
        client.args(["--server", &pid.to_string()]);
        client.args(sizes.quick.then_some("--quick"));
    }
    let output = client.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("its client does not start: {error}"))?;
    match serde_json::from_slice(&output.stdout) {
        Ok(Said::Figures(figures)) if output.status.success() => Ok(figures),
        Ok(Said::NotRun(why)) => Err(why),
        _ => Err(format!("its client failed: {}", output.status)),
    }
}

/// Returns how a side is run; none for nobody.
fn command(side: Side, verb: &str) -> Result<Option<Command>, String> {
    match side {
        Side::Rust(part) => {
            let mut command = Command::new(env::current_exe().expect("the binary knows its path"));
            command.args([verb, part]).env("RUST_BACKTRACE", "0");
            Ok(Some(command))
        }
        Side::Python => {
            let mut command = Command::new(python::interpreter()?);
            command.args([python::script(), verb]);
            Ok(Some(command))
        }
        Side::Nobody => Ok(None),
    }
}

/// A server that runs; it ends with this.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("it does not start: {error}"))?;
        let mut line = String::new();
        let output = child.stdout.take().expect("its output is a pipe");
        let read = BufReader::new(output).read_line(&mut line);
        let mut server = Self { child, address: String::new() };
        match read.and_then(|_| serde_json::from_str(&line).map_err(io::Error::from)) {
            Ok(Said::Address(address)) => server.address = address,
            Ok(Said::NotRun(why)) => return Err(why),
            Ok(_) | Err(_) => return Err(format!("its server said `{}`", line.trim())),
        }
        Ok(server)
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends by itself once its input is closed; one that was killed has ended.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
