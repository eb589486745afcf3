//! Adoption: a manager goes on where one ended that was killed.

use std::sync::Arc;

use futures_util::future::{Either, join_all, select};
use lyceum_core::exchange::{Exchange, Peer, Question};
use lyceum_wire::{Address, AgentKey};

use super::Children;
use super::child::{Child, Seat, Stage, Way};
use super::life::Started;
use super::record::{Record, Remembered};
use crate::launcher::Output;

impl Children {
    /// Takes over what a former manager remembered. Agents that live on are watched; of the others,
    /// those that have a restart policy are started again.
    pub(super) async fn adopt_all(self: &Arc<Self>, record: Record) {
        self.table().launched_before(record.launched);
        if let Some(keeper) = &self.keeper {
            *keeper.mailboxes() = record.mailboxes;
        }
        join_all(record.agents.into_iter().map(|remembered| self.adopt(remembered))).await;
    }

    async fn adopt(self: &Arc<Self>, remembered: Remembered) {
        let Some(site) = self.sites.get(&remembered.launcher).cloned() else {
            let (name, launcher) = (&remembered.wanted.name, &remembered.launcher);
            tracing::warn!(agent = %name, launcher, "an agent is left alone: its launcher is gone");
            return;
        };
        let output = Output::new(remembered.wanted.name.clone(), self.take.clone());
        let found = match &remembered.mark {
            Some(mark) => site.launcher.adopt(mark, output.clone()).await,
            None => Ok(None),
        };
        let running = found.unwrap_or_else(|error| {
            tracing::warn!(agent = %remembered.wanted.name, %error, "an agent is not taken over");
            None
        });
        let started = running.map(|running| Started { running, output });

        let Remembered { wanted, number, .. } = remembered;
        let seat = Seat::elsewhere(self.socket(&site, number));
        let child =
            Child::new(wanted.name.clone(), wanted.kind.clone(), number, site.name.clone(), seat);
        let again = started.is_none() && wanted.restart.is_some();
        {
            let mut facts = child.facts();
            facts.endpoint = remembered.endpoint;
            facts.was_up = remembered.was_up;
            facts.restarts = remembered.restarts + u32::from(again);
            facts.generation = remembered.generation + u32::from(again);
            if started.is_none() {
                facts.last_failure = Some("it ended with its former manager".into());
            }
        }
        child.want(wanted);
        let child = Arc::new(child);
        // Nobody else has launched anything yet.
        drop(self.table().insert(&child, None));
        if started.is_none() && !again {
            child.abandon("it ended with its former manager");
            return;
        }
        let life = self.node.spawn(self.clone().look_after(child.clone(), started));
        self.table().look_after(&child, life);
    }

    /// Finds the node of a child that a former manager started; it is up if it answers.
    pub(super) async fn found_again(&self, child: &Child) -> Option<Arc<dyn Peer>> {
        let agent = AgentKey::Name(child.name.clone());
        let endpoint = Some(child.reached_at()?);
        let address = Address { node: None, endpoint, agent: agent.clone() };
        let peer = self.network.upgrade()?.peer(&address)?;
        let patience = self.node.sleep(self.heartbeat * 3);
        match select(peer.ask(&agent, Question::Ping), patience).await {
            Either::Left((Ok(_), _)) => {}
            Either::Left((Err(_), _)) | Either::Right(_) => return None,
        }
        child.facts().was_up = true;
        child.stage.replace(Stage::Up(Way::Peer(peer.clone())));
        Some(peer)
    }
}
