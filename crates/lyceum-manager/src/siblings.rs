//! The way from an agent to others of its manager, of which nobody knew where they would be.

use std::fmt;
use std::sync::{Arc, Weak};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::CallError;
use lyceum_core::exchange::{Door, Exchange, Fault, Peer, Question, Remote, Reply, Request};
use lyceum_exchange::Network;
use lyceum_wire::{Address, AgentKey, Endpoint};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// The scheme of addresses that the manager's node knows, and those whom its launchers started: an
/// agent's number.
pub(crate) const SCHEME: &str = "child";

/// What the manager's directory is asked.
const LOCATE: &str = "locate";

/// The exchange that leads to other agents of the same manager.
///
/// Who is called is asked for at the manager's directory, which answers once that one is ready. The
/// calls themselves go straight to where it is.
pub(crate) struct Siblings {
    door: Door,
    network: Weak<Network>,
    directory: Address,
}

/// The node of one of them, wherever that is now.
#[derive(Clone)]
struct Sibling(Arc<Search>);

struct Search {
    door: Door,
    network: Weak<Network>,
    directory: Address,
    number: u64,
    /// Where it was last. Who looks keeps the others waiting, in their order.
    found: Mutex<Option<Found>>,
}

#[derive(Clone)]
struct Found {
    peer: Arc<dyn Peer>,
    address: Address,
}

/// Why a sibling was not found.
enum Lost {
    /// The directory says that it is gone for good.
    Gone(String),
    /// Nobody says where it is.
    Unknown(String),
}

impl Siblings {
    /// Leads to whom the directory at an address knows.
    pub(crate) fn of(door: Door, network: &Arc<Network>, directory: Address) -> Arc<Self> {
        Arc::new(Self { door, network: Arc::downgrade(network), directory })
    }
}

impl Exchange for Siblings {
    fn peer(&self, address: &Address) -> Option<Arc<dyn Peer>> {
        let endpoint = address.endpoint.as_ref().filter(|endpoint| endpoint.scheme() == SCHEME)?;
        let number = endpoint.location().parse().ok()?;
        let (door, network) = (self.door.clone(), self.network.clone());
        let (directory, found) = (self.directory.clone(), Mutex::default());
        Some(Arc::new(Sibling(Arc::new(Search { door, network, directory, number, found }))))
    }
}

impl Search {
    /// Asks where it is.
    async fn look(&self) -> Result<Found, Lost> {
        let unknown = |why: &dyn fmt::Display| Lost::Unknown(why.to_string());
        let directory = self.door.revive(&self.directory).map_err(|error| unknown(&error))?;
        // The deadline is that of the call that needs to know.
        let told = directory.call(LOCATE, json!([self.number])).no_timeout().await;
        let told = told.map_err(|error| match error {
            CallError::Failed(failure) => Lost::Gone(failure.text),
            error => unknown(&error),
        })?;
        let address: Address = serde_json::from_value(told).map_err(|error| unknown(&error))?;
        if let Some(socket) = self.out_of_reach(&address) {
            return Err(Lost::Unknown(format!(
                "it listens at `{socket}`, on the machine of its manager alone: launch it where \
                 this agent is, or give it a mailbox"
            )));
        }
        let network = self.network.upgrade().ok_or_else(|| unknown(&"this node has ended"))?;
        let peer = network.peer(&address);
        let peer = peer.ok_or_else(|| Lost::Unknown(format!("no way leads to `{address}`")))?;
        Ok(Found { peer, address })
    }

    /// Returns the socket at which it listens, if that is on another machine.
    fn out_of_reach<'a>(&self, address: &'a Address) -> Option<&'a Endpoint> {
        let is_socket = |endpoint: &&Endpoint| endpoint.scheme() == "unix";
        let is_here = self.directory.endpoint.as_ref().is_some_and(|own| is_socket(&own));
        address.endpoint.as_ref().filter(is_socket).filter(|_| !is_here)
    }

    /// Returns where it is now, as far as that is known and nobody is asking.
    fn known(&self) -> Option<Found> {
        self.found.try_lock().ok()?.clone()
    }

    async fn find(&self) -> Result<Found, Lost> {
        let mut found = self.found.lock().await;
        if let Some(found) = &*found {
            return Ok(found.clone());
        }
        let looked = self.look().await?;
        Ok(found.insert(looked).clone())
    }

    /// Asks again the next time: there may be another one in its place.
    async fn forget(&self, former: &Found) {
        let mut found = self.found.lock().await;
        if found.as_ref().is_some_and(|found| Arc::ptr_eq(&found.peer, &former.peer)) {
            *found = None;
        }
    }
}

