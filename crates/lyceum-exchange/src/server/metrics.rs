//! Counters, in the form that Prometheus reads.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::server::hub::Hub;

/// What has happened since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) requests: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) delivered: AtomicU64,
    pub(crate) unmatched: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) connections_refused: AtomicU64,
    pub(crate) streams: AtomicU64,
    pub(crate) links: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Hub {
    /// Writes all figures as text.
    pub(crate) fn metrics_text(&self) -> String {
        let [mailboxes, messages, dead] = self.keeper.look(crate::mailbox::Mailboxes::counts);
        let (blobs, blob_bytes) = self.depot.as_ref().map_or((0, 0), |depot| depot.usage());
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let metrics = &self.metrics;
        let figures = [
            ("requests_total", "counter", "Requests", read(&metrics.requests)),
            ("requests_refused_total", "counter", "Requests refused", read(&metrics.refused)),
            ("messages_accepted_total", "counter", "Messages accepted", read(&metrics.accepted)),
            ("messages_delivered_total", "counter", "Messages delivered", read(&metrics.delivered)),
            ("answers_unmatched_total", "counter", "Answers to nothing", read(&metrics.unmatched)),
            ("connections", "gauge", "Open connections", read(&metrics.connections)),
            (
                "connections_refused_total",
                "counter",
                "Connections closed at once",
                read(&metrics.connections_refused),
            ),
            ("streams", "gauge", "Open streams", read(&metrics.streams)),
            ("links", "gauge", "Links of nodes", read(&metrics.links)),
            ("mailboxes", "gauge", "Open mailboxes", mailboxes as u64),
            ("messages", "gauge", "Messages that are not over", messages as u64),
            ("dead_letters", "gauge", "Dead letters", dead as u64),
            ("blobs", "gauge", "Blobs that are kept", blobs as u64),
            ("blob_bytes", "gauge", "Bytes of all blobs", blob_bytes),
            ("storage_full", "gauge", "Whether the disk is full", self.keeper.is_full().into()),
        ];
        let mut text = String::new();
        for (name, kind, help, value) in figures {
            let _ = writeln!(text, "# HELP lyceum_exchange_{name} {help}.");
            let _ = writeln!(text, "# TYPE lyceum_exchange_{name} {kind}");
            let _ = writeln!(text, "lyceum_exchange_{name} {value}");
        }
        text
    }
}
