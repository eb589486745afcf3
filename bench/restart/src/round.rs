//! One process that fills, and one server for each round.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A process that is killed when it is dropped.
struct Process(Child);

impl Process {
    /// Starts this program once more, and returns the first line that it says.
    fn start(arguments: &[&std::ffi::OsStr]) -> lyceum::Result<(Self, String)> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Self(command.spawn()?);
        let mut line = String::new();
        let output = process.0.stdout.take().ok_or("it has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        Ok((process, line.trim().to_owned()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be over by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns how many seconds a server needed in each round.
pub(crate) fn all(folder: &Path, messages: u64, rounds: u32) -> lyceum::Result<Vec<f64>> {
    let count = messages.to_string();
    let (filled, said) = Process::start(&["fill".as_ref(), folder.as_os_str(), count.as_ref()])?;
    if said != "filled" {
        return Err("the store could not be filled".into());
    }
    drop(filled);
    (0..rounds).map(|_| one(folder, messages)).collect()
}

fn one(folder: &Path, messages: u64) -> lyceum::Result<f64> {
    let start = Instant::now();
    let (server, address) = Process::start(&["serve".as_ref(), folder.as_os_str()])?;
    let ready = ask(&address, "/readyz")?;
    let took = start.elapsed();
    if !ready.ends_with("ready\n") {
        return Err(format!("it is not ready: {ready}").into());
    }
    let figures = ask(&address, "/metrics")?;
    if !figures.contains(&format!("lyceum_exchange_messages {messages}\n")) {
        return Err(format!("messages are missing: {figures}").into());
    }
    drop(server);
    Ok(took.as_secs_f64())
}

fn ask(address: &str, path: &str) -> lyceum::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
