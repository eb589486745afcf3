//! Child processes that serve until their input is closed, and those that measure.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::{env, fs, io};

use crate::said::Said;

/// Ticks of the system's clock for processor time in a second, on every Linux of today.
const TICKS: f64 = 100.0;

/// A child that serves; it ends with this.
pub struct Served {
    child: Child,
    pub address: String,
    process: u32,
}

impl Served {
    /// Starts it, and waits until it says where it is.
    pub fn start(mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("it does not start: {error}"))?;
        let mut line = String::new();
        let output = child.stdout.take().expect("its output is a pipe");
        let read = BufReader::new(output).read_line(&mut line);
        let mut served = Self { process: child.id(), child, address: String::new() };
        let said = read.and_then(|_| serde_json::from_str::<Said>(&line).map_err(io::Error::from));
        match said {
            Ok(Said { address: Some(address), process, .. }) => {
                served.address = address;
                served.process = process.unwrap_or(served.process);
                Ok(served)
            }
            Ok(Said { not_run: Some(why), .. }) => Err(why),
            Ok(_) | Err(_) => Err(format!("it said `{}`", line.trim())),
        }
    }

    /// Returns how many seconds of processor time it has used.
    pub fn processor_time(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process)).unwrap_or_default();
        // The name before may have anything in it.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks = |index| fields.split_whitespace().nth(index)?.parse::<f64>().ok();
        [11, 12].into_iter().filter_map(ticks).sum::<f64>() / TICKS
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It ends by itself once its input is closed.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Runs a child to its end, and returns what it said last.
pub fn ask(mut command: Command) -> Result<Said, String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("it does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said = text.lines().last().and_then(|line| serde_json::from_str::<Said>(line).ok());
    match said {
        Some(Said { not_run: Some(why), .. }) => Err(why),
        Some(said) if output.status.success() => Ok(said),
        _ => Err(format!("its user failed: {}", output.status)),
    }
}

/// Returns how this program is run in one of its parts.
pub fn own(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().expect("the program knows its path"));
    command.args(arguments).env("RUST_BACKTRACE", "0");
    command
}
