//! Commands for agents of other processes: one file for each.

mod agents;
pub(crate) mod arguments;
mod call;
#[cfg(feature = "certs")]
mod certs;
mod completions;
pub(crate) mod describe;
pub mod exit;
pub(crate) mod failure;
pub(crate) mod paint;
mod ping;
mod plain;
pub(crate) mod print;
mod reach;
mod schema;
mod stop;
pub(crate) mod table;
mod tell;

use std::process::ExitCode;
use std::time::Duration;

#[cfg(feature = "certs")]
pub use certs::Certs;
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
pub use completions::Completions;

use self::failure::Failure;
use self::print::Print;
use self::reach::Reach;
use crate::span::parse_span;

/// How long a connection may take to close after all is said.
const PATIENCE: Duration = Duration::from_millis(500);

/// Commands for agents of other processes. Flatten it into the subcommands of a program.
///
/// ```
/// use clap::Parser;
/// use lyceum::manager::Commands;
///
/// #[derive(Parser)]
/// enum Program {
///     #[command(flatten)]
///     Commands(Commands),
/// }
///
/// let program = Program::try_parse_from(["program", "ping", "tcp://127.0.0.1:1/clerk"])?;
/// let Program::Commands(commands) = program;
/// # if false {
/// commands.run();
/// # }
/// # Ok::<(), clap::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Commands(Verb);

// No doc text: it would become that of the program.
#[derive(Clone, Debug, Subcommand)]
enum Verb {
    /// Calls an action of an agent, and prints its answer
    Call(call::Options),
    /// Sends an agent a message one way
    Tell(tell::Options),
    /// Asks an agent whether it answers, through its mailbox
    Ping(ping::Options),
    /// Prints what an agent can do
    Describe(describe::Options),
    /// Lists the agents of a node
    Agents(agents::Options),
    /// Lets an agent finish what it has begun, then ends it
    Stop(stop::Options),
}

/// What all commands have in common.
#[derive(Args, Clone, Debug)]
pub(crate) struct Shared {
    /// Prints JSON, one value a line
    #[arg(long)]
    json: bool,

    /// Waits so long for an answer, such as 500ms, 10s or 2m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_span)]
    timeout: Duration,

    /// Shows this secret to the node; the environment is the better place for it, since others can
    /// see command lines
    #[arg(long, value_name = "SECRET", env = "LYCEUM_TOKEN", hide_env_values = true)]
    token: Option<String>,

    /// Shows this certificate to a node at tls://; as in certificates/desk for the files that
    /// `lyceum certs` made for `desk`
    #[cfg(feature = "certs")]
    #[arg(long, value_name = "PATH", env = "LYCEUM_CERTIFICATE")]
    certificate: Option<std::path::PathBuf>,
}

impl Commands {
    /// Runs a command to its end, on a runtime of its own, and prints what comes of it.
    ///
    /// Returns one of the codes of [`exit`].
    pub fn run(&self) -> ExitCode {
        let print = Print::new(self.shared().json);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done = match runtime {
            Ok(runtime) => {
                let done = runtime.block_on(self.execute(&print));
                runtime.shutdown_timeout(PATIENCE);
                done
            }
            Err(cause) => Err(Failure::Print(cause)),
        };
        match done {
            Ok(()) => exit::DONE.into(),
            Err(failure) => {
                print.failure(&failure);
                failure.code().into()
            }
        }
    }

    /// Returns whom a description is wanted of, and whether as JSON.
    pub(crate) fn described(&self) -> Option<(&str, bool)> {
        match &self.0 {
            Verb::Describe(options) => Some((options.url(), options.shared.json)),
            _ => None,
        }
    }

    fn shared(&self) -> &Shared {
        match &self.0 {
            Verb::Call(options) => &options.shared,
            Verb::Tell(options) => &options.shared,
            Verb::Ping(options) => &options.shared,
            Verb::Describe(options) => &options.shared,
            Verb::Agents(options) => &options.shared,
            Verb::Stop(options) => &options.shared,
        }
    }

    async fn execute(&self, print: &Print) -> Result<(), Failure> {
        let reach = Reach::new(self.shared())?;
        match &self.0 {
            Verb::Call(options) => options.execute(&reach, print).await,
            Verb::Tell(options) => options.execute(&reach, print).await,
            Verb::Ping(options) => options.execute(&reach, print).await,
            Verb::Describe(options) => options.execute(&reach, print).await,
            Verb::Agents(options) => options.execute(&reach, print).await,
            Verb::Stop(options) => options.execute(&reach, print).await,
        }
    }
}

impl FromArgMatches for Commands {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Verb::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Subcommand for Commands {
    fn augment_subcommands(command: Command) -> Command {
        Verb::augment_subcommands(command)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Verb::augment_subcommands_for_update(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Verb::has_subcommand(name)
    }
}
