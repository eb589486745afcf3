//! The life of an agent on the manager's own node, which restarts there by itself.

use std::sync::Arc;

use futures_util::future::{Either, select};
use lyceum_core::AnyHandle;

use super::Children;
use super::child::{Child, End, Order, Seat, Stage, Way};
use super::life::{Looking, ordered};
use crate::lodging::{Lodging, lodge};
use crate::registry::Reserved;
use crate::serve::{is_wanted, with_causes};

impl Children {
    /// Launches an agent on this node, and watches it to its end.
    pub(super) async fn look_after_here(
        self: Arc<Self>,
        child: Arc<Child>,
        reserved: Option<Box<dyn Reserved>>,
    ) {
        let _looking = Looking(child.clone());
        let end = self.lead_here(&child, reserved).await;
        child.stage.send_replace(Stage::Ended(end));
    }

    async fn lead_here(&self, child: &Child, reserved: Option<Box<dyn Reserved>>) -> End {
        let _place =
            match select(Box::pin(self.site_of(child).place()), Box::pin(child.ordered())).await {
                Either::Left((place, _)) => place,
                Either::Right((order, _)) => return ordered(order),
            };
        child.stage.send_replace(Stage::Starting);
        let agent = match self.launched_here(child, reserved).await {
            Ok(agent) => agent,
            Err(why) => return End::Failed(why),
        };
        let lodging = match self.made_ready(child, &agent).await {
            Ok(lodging) => lodging,
            Err(why) => {
                agent.kill().await;
                return End::Failed(why);
            }
        };
        child.facts().was_up = true;
        child.stage.send_replace(Stage::Up(Way::Here));
        let end = watch(child, &agent).await;
        match lodging {
            // It was not told to go: it is done.
            Some(lodging) if !end.is_failure() && !child.is_ordered() => lodging.terminate().await,
            Some(lodging) => lodging.leave().await,
            None => {}
        }
        end
    }

    async fn made_ready(
        &self,
        child: &Child,
        agent: &AnyHandle,
    ) -> Result<Option<Lodging>, String> {
        let lodging = match &child.begun().mailbox {
            Some(at) => Some(lodge(&self.node, agent, at).await?),
            None => None,
        };
        self.warmed_up(child, agent).await?;
        Ok(lodging)
    }

    async fn launched_here(
        &self,
        child: &Child,
        reserved: Option<Box<dyn Reserved>>,
    ) -> Result<AnyHandle, String> {
        let wanted = child.begun();
        let launch = match (reserved, self.site_of(child).launcher.registry()) {
            (Some(reserved), _) => reserved.launch(&self.node, wanted),
            (None, Some(registry)) => registry.launch_here(&self.node, wanted)?,
            (None, None) => return Err("its launcher does not launch on this node".into()),
        };
        let agent = launch.await.map_err(|error| with_causes(&error))?;
        if let Seat::Here(place) = &child.seat {
            // It is launched once.
            let _ = place.set(agent.clone());
        }
        Ok(agent)
    }
}

/// Watches an agent to its end, over all its restarts.
async fn watch(child: &Child, agent: &AnyHandle) -> End {
    let mut orders = Box::pin(child.ordered());
    loop {
        let down = match select(agent.monitor(), orders).await {
            Either::Left((down, rest)) => {
                orders = rest;
                down
            }
            Either::Right((order, _)) => return obey(child, agent, order).await,
        };
        let reason = down.reason.to_string();
        if !is_wanted(&down.reason) {
            child.facts().last_failure = Some(reason.clone());
        }
        if !down.restarts {
            return if is_wanted(&down.reason) { End::Wanted(reason) } else { End::Failed(reason) };
        }
        tracing::warn!(agent = %child.name, why = reason, "an agent starts again");
        child.facts().restarts = down.generation + 1;
    }
}

async fn obey(child: &Child, agent: &AnyHandle, order: Order) -> End {
    let reason = match order {
        Order::Kill => agent.kill().await,
        Order::Stop => match select(agent.stop(), Box::pin(child.ordered_to_die())).await {
            Either::Left((reason, _)) => reason,
            Either::Right(_) => agent.kill().await,
        },
    };
    End::Wanted(reason.to_string())
}
