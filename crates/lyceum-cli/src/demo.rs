//! `lyceum demo`: a watch over the machine that it runs on.
//!
//! Six agents read the machine, each its own [source](source::Source), and publish what they
//! read on topics. Others listen, and none of them knows who:
//!
//! ```text
//! cpu  memory  disks  network  load  processes      one agent for each source
//!   └──────┴───────┴──┬───┴───────┴──────┘
//!                reading.#
//!            ┌────────┴────────┐
//!         monitor ─ alarm.# ─ historian             by topic
//!            └────────┬────────┘
//!                  summary ── view                  by handle
//! ```
//!
//! With `--listen`, other terminals see and steer all of them: `lyceum agents`, `lyceum call`.
//!
//! To begin with: [`memory`] is the simplest source, [`monitor`] listens and publishes,
//! [`summary`] calls others.

mod reading;
mod sensor;
mod source;

mod cpu;
mod disks;
mod load;
mod memory;
mod network;
mod processes;

mod historian;
mod monitor;
mod summary;

mod options;

mod graph;
mod json;
mod lines;
mod screen;
mod table;
mod units;
mod view;

#[cfg(test)]
mod growth;

use lyceum::network::{self as sockets, Settings};
use lyceum::prelude::*;
use lyceum::wire::Endpoint;
pub(crate) use options::Options;

use self::cpu::Cpu;
use self::disks::Disks;
use self::historian::Historian;
use self::load::Load;
use self::memory::Memory;
use self::monitor::{Limits, Monitor};
use self::network::Network;
use self::processes::Processes;
use self::summary::Summary;
use self::view::View;
use crate::signals::Signals;

/// Launches the agents, shows what they see until it is time to end, and stops them.
pub(crate) async fn run(options: &Options) -> lyceum::Result<()> {
    let mut signals = Signals::listen()?;
    let node = Node::local();
    let summary = launch(&node, options.limits()).await?;
    let endpoint = listen(&node, options).await?;

    let view = View::open(options, endpoint)?;
    let shown = tokio::select! {
        shown = view.follow(&node, &summary, options) => shown,
        () = signals.next() => Ok(()),
    };

    let last = summary.report().await?;
    node.shutdown().await;
    match shown.and_then(|()| view.close(&last)) {
        Err(error) if !error.is_end_of_reader() => Err(error.into()),
        _ => Ok(()),
    }
}

/// Lets other programs in, where that is wanted; returns where.
async fn listen(node: &Node, options: &Options) -> lyceum::Result<Option<Endpoint>> {
    let Some(endpoint) = &options.listen else { return Ok(None) };
    let settings = Settings::default();
    let settings = match &options.token {
        Some(token) => settings.token(token.clone()),
        None => settings,
    };
    let listener = sockets::Network::attach(node, settings).listen(endpoint).await?;
    Ok(Some(listener.endpoint().clone()))
}

/// Launches the agents; the summary is the one to ask.
async fn launch(node: &Node, limits: Limits) -> lyceum::Result<Handle<Summary>> {
    // Those who listen come before those who speak.
    let monitor = node.launch(Monitor::new(limits)).named("monitor").await?;
    let historian = node.launch(Historian::default()).named("historian").await?;
    let summary = Summary::new(historian, monitor);
    let summary = node.launch(summary).named("summary").await?;

    tokio::try_join!(
        node.launch(Cpu::default()).named("cpu").into_future(),
        node.launch(Memory::default()).named("memory").into_future(),
        node.launch(Disks::default()).named("disks").into_future(),
        node.launch(Network::default()).named("network").into_future(),
        node.launch(Load::default()).named("load").into_future(),
        node.launch(Processes::default()).named("processes").into_future(),
    )?;
    Ok(summary)
}
