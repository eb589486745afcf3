//! Reaching an agent, within the time that its user has.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_core::exchange::AgentFilter;
use lyceum_core::{AnyHandle, CallError, Node, Time};
use lyceum_exchange::{Network, NetworkExt, Settings};
use lyceum_wire::Address;

use super::{Failure, Shared};

/// How many names are told to who asked for one that is not there.
const NAMES: usize = 12;

/// A node for one command, and the time that it has.
pub(crate) struct Reach {
    node: Node,
    pub(crate) network: Arc<Network>,
    limit: Duration,
    end: Time,
}

impl Reach {
    /// Begins the time of a command. Runs on a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the certificate cannot be used.
    pub(crate) fn new(shared: &Shared) -> Result<Self, Failure> {
        let node = Node::local();
        // Time is up before a single attempt is.
        let settings = Settings::default().dial_limit(shared.timeout * 2);
        let settings = match &shared.token {
            Some(token) => settings.token(token.clone()),
            None => settings,
        };
        #[cfg(feature = "certs")]
        let settings = match &shared.certificate {
            Some(path) => settings.certificates(certificates(path)?),
            None => settings,
        };
        let network = Network::attach(&node, settings);
        let end = node.now() + shared.timeout;
        Ok(Self { node, network, limit: shared.timeout, end })
    }

    /// Returns the agent at an address, once it answered.
    pub(crate) async fn agent(&self, url: &str) -> Result<AnyHandle, Failure> {
        let address: Address = url.parse()?;
        let connected = self.within(url, "connect", false, async {
            self.node.connect_any(url).await.map_err(|error| Failure::of_connect(url, &error))
        });
        match connected.await {
            Err(Failure::Unreachable(text)) if text.ends_with("no such agent") => {
                Err(Failure::Unreachable(text + &self.names(&address).await))
            }
            connected => connected,
        }
    }

    /// Runs something for as long as there is time.
    pub(crate) async fn within<T>(
        &self,
        url: &str,
        verb: &str,
        may_run: bool,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let sleep = self.node.sleep(self.rest());
        match select(Box::pin(work), sleep).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => Err(self.timeout(url, verb, may_run)),
        }
    }

    /// Returns what a call ended with, in the words of a command.
    pub(crate) fn ended(&self, url: &str, verb: &str, error: CallError) -> Failure {
        match error {
            CallError::Timeout(_) => self.timeout(url, verb, true),
            other => other.into(),
        }
    }

    fn timeout(&self, url: &str, verb: &str, may_run: bool) -> Failure {
        Failure::Timeout { url: url.into(), verb: verb.into(), limit: self.limit, may_run }
    }

    /// Returns how much time is left.
    pub(crate) fn rest(&self) -> Duration {
        self.end - self.node.now()
    }

    /// Tells the names that there are, if the node tells us.
    async fn names(&self, address: &Address) -> String {
        let Some(endpoint) = &address.endpoint else { return String::new() };
        let endpoint = endpoint.to_string();
        let asked = self.network.agents(&endpoint, AgentFilter::default());
        let Either::Left((Ok(agents), _)) =
            select(Box::pin(asked), self.node.sleep(self.rest())).await
        else {
            return String::new();
        };
        let mut names: Vec<_> = agents.into_iter().filter_map(|agent| agent.name).collect();
        names.sort();
        let more = names.len().saturating_sub(NAMES);
        names.truncate(NAMES);
        match (names.is_empty(), more) {
            (true, _) => String::new(),
            (false, 0) => format!(": it has {}", names.join(", ")),
            (false, more) => format!(": it has {}, and {more} more", names.join(", ")),
        }
    }
}

/// Reads what `lyceum certs` made for a node.
#[cfg(feature = "certs")]
fn certificates(path: &std::path::Path) -> Result<lyceum_exchange::Certificates, Failure> {
    let with = |ending: &str| {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        file
    };
    let authority = path.with_file_name("authority.pem");
    lyceum_exchange::Certificates::from_files(authority, with(".certificate.pem"), with(".key.pem"))
        .map_err(|error| Failure::Usage(error.to_string()))
}
