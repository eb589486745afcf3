//! Child processes that serve until their input is closed, and those that measure.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use serde::{Deserialize, Serialize};

/// Ticks of the system's clock for processor time in a second, on every Linux of today.
const TICKS: f64 = 100.0;

/// What a child says, in one line of JSON, in Rust as in Python.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Where it serves: HOST:PORT, or the number of an agent, or a URL.
    pub address: Option<String>,
    /// Which process serves, if it is not the child.
    pub process: Option<u32>,
    /// In the order of the case's metrics.
    pub figures: Vec<f64>,
    /// What else was counted; the suite says what that is.
    pub counts: Vec<u64>,
    /// Why it does nothing.
    pub not_run: Option<String>,
}

impl Said {
    /// Says where it is.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: Some(address.into()), ..Self::default() }
    }

    /// Says figures, and nothing besides.
    pub fn figures(figures: impl Into<Vec<f64>>) -> Self {
        Self { figures: figures.into(), ..Self::default() }
    }

    /// Says why it does nothing.
    pub fn not_run(why: impl Into<String>) -> Self {
        Self { not_run: Some(why.into()), ..Self::default() }
    }

    /// Says it to the parent.
    ///
    /// # Panics
    ///
    /// If nobody listens.
    pub fn say(&self) {
        println!("{}", serde_json::to_string(self).expect("figures are finite"));
        io::stdout().flush().expect("the parent listens");
    }
}

/// A child that serves; it ends with this.
pub struct Served {
    child: Child,
    pub address: String,
    /// Which process serves.
    pub process: u32,
}

impl Served {
    /// Starts it, and waits until it says where it is.
    ///
    /// # Errors
    ///
    /// Says why it does not serve.
    pub fn start(mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("it does not start: {error}"))?;
        let mut line = String::new();
        let output = child.stdout.take().expect("its output is a pipe");
        let read = BufReader::new(output).read_line(&mut line);
        let mut served = Self { process: child.id(), child, address: String::new() };
        match read.and_then(|_| serde_json::from_str(&line).map_err(io::Error::from)) {
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
        // It ends by itself once its input is closed; one that was killed has ended.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Runs a child to its end, and returns what it said last.
///
/// # Errors
///
/// Says why there are no figures.
pub fn ask(mut command: Command) -> Result<Said, String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("it does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said = text.lines().last().and_then(|line| serde_json::from_str::<Said>(line).ok());
    match said {
        Some(Said { not_run: Some(why), .. }) => Err(why),
        Some(said) if output.status.success() => Ok(said),
        _ => Err(format!("who measures it failed: {}", output.status)),
    }
}

/// Returns how this program is run in one of its parts.
///
/// # Panics
///
/// If the program does not know where it is.
pub fn own(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().expect("the program knows its path"));
    command.args(arguments).env("RUST_BACKTRACE", "0");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn last_line_of_a_child_counts() {
        let said = ask(shell("echo begins; echo '{\"figures\": [1.5], \"counts\": [3]}'")).unwrap();
        assert_eq!((said.figures, said.counts), (vec![1.5], vec![3]));
        let why = ask(shell("echo '{\"not_run\": \"it is raining\"}'; exit 1")).unwrap_err();
        assert_eq!(why, "it is raining");
        let why = ask(shell("echo '{\"figures\": [1.5]}'; exit 3")).unwrap_err();
        assert_eq!(why, "who measures it failed: exit status: 3");
    }

    #[test]
    fn server_says_where_it_is_and_ends_with_its_input() {
        let served = Served::start(shell("echo '{\"address\": \"here:1\"}'; cat")).unwrap();
        assert_eq!((&*served.address, served.process), ("here:1", served.child.id()));
        drop(served);
        let why = Served::start(shell("echo what?")).err();
        assert_eq!(why.as_deref(), Some("it said `what?`"));
    }
}
