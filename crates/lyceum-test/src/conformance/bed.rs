//! Nodes for a suite.

use std::fmt;

use lyceum::exchange::AgentFilter;
use lyceum::network::{Network, NetworkExt, Settings};
use lyceum::{Handle, Node};

use super::member::{Member, runtime};
use super::office::{Desk, Office, Plan};
use super::probe::Probe;
use crate::SimulatedNetwork;

/// Where the nodes of a suite live, and how they reach each other.
pub struct Bed {
    ground: Ground,
    settings: Settings,
}

enum Ground {
    /// Each node has a runtime of its own.
    Real(String),
    /// All nodes are in one world.
    World(Node, String),
    Simulated(SimulatedNetwork),
    /// Each node has a runtime of its own, and reaches the others by their mailboxes.
    Mailboxes(Box<dyn Office>),
}

impl Bed {
    /// Makes nodes on runtimes of their own. The first of each test listens at the endpoint.
    pub fn real(endpoint: impl Into<String>) -> Self {
        Self::on(Ground::Real(endpoint.into()))
    }

    /// Makes nodes of one world, which reach each other by what every node has.
    pub fn world(seed: u64, endpoint: impl Into<String>) -> Self {
        Self::on(Ground::World(Node::simulated(seed), endpoint.into()))
    }

    /// Makes nodes of a simulated network.
    pub fn simulated(seed: u64) -> Self {
        Self::on(Ground::Simulated(SimulatedNetwork::new(seed)))
    }

    /// Makes nodes whose agents have mailboxes on an exchange.
    pub fn mailboxes(office: impl Office + 'static) -> Self {
        Self::on(Ground::Mailboxes(Box::new(office)))
    }

    fn on(ground: Ground) -> Self {
        Self { ground, settings: Settings::default() }
    }

    /// Gives the nodes' networks other settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Makes a node whose agents nobody knows yet.
    pub(super) fn member(&self) -> Member {
        let (node, runtime) = match &self.ground {
            Ground::Real(_) | Ground::Mailboxes(_) => {
                let runtime = runtime();
                let node = Node::builder().runtime(runtime.handle().clone()).build();
                (node.expect("the runtime has timers"), Some(runtime))
            }
            Ground::World(world, _) => (Node::builder().beside(world), None),
            Ground::Simulated(network) => {
                (network.node_with("member", self.settings.clone()), None)
            }
        };
        let is_direct = !matches!(self.ground, Ground::Mailboxes(_));
        if is_direct && node.exchange::<Network>().is_none() {
            Network::attach(&node, self.settings.clone());
        }
        Member::new(node, runtime)
    }

    /// Makes a node that others reach, with an agent called `probe`. A mailbox ends with the agent.
    pub(super) async fn server(&self) -> Member {
        self.serving(Plan::default()).await
    }

    /// Makes one whose mailbox is there when its agent is not.
    pub(super) async fn lasting(&self) -> Member {
        self.serving(Plan { stays: true, ..Plan::default() }).await
    }

    /// Makes one in the place of another one that has ended.
    pub(super) async fn again(&self, endpoint: &str) -> Member {
        self.serving(Plan { at: Some(endpoint), stays: true }).await
    }

    /// Makes one in the place of another one that was killed, where callers would not hear of that
    /// otherwise.
    pub(super) async fn successor(&self, endpoint: &str) -> Option<Member> {
        match &self.ground {
            Ground::Mailboxes(office) if !office.tells_of_loss() => {
                Some(self.again(endpoint).await)
            }
            _ => None,
        }
    }

    async fn serving(&self, plan: Plan<'_>) -> Member {
        let mut member = self.member();
        let probe = member.launch(Probe::default()).named("probe").await.expect("it starts");
        let endpoint = match &self.ground {
            Ground::Real(endpoint) | Ground::World(_, endpoint) => endpoint,
            Ground::Simulated(_) => "sim://member",
            Ground::Mailboxes(office) => {
                let desk = office.register(&member, &probe.any(), plan).await;
                member.take(desk.expect("the exchange takes the mailbox"));
                return member;
            }
        };
        let listener = member.listen(plan.at.unwrap_or(endpoint)).await;
        member.listens_at(&listener.expect("nobody else listens there").endpoint().to_string());
        member
    }

    /// Makes a server, a client, and the client's handle of the server's probe.
    pub(super) async fn pair(&self) -> (Member, Member, Handle<Probe>) {
        self.client_of(self.server().await).await
    }

    /// Makes the same, with a mailbox that is there when the probe is not.
    pub(super) async fn lasting_pair(&self) -> (Member, Member, Handle<Probe>) {
        self.client_of(self.lasting().await).await
    }

    async fn client_of(&self, server: Member) -> (Member, Member, Handle<Probe>) {
        let client = self.member();
        let probe = client.probe_of(&server).await;
        (server, client, probe)
    }

    /// Makes an agent of a node one that others reach, and can be told of; returns its address.
    pub(super) async fn settle(&self, member: &Member, agent: &Handle<Probe>) -> String {
        match &self.ground {
            Ground::Mailboxes(office) => {
                let desk = office.register(member, &agent.any(), Plan::default()).await;
                desk.expect("the exchange takes the mailbox").address()
            }
            _ => agent.address().to_string(),
        }
    }

    /// Counts the agents of a server that a client finds.
    pub(super) async fn count(
        &self,
        client: &Member,
        server: &Member,
        filter: AgentFilter,
    ) -> usize {
        match &self.ground {
            Ground::Mailboxes(office) => office.count(client, &filter).await,
            _ => client.network().agents(server.endpoint(), filter).await.unwrap().len(),
        }
    }

    /// Takes a mailbox once more for an agent of a node.
    pub(super) async fn take(
        &self,
        member: &Member,
        agent: &Handle<Probe>,
        at: &str,
    ) -> Result<Box<dyn Desk>, String> {
        let plan = Plan { at: Some(at), stays: true };
        self.office().register(member, &agent.any(), plan).await
    }

    /// Returns whether a message to an agent that is gone comes back with its error.
    pub(super) fn returns_what_came_too_late(&self) -> bool {
        match &self.ground {
            Ground::Mailboxes(office) => office.returns_what_came_too_late(),
            _ => true,
        }
    }

    /// Returns the exchange, which keeps mailboxes.
    pub(super) fn office(&self) -> &dyn Office {
        match &self.ground {
            Ground::Mailboxes(office) => &**office,
            _ => panic!("an exchange without mailboxes has no chapter of them"),
        }
    }
}

impl fmt::Debug for Bed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bed").field("settings", &self.settings).finish_non_exhaustive()
    }
}
