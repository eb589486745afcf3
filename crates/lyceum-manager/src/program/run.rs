//! `run`: what the program is for.

use clap::Args;
use lyceum_core::Node;
use lyceum_exchange::{Network, Settings};
use tokio::signal::unix::{SignalKind, signal};

use super::{Log, Run, failed, launcher, on_runtime};
use crate::Manager;
use crate::command::failure::Failure;

/// How the program is run.
#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    /// Lets others in, as in tcp://127.0.0.1:5555; port 0 takes a free one, which is printed
    #[arg(long, value_name = "URL")]
    listen: Option<String>,

    /// Lets in only who shows this secret; the environment is the better place for it, since others
    /// can see command lines
    #[arg(long, value_name = "SECRET", env = "LYCEUM_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl Options {
    pub(super) fn execute(self, run: Option<Run>, log: &Log) -> Result<(), Failure> {
        let Some(run) = run else {
            let text = "cannot run this program: it has nothing to run but agents; `launch` starts \
                        one, and `lyceum::main!` takes a function as `run = ...`";
            return Err(Failure::Usage(text.into()));
        };
        on_runtime(async {
            let node = Node::local();
            let ended = self.host(&node, run, log).await;
            node.shutdown().await;
            ended
        })
    }

    async fn host(self, node: &Node, run: Run, log: &Log) -> Result<(), Failure> {
        let settings = Settings::default();
        let settings = match &self.token {
            Some(token) => settings.token(token.clone()),
            None => settings,
        };
        let network = Network::attach(node, settings);
        if let Some(endpoint) = &self.listen {
            let listener = network.listen(endpoint).await.map_err(failed)?;
            println!("listening at {}", listener.endpoint());
        }
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
}

/// Waits for Ctrl-C or a request to terminate.
pub(super) async fn asked_to_end() -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
