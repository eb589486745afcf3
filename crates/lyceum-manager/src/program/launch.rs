//! `launch`: one agent, until it ends or somebody asks for that.

use std::time::Duration;

use clap::Args;
use lyceum_core::{Node, Restart, Value};
use lyceum_exchange::{Network, Settings};
use lyceum_wire::AgentName;
use serde_json::json;

use super::{Log, asked_to_end, failed, launcher, on_runtime};
use crate::command::arguments;
use crate::command::failure::Failure;
use crate::command::print::Print;
use crate::serve::is_wanted;
use crate::ticket::Wanted;
use crate::{Manager, Registry};

/// Within which time restarts are counted.
const PERIOD: Duration = Duration::from_secs(60);

/// What is launched, and where.
#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    /// Type of the agent; `types` lists them
    kind: String,

    /// What it is made from: JSON, or name=JSON for each field
    #[arg(value_name = "JSON")]
    arguments: Vec<String>,

    /// Name of the agent; its type in small letters unless set
    #[arg(long)]
    name: Option<String>,

    /// Where the agent is reached; port 0 takes a free one
    #[arg(long, value_name = "URL", default_value = "tcp://127.0.0.1:0")]
    listen: String,

    /// Lets in only who shows this secret; the environment is the better place for it, since others
    /// can see command lines
    #[arg(long, value_name = "SECRET", env = "LYCEUM_TOKEN", hide_env_values = true)]
    token: Option<String>,

    /// Launches it in a child process, which is started again so often within a minute if it fails
    #[arg(long, value_name = "TIMES", conflicts_with_all = ["listen", "token"])]
    restarts: Option<u32>,
}

impl Options {
    pub(super) fn execute(
        &self,
        registry: &Registry,
        log: &Log,
        print: &Print,
    ) -> Result<(), Failure> {
        let name = self.name.clone().unwrap_or_else(|| self.kind.to_lowercase());
        let mut wanted = Wanted::new(&self.kind, self.made_from()?, name.parse()?);
        wanted.restart = self.restarts.map(|limit| Restart::default().limit(limit, PERIOD));
        if registry.describe(&wanted.kind).is_none() {
            return Err(Failure::Usage(registry.unknown(&wanted.kind).to_string()));
        }
        on_runtime(async {
            let node = Node::local();
            let ended = if wanted.restart.is_some() {
                in_child(&node, wanted, log, print).await
            } else {
                self.here(&node, registry, &wanted, print).await
            };
            node.shutdown().await;
            ended
        })
    }

    /// Reads what the agent is made from.
    fn made_from(&self) -> Result<Value, Failure> {
        let read = arguments::read(&self.arguments, None)?;
        match (read.positional(), read.named()) {
            ([], named) if named.is_empty() => Ok(Value::Null),
            ([], named) => Ok(json!(named)),
            ([one], _) => Ok(one.clone()),
            _ => {
                let text =
                    "cannot make an agent of several values: expected one, or name=JSON each";
                Err(Failure::Usage(text.into()))
            }
        }
    }

    async fn here(
        &self,
        node: &Node,
        registry: &Registry,
        wanted: &Wanted,
        print: &Print,
    ) -> Result<(), Failure> {
        let settings = Settings::default();
        let settings = match &self.token {
            Some(token) => settings.token(token.clone()),
            None => settings,
        };
        let network = Network::attach(node, settings);
        let agent = registry.launch(node, wanted).await.map_err(failed)?;
        let listener = network.listen(&self.listen).await.map_err(failed)?;
        let address = lyceum_wire::Address {
            node: None,
            endpoint: Some(listener.endpoint().clone()),
            agent: lyceum_wire::AgentKey::Name(wanted.name.clone()),
        };
        print.either(|_| address.to_string(), || json!(address))?;
        tokio::select! {
            reason = agent.ended() => ended(&wanted.name, is_wanted(&reason), &reason.to_string()),
            asked = asked_to_end() => asked,
        }
    }
}

async fn in_child(node: &Node, wanted: Wanted, log: &Log, print: &Print) -> Result<(), Failure> {
    let manager = Manager::builder(node).start(launcher(log)?).await.map_err(failed)?;
    let launch = manager.launch_any(&wanted.kind, wanted.arguments).named(wanted.name.as_str());
    let launch = launch.restart(wanted.restart.unwrap_or_default());
    let agent = launch.await.map_err(failed)?;
    print.either(|_| agent.address().to_string(), || json!(agent.address()))?;
    let done = tokio::select! {
        why = manager.ended(wanted.name.as_str()) => {
            let failed = manager.list().into_iter().next().and_then(|health| health.last_failure);
            ended(&wanted.name, failed.is_none(), &why.unwrap_or_default())
        }
        asked = asked_to_end() => asked,
    };
    manager.shutdown().await;
    done
}

fn ended(name: &AgentName, is_normal: bool, why: &str) -> Result<(), Failure> {
    if is_normal {
        return Ok(());
    }
    let text = format!("`{name}` ended: {why}");
    Err(Failure::Action { text, kind: None, value: Value::Null })
}
