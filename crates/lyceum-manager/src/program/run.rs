//! `run`: what the program is for, or the agents that a file describes.

use std::path::PathBuf;

use clap::Args;
use lyceum_core::Node;
use lyceum_exchange::{Network, Settings};

use super::fleet::FleetRun;
use super::{Log, Run, asked_to_end, failed, launcher, on_runtime};
use crate::command::failure::Failure;
use crate::{Manager, Registry};

/// How the program is run.
#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    /// Starts the agents that this file describes, rather than what the program runs by itself
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    door: Door,

    #[command(flatten)]
    fleet: FleetRun,
}

/// Who is let in.
#[derive(Args, Clone, Debug)]
pub(super) struct Door {
    /// Lets others in, as in tcp://127.0.0.1:5555; port 0 takes a free one, which is printed
    #[arg(long, value_name = "URL")]
    pub(super) listen: Option<String>,

    /// Lets in only who shows this secret; the environment is the better place for it, since others
    /// can see command lines
    #[arg(long, value_name = "SECRET", env = "LYCEUM_TOKEN", hide_env_values = true)]
    pub(super) token: Option<String>,
}

impl Options {
    pub(super) fn execute(
        self,
        run: Option<Run>,
        registry: &Registry,
        log: &Log,
    ) -> Result<(), Failure> {
        if let Some(file) = &self.file {
            return self.fleet.execute(file, registry, &self.door, Some(log));
        }
        let Some(run) = run else {
            let text = "cannot run this program: it has nothing to run but agents; `launch` starts \
                        one, `run FILE` those that a file describes, and `lyceum::main!` takes a \
                        function as `run = ...`";
            return Err(Failure::Usage(text.into()));
        };
        on_runtime(async {
            let node = Node::local();
            let ended = self.door.host(&node, run, log).await;
            node.shutdown().await;
            ended
        })
    }
}

impl Door {
    async fn host(self, node: &Node, run: Run, log: &Log) -> Result<(), Failure> {
        self.open(node, self.listen.as_deref()).await?;
        let builder = Manager::builder(node);
        let builder = match self.token {
            Some(token) => builder.token(token),
            None => builder,
        };
        let manager = builder.start(launcher(log)?).await.map_err(failed)?;
        let ran = tokio::select! {
            ran = run(manager.clone()) => ran.map_err(failed),
            asked = asked_to_end() => asked,
        };
        manager.shutdown().await;
        ran
    }

    /// Gives a node its network, and lets others in where that is wanted.
    pub(super) async fn open(&self, node: &Node, listen: Option<&str>) -> Result<(), Failure> {
        let settings = Settings::default();
        let settings = match &self.token {
            Some(token) => settings.token(token.clone()),
            None => settings,
        };
        let network = Network::attach(node, settings);
        if let Some(endpoint) = listen {
            let listener = network.listen(endpoint).await.map_err(failed)?;
            println!("listening at {}", listener.endpoint());
        }
        Ok(())
    }
}
