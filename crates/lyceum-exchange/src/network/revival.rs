//! Channels that are made again by themselves, since topics went over them.
//!
//! A call finds or makes its channel. A subscription has nobody who calls: who subscribed would
//! hear nothing more, and not know.

use std::sync::Arc;
use std::time::Duration;

use lyceum_wire::{Endpoint, NodeId};

use super::Inner;
use crate::channel::Channel;

/// For how long a channel is tried again. Later it takes a call to make it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

impl Inner {
    /// Makes a lost channel again if one of the two nodes heard topics of the other, and this one
    /// knows where the other is.
    pub(super) fn revive(self: &Arc<Self>, lost: &Channel) {
        if self.is_closing() || !self.has_topics(lost) {
            return;
        }
        let listens = lost.endpoints.iter().find(|at| self.transport(at.scheme()).is_some());
        let Some(endpoint) = self.peers.way_to(lost.node).or_else(|| listens.cloned()) else {
            return;
        };
        let node = lost.node;
        if !self.peers.note_reviving(node, true) {
            return;
        }
        let (inner, wanted_there) = (self.clone(), lost.wants_topics());
        let spawned = self.spawn(async move {
            inner.make_again(node, &endpoint, wanted_there).await;
            inner.peers.note_reviving(node, false);
        });
        if spawned.is_none() {
            self.peers.note_reviving(node, false);
        }
    }

    fn has_topics(&self, lost: &Channel) -> bool {
        lost.wants_topics() || !self.door.interests().is_empty()
    }

    /// Dials until there is a channel, ever less often.
    async fn make_again(self: &Arc<Self>, node: NodeId, endpoint: &Endpoint, wanted_there: bool) {
        let (mut waited, mut failures) = (Duration::ZERO, 0);
        while waited < PATIENCE {
            let pause = self.pause(failures);
            self.timer.sleep(pause).await;
            waited += pause;
            failures += 1;
            let is_there =
                self.peers.channel(node).or_else(|| self.peers.known(endpoint)).is_some();
            let is_wanted = wanted_there || !self.door.interests().is_empty();
            if is_there || !is_wanted || self.reach(endpoint).await.is_ok() {
                return;
            }
        }
        tracing::warn!(%endpoint, "topics of a lost node are not waited for any more");
    }
}
