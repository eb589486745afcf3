//! Who owns the tasks of connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::driver::{Answers, Driver};
use super::link::Link;
use super::{Closed, Profile};
use crate::ByteStream;

/// How long what is written already may take to be sent when a connection is closed.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Owns the task of one connection: it ends when this is dropped.
pub(super) struct Driving {
    pub(super) link: Arc<Link>,
    _task: JoinSet<Closed>,
}

impl Driving {
    /// Starts the task of a connection on the runtime of this thread.
    pub(super) fn start(
        stream: Box<dyn ByteStream>,
        profile: Profile,
        answers: Arc<dyn Answers>,
    ) -> Self {
        Self::start_on(&Handle::current(), stream, profile, answers)
    }

    /// Starts the task of a connection on a runtime.
    pub(super) fn start_on(
        runtime: &Handle,
        stream: Box<dyn ByteStream>,
        profile: Profile,
        answers: Arc<dyn Answers>,
    ) -> Self {
        let (link, driver) = Driver::new(stream, profile, answers);
        let mut task = JoinSet::new();
        task.spawn_on(driver, runtime);
        Self { link, _task: task }
    }

    /// Ends the connection: what is written already is sent first, if that is soon.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing: the connection ends.
    pub(super) async fn close(&self) {
        self.link.close();
        // Either way it is over.
        let _ = tokio::time::timeout(CLOSE_LIMIT, self.link.closed()).await;
    }
}
