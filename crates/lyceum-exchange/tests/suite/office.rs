//! Exchanges of Academy's kind as the suite uses them.

use std::sync::Mutex;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum::exchange::AgentFilter;
use lyceum::{AnyHandle, Node};
use lyceum_exchange::academy::{AcademyExt, Registered, Uuid};
use lyceum_test::{Desk, Office, Plan};

/// An exchange with its server.
pub(crate) struct Mailboxes {
    url: String,
    /// Whether nodes are connected with each other, where they can.
    is_hybrid: bool,
    /// Restarts the server, which it has.
    restart: Mutex<Box<dyn FnMut() + Send>>,
}

impl Mailboxes {
    /// Has the exchange at a URL, and its server in what restarts it.
    pub(crate) fn at(url: String, restart: impl FnMut() + Send + 'static) -> Self {
        let is_hybrid = url.starts_with("hybrid");
        Self { url, is_hybrid, restart: Mutex::new(Box::new(restart)) }
    }
}

impl Office for Mailboxes {
    fn register(
        &self,
        node: &Node,
        agent: &AnyHandle,
        plan: Plan<'_>,
    ) -> BoxFuture<'static, Result<Box<dyn Desk>, String>> {
        let mut register = node.register_mailbox(&self.url, agent);
        if let Some(address) = plan.at {
            let number = address.rsplit('/').next().and_then(|number| Uuid::try_parse(number).ok());
            register = register.id(number.expect("addresses end with the number of a mailbox"));
        }
        if plan.stays {
            register = register.keep();
        }
        async move {
            let registered = register.await.map_err(|error| format!("{error:?}"))?;
            Ok(Box::new(Holder(registered)) as Box<dyn Desk>)
        }
        .boxed()
    }

    fn count(&self, node: &Node, filter: &AgentFilter) -> BoxFuture<'static, usize> {
        assert!(filter.attributes.is_empty(), "{filter:?}");
        // Both are names of classes there.
        let name = filter.kind.as_ref().or(filter.interface.as_ref()).expect("one is given");
        let class = format!("lyceum.{name}");
        let (academy, url) = (node.academy(), self.url.clone());
        async move { academy.discover(&url, &class).await.unwrap().len() }.boxed()
    }

    fn restart(&self) {
        let restart = &self.restart;
        // The test runs on a runtime, which a server's own must not be driven in.
        std::thread::scope(|scope| scope.spawn(|| (restart.lock().unwrap())()).join()).unwrap();
    }

    /// Who is connected with a program notices its end. The server tells of it when a lease has run
    /// out, by its own clock, which stands still here; a Redis never does.
    fn tells_of_loss(&self) -> bool {
        self.is_hybrid
    }

    /// What went straight is refused by the program that had the mailbox, with a code of Academy's
    /// that calls have, too, that were under way.
    fn returns_what_came_too_late(&self) -> bool {
        !self.is_hybrid
    }
}

/// A mailbox of a node.
struct Holder(Registered);

impl Desk for Holder {
    fn address(&self) -> String {
        self.0.address().to_string()
    }

    fn is_replaced(&self) -> bool {
        self.0.is_replaced()
    }

    fn ended(&self) -> BoxFuture<'_, ()> {
        self.0.ended().boxed()
    }

    fn terminate(&self) -> BoxFuture<'_, ()> {
        self.0.terminate().boxed()
    }
}
