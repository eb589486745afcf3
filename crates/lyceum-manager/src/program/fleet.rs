//! `run FILE`: the agents that a file describes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;
use lyceum_core::{AnyHandle, Node, full_text};
use serde_json::Value;

use super::run::Door;
use super::{Log, asked_to_end, failed, launcher, on_runtime};
use crate::command::failure::Failure;
use crate::command::print::Print;
use crate::{ChildProcess, Fleet, Manager, OutputLine, Registry, exit};

/// The command `run` of a program that has no types of agent: the file names the program that has.
///
/// ```
/// use clap::Parser;
/// use lyceum::manager::RunFile;
///
/// #[derive(Parser)]
/// enum Program {
///     /// Starts the agents that a file describes
///     Run(RunFile),
/// }
///
/// let program = Program::try_parse_from(["program", "run", "agents.toml", "--check"])?;
/// let Program::Run(run) = program;
/// # if false {
/// run.run();
/// # }
/// # Ok::<(), clap::Error>(())
/// ```
#[derive(Args, Clone, Debug)]
pub struct RunFile {
    /// The file that describes the agents, and names their program
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    door: Door,

    #[command(flatten)]
    fleet: FleetRun,
}

impl RunFile {
    /// Starts the agents, and waits until they are gone or somebody asks for their end.
    ///
    /// Returns one of the codes of [`exit`].
    pub fn run(&self) -> ExitCode {
        match self.fleet.execute(&self.file, &Registry::default(), &self.door, None) {
            Ok(()) => exit::DONE.into(),
            Err(failure) => {
                Print::new(false).failure(&failure);
                failure.code().into()
            }
        }
    }
}

/// How the agents of a file are run.
#[derive(Args, Clone, Debug)]
pub(super) struct FleetRun {
    /// Says what is wrong with the file, and starts nothing
    #[arg(long, requires = "file")]
    check: bool,

    /// Remembers the agents in this folder, and goes on with those that are there already; that of
    /// the file unless set
    #[arg(long, value_name = "FOLDER", requires = "file")]
    state: Option<PathBuf>,

    /// Keeps what agents print in this folder, where `logs` finds it; that of the file unless set
    #[arg(long, value_name = "FOLDER", requires = "file")]
    logs: Option<PathBuf>,
}

impl FleetRun {
    /// Starts the agents of a file, and waits until they are gone or somebody asks for their end.
    pub(super) fn execute(
        &self,
        file: &Path,
        registry: &Registry,
        door: &Door,
        log: Option<&Log>,
    ) -> Result<(), Failure> {
        let wrong = |error: crate::FleetError| Failure::Usage(full_text(&error));
        let fleet = Fleet::read(file, registry).map_err(wrong)?;
        if let Some(program) = fleet.program() {
            check_types(&fleet, program)?;
        }
        if self.check {
            for (name, kind) in fleet.agents() {
                println!("{name}: {kind}");
            }
            return Ok(());
        }
        on_runtime(async {
            let node = Node::local();
            let ended = self.host(&node, &fleet, registry, door, log).await;
            node.shutdown().await;
            ended
        })
    }

    async fn host(
        &self,
        node: &Node,
        fleet: &Fleet,
        registry: &Registry,
        door: &Door,
        log: Option<&Log>,
    ) -> Result<(), Failure> {
        door.open(node, door.listen.as_deref().or(fleet.listen())).await?;
        let builder = fleet.manager(Manager::builder(node), registry).map_err(failed)?;
        let builder = match &self.state {
            Some(state) => builder.state(state),
            None => builder,
        };
        let builder = match &self.logs {
            Some(logs) => builder.logs(logs),
            None => builder,
        };
        let builder = match &door.token {
            Some(token) => builder.token(token.clone()),
            None => builder,
        };
        let (builder, usual) = match (log, fleet.program()) {
            // It logs as this one does, which hears what it prints.
            (Some(log), None) => (builder, launcher(log)?),
            (Some(_), Some(program)) => (builder, ChildProcess::of(program).map_err(failed)?),
            (None, _) => (builder.on_output(show), fleet.usual().map_err(failed)?),
        };
        let manager = builder.start(usual).await.map_err(failed)?;
        let ran = tokio::select! {
            ran = run(fleet, &manager) => ran,
            asked = asked_to_end() => asked,
        };
        manager.shutdown().await;
        ran
    }
}

/// Starts the agents, and waits until all are gone.
async fn run(fleet: &Fleet, manager: &Manager) -> Result<(), Failure> {
    let agents = fleet.start(manager).await.map_err(failed)?;
    for ((name, _), agent) in fleet.agents().zip(&agents) {
        println!("{name} {}", address(agent));
    }
    let waited = manager.wait().await;
    let failures: Vec<_> =
        waited.failed().map(|gone| format!("`{}` ended: {}", gone.name, gone.why)).collect();
    if failures.is_empty() {
        return Ok(());
    }
    Err(Failure::Action { text: failures.join("\n"), kind: None, value: Value::Null })
}

/// Shows a line of an agent, where nothing logs.
fn show(line: &OutputLine) {
    // Nobody may read it any more.
    let _ = writeln!(std::io::stderr(), "{}: {}", line.agent, line.text);
}

fn address(agent: &AnyHandle) -> String {
    agent.address().to_string()
}

/// Checks that another program has the types of a fleet.
fn check_types(fleet: &Fleet, program: &Path) -> Result<(), Failure> {
    let unfit = |why: String| {
        Failure::Usage(format!("cannot start agents of `{}`: {why}", program.display()))
    };
    let told = Command::new(program).args(["types", "--json"]).output();
    let told = told.map_err(|error| unfit(error.to_string()))?;
    let types: Option<Vec<Value>> = serde_json::from_slice(&told.stdout).ok();
    let types = types.filter(|_| told.status.success());
    let types = types.ok_or_else(|| {
        unfit("it does not say which types it has, as programs of `lyceum::main!` do".into())
    })?;
    let known: Vec<_> = types.iter().filter_map(|one| one["name"].as_str()).collect();
    match fleet.agents().find(|(_, kind)| !known.contains(kind)) {
        Some((name, kind)) => {
            let has = if known.is_empty() { "none".into() } else { known.join(", ") };
            Err(unfit(format!("`{name}` is a `{kind}`, and it has no such type, it has {has}")))
        }
        None => Ok(()),
    }
}
