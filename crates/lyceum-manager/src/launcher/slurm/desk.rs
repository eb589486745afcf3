//! Talking with Slurm by its commands.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::folder::{self, Folder};
use super::script::Script;
use super::state;
use crate::Ticket;
use crate::launcher::clerk::{Desk, Manner, Standing};

/// What every command says before its error, which helps nobody.
const PREFIXES: &[&str] = &["sbatch: error: ", "squeue: error: ", "scancel: error: "];
/// A secret that a job must not inherit: Slurm keeps its environment.
const SECRET: &str = "LYCEUM_TOKEN";
/// How many jobs are named in one command line.
const NAMED: usize = 500;

/// Slurm, by its commands.
#[derive(Debug)]
pub(super) struct SlurmDesk {
    script: Script,
    folder: PathBuf,
    configuration: Option<PathBuf>,
}

impl SlurmDesk {
    pub(super) fn new(script: Script, folder: PathBuf, configuration: Option<PathBuf>) -> Self {
        Self { script, folder, configuration }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(configuration) = &self.configuration {
            command.env("SLURM_CONF", configuration);
        }
        // Ctrl-C is for the manager, which stops its agents in order.
        command.process_group(0).kill_on_drop(true);
        command
    }

    async fn hand_in(&self, batch: &[Ticket], folder: &Folder) -> io::Result<Vec<String>> {
        let mut command = self.command("sbatch");
        command.arg("--parsable").env_remove(SECRET);
        let task = match batch.len() {
            1 => "0",
            count => {
                command.arg(format!("--array=0-{}", count - 1));
                "%a"
            }
        };
        for (option, end) in [("--output", "out"), ("--error", "err")] {
            let file = folder.path.join(format!("{task}.{end}"));
            command.arg(format!("{option}={}", file.display()));
        }
        let printed = run(command, self.script.text(folder).as_bytes()).await?;
        let number = printed.trim().split(';').next().unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            let text = format!("sbatch printed `{}`, expected the number of a job", printed.trim());
            return Err(io::Error::other(text));
        }
        folder.enter(&self.folder, number)?;
        Ok(match batch.len() {
            1 => vec![number.into()],
            count => (0..count).map(|task| format!("{number}_{task}")).collect(),
        })
    }
}

impl Desk for SlurmDesk {
    fn submit(&mut self, batch: Vec<Ticket>) -> BoxFuture<'_, io::Result<Vec<String>>> {
        async move {
            let folder = Folder::make(&self.folder, &batch)?;
            let jobs = self.hand_in(&batch, &folder).await;
            if jobs.is_err() {
                folder.remove();
            }
            jobs
        }
        .boxed()
    }

    fn end(&mut self, jobs: Vec<String>, manner: Manner) -> BoxFuture<'_, io::Result<()>> {
        async move {
            for jobs in jobs.chunks(NAMED) {
                // A job that ended meanwhile is an error to some versions, and none to us. What
                // still waits hears no signal: it is cancelled.
                let mut order = self.command("scancel");
                match manner {
                    Manner::Terminate => order.args(["--batch", "--signal=TERM"]),
                    Manner::Kill => order.args(["--full", "--signal=KILL"]),
                };
                order.args(["--state=RUNNING"]).args(jobs);
                let told = run(order, &[]).await;
                let mut cancel = self.command("scancel");
                if manner == Manner::Terminate {
                    cancel.arg("--state=PENDING");
                }
                cancel.args(jobs);
                let cancelled = run(cancel, &[]).await;
                cancelled.or(told)?;
            }
            Ok(())
        }
        .boxed()
    }

    fn look(&mut self, jobs: Vec<String>) -> BoxFuture<'_, io::Result<BTreeMap<String, Standing>>> {
        async move {
            // Arrays are asked for as a whole.
            let numbers: BTreeSet<_> =
                jobs.iter().filter_map(|job| job.split('_').next()).collect();
            let numbers: Vec<_> = numbers.into_iter().collect();
            let mut found = BTreeMap::new();
            for numbers in numbers.chunks(NAMED) {
                let mut command = self.command("squeue");
                command.args(["--noheader", "--array", "--states=all", "--Format", state::FORMAT]);
                command.arg("--jobs").arg(numbers.join(","));
                match run(command, &[]).await {
                    Ok(printed) => found.extend(state::read(&printed)),
                    // None of them is known any more.
                    Err(error) if error.to_string().contains("Invalid job id") => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        }
        .boxed()
    }

    fn clear(&mut self, job: String) -> BoxFuture<'_, io::Result<()>> {
        let cleared = folder::clear(&self.folder, &job);
        std::future::ready(cleared).boxed()
    }
}

/// Runs a command to its end; returns what it printed.
///
/// # Errors
///
/// Says that it is not there, or what it said when it failed.
async fn run(mut command: Command, input: &[u8]) -> io::Result<String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot run `{name}` of Slurm: {error}"))
    };
    let mut child = command.spawn().map_err(named)?;
    if let Some(mut pipe) = child.stdin.take() {
        // One that ends without reading it says why.
        let _ = pipe.write_all(input).await;
    }
    let output = child.wait_with_output().await.map_err(named)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = said
        .lines()
        .map(|line| PREFIXES.iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(line));
    let said = lines.collect::<Vec<_>>().join("; ");
    Err(io::Error::other(format!("`{name}` failed ({}): {said}", output.status)))
}
