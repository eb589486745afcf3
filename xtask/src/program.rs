//! External programs with a bounded time, whose output is both shown and kept.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::watchdog::Watchdog;
use crate::workspace;

/// Lines of output that may wait to be kept before the program is held up.
const LINES_IN_FLIGHT: usize = 1024;

/// How often a silent program is asked whether it has ended.
const TICK: Duration = Duration::from_millis(20);

/// How long output is awaited that an ended program still has in its pipes.
const DRAIN: Duration = Duration::from_secs(1);

/// How long a program that is being stopped may go on printing; the watchdog is quicker.
const STOPPING: Duration = Duration::from_secs(60);

/// An external program, about to be run in the workspace's folder.
pub(crate) struct Program {
    command: Command,
    line: String,
}

/// What became of a program that ran.
#[derive(Debug)]
pub(crate) struct Run {
    /// How it ended; `None` if it ran out of time and was stopped.
    pub(crate) status: Option<ExitStatus>,
    /// What it printed on both streams.
    pub(crate) output: String,
}

impl Run {
    /// Returns whether the program ended by itself and well.
    pub(crate) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

impl Program {
    /// Prepares `cargo` with these arguments, separated by blanks.
    pub(crate) fn cargo(arguments: &str) -> Self {
        Self::new("cargo", arguments.split_whitespace())
    }

    /// Prepares a program with its arguments.
    pub(crate) fn new<'a>(name: &str, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut command = Command::new(name);
        let mut line = name.to_owned();
        for argument in arguments {
            command.arg(argument);
            line.push(' ');
            line.push_str(argument);
        }
        command.current_dir(workspace::root()).stdin(Stdio::null());
        if io::stderr().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        Self { command, line }
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value.as_ref();
        self.line = format!("{name}={value:?} {}", self.line);
        self.command.env(name, value);
        self
    }

    /// Returns the command line, for people to read.
    pub(crate) fn line(&self) -> &str {
        &self.line
    }

    /// Runs the program, showing its output, for at most `limit`.
    ///
    /// Afterwards nothing of its process group is left.
    pub(crate) fn run(mut self, limit: Duration) -> io::Result<Run> {
        let deadline = Instant::now() + limit;
        let mut child =
            self.command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut watchdog = Watchdog::over(child.id()).inspect_err(|_| {
            // The program may have ended already; the error to report is the watchdog's.
            let _ = child.kill();
        })?;
        let lines = follow(&mut child);

        let mut output = String::new();
        let status = wait(&mut child, &lines, deadline, &mut output)?;
        watchdog.release();
        wait(&mut child, &lines, Instant::now() + STOPPING, &mut output)?;
        drop(watchdog);
        collect(&lines, Instant::now() + DRAIN, &mut output, || false);
        Ok(Run { status, output })
    }
}

/// Keeps the output until the program ends or the deadline passes.
fn wait(
    child: &mut Child,
    lines: &Receiver<String>,
    deadline: Instant,
    output: &mut String,
) -> io::Result<Option<ExitStatus>> {
    collect(lines, deadline, output, || child.try_wait().is_ok_and(|status| status.is_some()));
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(TICK);
    }
    child.try_wait()
}

/// Keeps lines until there can be no more, the deadline passes, or none came and `done` says so.
fn collect(
    lines: &Receiver<String>,
    deadline: Instant,
    output: &mut String,
    mut done: impl FnMut() -> bool,
) {
    while Instant::now() < deadline {
        match lines.recv_timeout(TICK) {
            Ok(line) => output.push_str(&line),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) if done() => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Shows what the program prints, line by line, and returns the lines.
///
/// The two threads end with the streams. They are not joined: a daemon that left the process group
/// may hold a stream open for longer than we care.
fn follow(child: &mut Child) -> Receiver<String> {
    let (sender, lines) = sync_channel(LINES_IN_FLIGHT);
    let stdout = child.stdout.take().expect("standard output is piped");
    let stderr = child.stderr.take().expect("standard error is piped");
    let copy = sender.clone();
    thread::spawn(move || show(stdout, io::stdout(), &copy));
    thread::spawn(move || show(stderr, io::stderr(), &sender));
    lines
}

/// Copies a stream to the screen and to whoever keeps the lines, until either ends.
fn show(stream: impl Read, mut screen: impl Write, lines: &SyncSender<String>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // A closed screen (`| head`) is no reason to lose the program's result.
        let _ = screen.write_all(&line).and_then(|()| screen.flush());
        if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
            return;
        }
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Program {
        Program::new("sh", ["-c", script])
    }

    /// Returns whether the process lives. One that is dead may wait for init to take note.
    fn is_alive(process: &str) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"));
        status.is_ok_and(|status| !status.contains("State:\tZ"))
    }

    #[test]
    fn both_streams_and_the_status_are_kept() {
        let run = shell("echo out; echo err >&2; exit 3").run(LONG).unwrap();

        assert_eq!(run.status.unwrap().code(), Some(3));
        assert!(run.output.contains("out\n") && run.output.contains("err\n"), "{}", run.output);
    }

    #[test]
    fn program_out_of_time_is_stopped_with_its_children() {
        let run = shell("sleep 1000 & echo $!; wait").run(Duration::from_millis(300)).unwrap();

        assert!(run.status.is_none());
        assert!(!is_alive(run.output.trim()), "{run:?}");
    }

    #[test]
    fn child_left_behind_is_ended() {
        let run = shell("sleep 1000 & echo $!").run(LONG).unwrap();

        assert!(run.succeeded());
        assert!(!is_alive(run.output.trim()), "{run:?}");
    }
}
