//! Programs that launch themselves: the command line that [`main!`](crate::main) gives them.

mod child;
mod fleet;
mod host;
mod launch;
mod log;
mod logs;
mod run;
mod types;

use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
pub use fleet::RunFile;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use log::Log;
pub use logs::PrintLog;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::command::failure::Failure;
use crate::command::print::Print;
use crate::launcher::pool::HOST;
use crate::launcher::{CHILD, ChildProcess};
use crate::{Commands, Completions, Launchable, Manager, Registry, exit};

/// How long work that hangs may hold up the end of the program.
const PATIENCE: Duration = Duration::from_millis(500);

/// Makes the `main` of a program that can launch these types of agent, and gives it a command line.
///
/// A function after `run =` is what `run` runs. It gets a [`Manager`] that starts child processes.
///
/// ```no_run
/// use lyceum::manager::Manager;
/// use lyceum::prelude::*;
///
/// #[derive(Default, serde::Deserialize)]
/// #[serde(default)]
/// struct Counter { value: u64 }
///
/// #[agent]
/// impl Counter {
///     #[action]
///     fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// }
///
/// async fn count(manager: Manager) -> lyceum::Result<()> {
///     let counter: Handle<Counter> = manager.launch(&()).named("counter").await?;
///     println!("{}", counter.add(2).await?);
///     Ok(())
/// }
///
/// lyceum::main!(Counter; run = count);
/// ```
#[macro_export]
macro_rules! main {
    ($($agent:ty),* $(,)? $(; run = $run:expr)? $(;)?) => {
        fn main() -> ::std::process::ExitCode {
            let name = option_env!("CARGO_BIN_NAME").unwrap_or(env!("CARGO_PKG_NAME"));
            $crate::Program::new(name, env!("CARGO_PKG_VERSION"))
                $(.with::<$agent>())*
                $(.running($run))?
                .main()
        }
    };
}

/// A program that launches itself: its types of agent, and what it runs.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use lyceum::manager::Program;
/// use lyceum::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Counter { value: u64 }
///
/// #[agent]
/// impl Counter {}
///
/// fn main() -> ExitCode {
///     Program::new("counter", "1.0").with::<Counter>().main()
/// }
/// ```
pub struct Program {
    name: &'static str,
    version: &'static str,
    registry: Registry,
    run: Option<Run>,
}

/// What a program runs.
type Run = Box<dyn FnOnce(Manager) -> BoxFuture<'static, lyceum_core::Result<()>> + Send>;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    log: Log,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the program, or the agents that a file describes
    Run(run::Options),
    /// Launches an agent of one of this program's types
    Launch(launch::Options),
    /// Prints what an agent printed that a manager looked after
    Logs(PrintLog),
    /// Lists the types of agent that this program has
    Types(types::Options),
    #[command(flatten)]
    Agents(Commands),
    /// Prints what a shell needs to complete this program's command line
    Completions(Completions),
    /// Launches the agent of a ticket: for launchers
    #[command(name = CHILD, hide = true)]
    Child(child::Options),
    /// Launches the agents of tickets, told over standard input: for launchers
    #[command(name = HOST, hide = true)]
    Host,
}

impl Program {
    /// Begins a program without types of agent.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self { name, version, registry: Registry::default(), run: None }
    }

    /// Adds a type of agent.
    ///
    /// # Panics
    ///
    /// As [`Registry::with`].
    pub fn with<A: Launchable>(mut self) -> Self {
        self.registry = self.registry.with::<A>();
        self
    }

    /// Sets what the command `run` runs.
    pub fn running<F, R>(mut self, run: F) -> Self
    where
        F: FnOnce(Manager) -> R + Send + 'static,
        R: Future<Output = lyceum_core::Result<()>> + Send + 'static,
    {
        self.run = Some(Box::new(move |manager| run(manager).boxed()));
        self
    }

    /// Does what the command line says, to its end; returns one of the codes of [`exit`].
    pub fn main(self) -> ExitCode {
        let line = Cli::command().name(self.name).bin_name(self.name).version(self.version);
        let line = line.about("Launches agents, and reaches those of other programs.");
        let parsed = line.clone().try_get_matches();
        let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
            Ok(cli) => cli,
            Err(error) => error.exit(),
        };
        cli.log.begin();
        let print = Print::new(false);
        let done = match cli.command {
            Command::Child(options) => options.execute(&self.registry),
            Command::Host => host::run(&self.registry),
            Command::Run(options) => options.execute(self.run, &self.registry, &cli.log),
            Command::Logs(options) => options.execute(),
            Command::Launch(options) => options.execute(&self.registry, &cli.log, &print),
            Command::Types(options) => options.execute(&self.registry),
            Command::Completions(shell) => shell.print_of(line).map_err(Failure::Print),
            Command::Agents(commands) => match types::described(&self.registry, &commands) {
                Some(described) => described,
                None => return commands.run(),
            },
        };
        match done {
            Ok(()) => exit::DONE.into(),
            Err(failure) => {
                print.failure(&failure);
                failure.code().into()
            }
        }
    }
}

/// Waits for Ctrl-C or a request to terminate.
async fn asked_to_end() -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Runs a future on a runtime of its own.
fn on_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = Runtime::new().map_err(failed)?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(PATIENCE);
    done
}

/// Returns the launcher of a program: itself, with the same logs.
fn launcher(log: &Log) -> Result<ChildProcess, Failure> {
    let launcher = ChildProcess::new().map_err(failed)?;
    Ok(log.arguments().into_iter().fold(launcher, ChildProcess::argument))
}

/// Says why the program failed, with the causes.
fn failed(error: impl Into<lyceum_core::Error>) -> Failure {
    let error = error.into().into_inner();
    Failure::Action {
        text: lyceum_core::full_text(&*error),
        kind: None,
        value: lyceum_core::Value::Null,
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("registry", &self.registry).finish_non_exhaustive()
    }
}
