//! `agents`: who lives on a node.

use clap::Args;
use lyceum_core::Value;
use lyceum_core::exchange::{AgentFilter, Status};
use lyceum_wire::{Address, AgentKey, Endpoint};
use serde_json::json;

use super::paint::{Paint, harmless};
use super::table::{Cell, Table};
use super::{Failure, Print, Reach, Shared};

/// Which agents of which node.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Where the node listens, as in tcp://127.0.0.1:5555 or unix:///run/mesh.sock
    url: String,

    /// Lists agents of this type only
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,

    /// Lists agents with this interface only
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,

    #[command(flatten)]
    pub(super) shared: Shared,
}

impl Options {
    pub(super) async fn execute(&self, reach: &Reach, print: &Print) -> Result<(), Failure> {
        let endpoint = self.endpoint()?;
        let (kind, interface) = (self.kind.clone(), self.interface.clone());
        let filter = AgentFilter { kind, interface, ..AgentFilter::default() };
        let asked = reach.within(&self.url, "agents", false, async {
            let told = reach.network.agents(&endpoint.to_string(), filter).await;
            told.map_err(|error| match error {
                lyceum_exchange::AskError::Unreachable { why, .. } => {
                    Failure::unreachable(&self.url, &why)
                }
                other => Failure::Usage(other.to_string()),
            })
        });
        let mut agents = asked.await?;
        agents.sort_by(|one, other| {
            let key = |status: &Status| (status.name.is_none(), status.name.clone(), status.id);
            key(one).cmp(&key(other))
        });
        print.either(|paint| table(&agents, paint), || list(&agents, &endpoint))
    }

    /// Reads where the node is; that of an agent is close enough to guess what was meant.
    fn endpoint(&self) -> Result<Endpoint, Failure> {
        let error = match self.url.trim_end_matches('/').parse() {
            Ok(endpoint) => return Ok(endpoint),
            Err(error) => error,
        };
        match self.url.parse::<Address>() {
            Ok(Address { endpoint: Some(endpoint), .. }) => Err(Failure::Usage(format!(
                "cannot list the agents of `{}`, which is one: expected its node, `{endpoint}`",
                self.url
            ))),
            _ => Err(error.into()),
        }
    }
}

fn table(agents: &[Status], paint: Paint) -> String {
    if agents.is_empty() {
        return "no agents".into();
    }
    let mut table = Table::new().left("NAME").left("TYPE").left("MODE");
    for title in ["HANDLED", "FAILED", "QUEUED", "RUNNING", "RESTARTS"] {
        table = table.right(title);
    }
    for agent in agents {
        table.row(row(agent));
    }
    table.render(paint)
}

fn row(agent: &Status) -> Vec<Cell> {
    let name = agent.name.clone().unwrap_or_else(|| agent.id.to_string());
    let mode = json!(agent.mode).as_str().unwrap_or_default().to_owned();
    let is_active = mode == "active";
    let count = |number: u64, paint: fn(Paint, &str) -> String| {
        Cell::new(number.to_string()).painted(if number == 0 { Paint::faint } else { paint })
    };
    let plain: fn(Paint, &str) -> String = |_, text| text.into();
    vec![
        Cell::new(harmless(&name)).painted(Paint::strong),
        Cell::new(harmless(&agent.kind)),
        Cell::new(mode).painted(if is_active { Paint::calm } else { Paint::warning }),
        count(agent.stats.handled, plain),
        count(agent.stats.failed, Paint::alarm),
        count(agent.stats.queued, Paint::warning),
        count(agent.stats.in_progress, plain),
        count(agent.generation.into(), Paint::warning),
    ]
}

fn list(agents: &[Status], endpoint: &Endpoint) -> Value {
    let agents = agents.iter().map(|agent| {
        let named = agent.name.as_ref().and_then(|name| name.parse().ok()).map(AgentKey::Name);
        let key = named.unwrap_or(AgentKey::Id(agent.id));
        let address = Address { node: None, endpoint: Some(endpoint.clone()), agent: key };
        let mut object = json!(agent);
        object["address"] = json!(address);
        object
    });
    agents.collect()
}
