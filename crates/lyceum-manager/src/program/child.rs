//! `child`: the agent of a ticket. Launchers run it, not people.

mod attached;
mod delivery;

use std::cell::Cell;

use clap::Args;
use delivery::Delivery;
use lyceum_core::Node;
use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::signal::unix::{SignalKind, signal};

use super::{failed, on_runtime};
use crate::Registry;
use crate::command::failure::Failure;
use crate::serve::serve;

/// How the ticket is handed over, and who has a say in the end.
#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    #[command(flatten)]
    delivery: Delivery,

    /// Takes orders from standard input after the ticket, and ends at once with it
    #[arg(long, conflicts_with_all = ["ticket", "mounted"])]
    attached: bool,
}

impl Options {
    /// Launches the agent of the ticket, and ends with it or with the manager.
    pub(super) fn execute(&self, registry: &Registry) -> Result<(), Failure> {
        if self.delivery.is_piped() {
            // Even if the parent is killed and says nothing. That its channel ends is the second
            // sign. Other parents may only pass through, or their threads.
            set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed)?;
        }
        let ticket = self.delivery.ticket()?;
        if ticket.outlives {
            // It is for the next manager to find.
            set_parent_process_death_signal(None).map_err(failed)?;
        }
        if self.attached {
            attached::obey_standard_input().map_err(failed)?;
        }
        on_runtime(async {
            let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
            let node = Node::local();
            let is_ordered = Cell::new(false);
            let order = async {
                terminated.recv().await;
                is_ordered.set(true);
            };
            let served = serve(registry, &ticket, &node, order).await;
            node.shutdown().await;
            match served {
                // A queue tells only so that the end was its own doing.
                Ok(()) if is_ordered.get() && !self.delivery.is_piped() => Err(Failure::Terminated),
                served => served
                    .map_err(|error| if error.is_told() { Failure::Told } else { failed(error) }),
            }
        })
    }
}
