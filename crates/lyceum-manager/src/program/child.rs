//! `child`: the agent of a ticket. Managers run it, not people.

use std::io::BufRead;

use lyceum_core::Node;
use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::signal::unix::{SignalKind, signal};

use super::{failed, on_runtime};
use crate::command::failure::Failure;
use crate::serve::serve;
use crate::{Registry, Ticket};

/// Launches the agent of the ticket on standard input, and ends with it or with the manager.
pub(super) fn run(registry: &Registry) -> Result<(), Failure> {
    // Even if the manager is killed and says nothing. That its channel ends is the second sign.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    let ticket: Ticket = serde_json::from_str(&line).map_err(|error| {
        let what = "cannot read a ticket from standard input: only a manager has one to give";
        Failure::Usage(format!("{what}: {error}"))
    })?;
    drop(line);
    on_runtime(async {
        let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
        let node = Node::local();
        let order = async {
            terminated.recv().await;
        };
        let served = serve(registry, &ticket, &node, order).await;
        node.shutdown().await;
        served.map_err(|error| if error.is_told() { Failure::Told } else { failed(error) })
    })
}
