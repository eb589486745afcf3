//! The life of an agent on the manager's own node, which restarts there by itself.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use lyceum_core::{AnyHandle, full_text};

use super::Children;
use super::child::{Child, End, Order, Seat, Stage, Way};
use super::life::{Looking, ordered};
use crate::lodging::{Lodging, lodge};
use crate::registry::Reserved;
use crate::serve::is_wanted;

impl Children {
    /// Launches an agent on this node, and watches it to its end.
    pub(super) async fn look_after_here(
        self: Arc<Self>,
        child: Arc<Child>,
        reserved: Option<Box<dyn Reserved>>,
    ) {
        let _looking = Looking(child.clone());
        let end = self.lead_here(&child, reserved).await;
        child.stage.replace(Stage::Ended(end));
    }

    async fn lead_here(&self, child: &Child, reserved: Option<Box<dyn Reserved>>) -> End {
        let _place = match self.placed(child).await {
            Ok(place) => place,
            Err(order) => return ordered(order),
        };
        child.stage.replace(Stage::Starting);
        let agent = match self.launched_here(child, reserved).await {
            Ok(agent) => agent,
            Err(why) => return End::Failed(why),
        };
        let wanted = child.begun();
        let lodging = if wanted.mailbox.is_some() || wanted.ready.is_some() {
            // What few agents need is not in the future that each of them has.
            match Box::pin(self.made_ready(child, &agent)).await {
                Ok(lodging) => lodging,
                Err(why) => {
                    agent.kill().await;
                    return End::Failed(why);
                }
            }
        } else {
            None
        };
        child.facts().was_up = true;
        child.stage.replace(Stage::Up(Way::Here));
        let end = watch(child, &agent).await;
        if let Some(lodging) = lodging {
            Box::pin(move_out(child, lodging, &end)).await;
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
        let agent = launch.await.map_err(|error| full_text(&error))?;
        if let Seat::Here(place) = &child.seat {
            // It is launched once.
            let _ = place.set(agent.clone());
        }
        Ok(agent)
    }
}

/// Watches an agent to its end, over all its restarts.
async fn watch(child: &Child, agent: &AnyHandle) -> End {
    let mut orders = pin!(child.ordered());
    loop {
        let down = match select(agent.monitor(), orders.as_mut()).await {
            Either::Left((down, _)) => down,
            Either::Right((order, _)) => return Box::pin(obey(child, agent, order)).await,
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

/// Leaves a mailbox to the next agent of that name, or ends it.
async fn move_out(child: &Child, lodging: Lodging, end: &End) {
    if !end.is_failure() && !child.is_ordered() {
        // It was not told to go: it is done.
        lodging.terminate().await;
    } else {
        lodging.leave().await;
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
