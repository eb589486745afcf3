//! Waiting for the end of agents.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, future};
use serde::{Deserialize, Serialize};

use super::Children;
use super::child::{Child, End};

/// A wait for the end of agents, which is about to begin; await it. Made by
/// [`Manager::wait`](super::Manager::wait).
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(manager: lyceum::manager::Manager) {
/// let waited = manager.wait().of(["left", "right"]).first().within(Duration::from_secs(60)).await;
/// for gone in &waited.gone {
///     println!("{} ended: {}", gone.name, gone.why);
/// }
/// # }
/// ```
///
/// # Cancel safety
///
/// Dropping it changes nothing.
#[must_use = "this does nothing unless awaited"]
pub struct Wait {
    children: Arc<Children>,
    names: Option<Vec<String>>,
    until: Until,
    limit: Option<Duration>,
}

/// What ends a wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    All,
    First,
    Failure,
}

/// What a wait came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Waited {
    /// The agents that are gone for good, in the order in which they went.
    pub gone: Vec<Gone>,
    /// The names of the others.
    pub others: Vec<String>,
    /// Whether the time was up before.
    pub is_late: bool,
}

/// An agent that is gone for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gone {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
    /// Whether it failed: nobody had asked for its end.
    pub failed: bool,
}

impl Wait {
    pub(super) fn new(children: &Arc<Children>) -> Self {
        Self { children: children.clone(), names: None, until: Until::All, limit: None }
    }

    /// Waits for these agents; for all that there are now unless set. Who is not known has gone
    /// and failed.
    pub fn of<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Waits for the first one that ends.
    pub fn first(mut self) -> Self {
        self.until = Until::First;
        self
    }

    /// Waits for the first one that fails, or for all if none does.
    pub fn error(mut self) -> Self {
        self.until = Until::Failure;
        self
    }

    /// Waits for no longer than that.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    async fn run(self) -> Waited {
        let mut waited = Waited::default();
        let children = match &self.names {
            None => self.children.all(),
            Some(names) => names.iter().filter_map(|name| self.child(name, &mut waited)).collect(),
        };
        waited.others = children.iter().map(|child| child.name.to_string()).collect();
        let limit = match self.limit {
            Some(limit) => Either::Left(self.children.node.sleep(limit)),
            None => Either::Right(future::pending()),
        };
        let mut limit = limit;
        let ends = children.iter().map(|child| async move { (child, child.ended().await) });
        let mut ends: FuturesUnordered<_> = ends.collect();
        while !self.is_over(&waited) {
            match select(ends.next(), limit).await {
                Either::Left((Some((child, end)), rest)) => {
                    limit = rest;
                    waited.note(child, &end);
                }
                Either::Left((None, _)) => break,
                Either::Right(_) => {
                    waited.is_late = true;
                    break;
                }
            }
        }
        waited
    }

    fn child(&self, name: &str, waited: &mut Waited) -> Option<Arc<Child>> {
        let child = name.parse().ok().and_then(|name| self.children.table().named(&name));
        if child.is_none() {
            let why = "the manager knows no agent of that name".into();
            waited.gone.push(Gone { name: name.into(), why, failed: true });
        }
        child
    }

    fn is_over(&self, waited: &Waited) -> bool {
        match self.until {
            Until::All => false,
            Until::First => !waited.gone.is_empty(),
            Until::Failure => waited.gone.iter().any(|gone| gone.failed),
        }
    }
}

impl Waited {
    /// Returns the agents that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Gone> {
        self.gone.iter().filter(|gone| gone.failed)
    }

    fn note(&mut self, child: &Child, end: &End) {
        let name = child.name.to_string();
        self.others.retain(|other| *other != name);
        self.gone.push(Gone { name, why: end.why().into(), failed: end.is_failure() });
    }
}

impl IntoFuture for Wait {
    type Output = Waited;
    type IntoFuture = BoxFuture<'static, Waited>;

    fn into_future(self) -> Self::IntoFuture {
        self.run().boxed()
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("names", &self.names).finish_non_exhaustive()
    }
}