impl Sibling {
    fn lost<E>(
        &self,
        agent: &AgentKey,
        verb: &str,
        request: Option<Request>,
        lost: Lost,
    ) -> CallError<E> {
        let remote = Remote::new(Arc::new(self.clone()), agent.clone(), None);
        let message = request.and_then(|request| request.message.undelivered());
        let fault = remote.fault(verb).with_message(message).with_started(false);
        match lost {
            Lost::Gone(why) => CallError::Terminated(fault.with_detail(why)),
            Lost::Unknown(why) => CallError::Disconnected(fault.with_detail(why)),
        }
    }

    /// Takes note of what came of it, and hands it on.
    async fn noted<T, E>(
        &self,
        found: Found,
        answer: BoxFuture<'static, Result<T, CallError<E>>>,
    ) -> Result<T, CallError<E>> {
        let answer = answer.await;
        if let Err(
            CallError::Disconnected(_)
            | CallError::Down(_)
            | CallError::NoSuchAgent(_)
            | CallError::Terminated(_),
        ) = &answer
        {
            self.0.forget(&found).await;
        }
        answer
    }
}

impl Peer for Sibling {
    fn address(&self, agent: &AgentKey) -> Address {
        let unknown = || Address {
            node: None,
            endpoint: Endpoint::new(SCHEME, &self.0.number.to_string()),
            agent: agent.clone(),
        };
        self.0.known().map_or_else(unknown, |found| found.address)
    }

    fn send(&self, agent: &AgentKey, request: Request) -> BoxFuture<'static, Result<Reply, Fault>> {
        let (this, agent) = (self.clone(), agent.clone());
        if let Some(found) = self.0.known() {
            // Its place behind earlier messages is taken now.
            let answer = found.peer.send(&agent, request);
            return async move { this.noted(found, answer).await }.boxed();
        }
        async move {
            match this.0.find().await {
                Ok(found) => {
                    let answer = found.peer.send(&agent, request);
                    this.noted(found, answer).await
                }
                Err(lost) => {
                    let action = request.message.action().to_owned();
                    Err(this.lost(&agent, &action, Some(request), lost))
                }
            }
        }
        .boxed()
    }

    fn ask(
        &self,
        agent: &AgentKey,
        question: Question,
    ) -> BoxFuture<'static, Result<Value, CallError>> {
        let (this, agent) = (self.clone(), agent.clone());
        async move {
            match this.0.find().await {
                Ok(found) => {
                    let answer = found.peer.ask(&agent, question);
                    this.noted(found, answer).await
                }
                Err(lost) => Err(this.lost(&agent, "ask", None, lost)),
            }
        }
        .boxed()
    }
}

impl fmt::Debug for Siblings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Siblings({})", self.directory)
    }
}

impl fmt::Debug for Sibling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sibling({})", self.0.number)
    }
}

#[cfg(test)]
mod tests {
    use lyceum_core::Node;

    use super::*;

    fn search(directory: &str) -> Search {
        let door = Door::of(&Node::simulated(7));
        let directory = directory.parse().expect("it is an address");
        Search { door, network: Weak::new(), directory, number: 3, found: Mutex::default() }
    }

    #[test]
    fn sockets_are_out_of_reach_of_other_machines_alone() {
        let near = search("unix:///run/manager#directory");
        let far = search("tcp://127.0.0.1:7/directory");
        let [socket, port] = ["unix:///run/3#left", "tcp://127.0.0.1:8/left"]
            .map(|text| text.parse::<Address>().expect("it is an address"));

        assert_eq!(far.out_of_reach(&socket), socket.endpoint.as_ref());
        assert_eq!(far.out_of_reach(&port), None);
        assert_eq!(near.out_of_reach(&socket), None);
    }
}
