//! One node that conducts the clocks of others.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use lyceum_core::{ClockDriver, Node};
use lyceum_wire::link::ClockQuestion;
use lyceum_wire::{AddressError, Endpoint};
use thiserror::Error;

use super::{Inner, NetworkExt};
use crate::channel::{ClockReport, TrafficCount, report};

/// Steps the clocks of several nodes together, through all due times in order.
///
/// Time goes on only once everybody is idle: no turn runs on any of the nodes, and no message is
/// under way between them. The nodes have external clocks, and let themselves be
/// [conducted](crate::Settings::conducted). The node that conducts takes part if its own clock is
/// external.
pub struct Conductor {
    inner: Arc<Inner>,
    own: Option<ClockDriver>,
    players: Vec<Endpoint>,
}

/// Says why the clocks do not move together.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConductError {
    /// The text is no endpoint.
    #[error(transparent)]
    Endpoint(#[from] AddressError),
    /// A node does not play along.
    #[error("cannot conduct the clock of the node at `{endpoint}`: {why}")]
    Player {
        /// Where.
        endpoint: Endpoint,
        /// Why not.
        why: String,
    },
}

impl Conductor {
    /// Conducts the nodes at these endpoints.
    ///
    /// # Errors
    ///
    /// Says which text is no endpoint.
    pub fn new<'e>(
        node: &Node,
        endpoints: impl IntoIterator<Item = &'e str>,
    ) -> Result<Self, ConductError> {
        let players = endpoints.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        let (inner, own) = (node.network().inner.clone(), node.clock_driver());
        Ok(Self { inner, own, players })
    }

    /// Waits until everybody is idle and nothing is under way between the nodes; returns when
    /// something happens next, if nothing comes from outside.
    ///
    /// # Errors
    ///
    /// Says which node does not answer.
    pub async fn idle(&self) -> Result<Option<Timestamp>, ConductError> {
        let mut before = None;
        loop {
            let reports = self.ask(ClockQuestion::Idle).await?;
            let total = reports.iter().fold(TrafficCount::default(), |sum, report| TrafficCount {
                sent: sum.sent + report.traffic.sent,
                received: sum.received + report.traffic.received,
            });
            // Twice the same: what was counted at different moments might fit by chance.
            if total.sent == total.received && before == Some(total) {
                return Ok(reports.iter().filter_map(|report| report.next).min());
            }
            before = Some(total);
        }
    }

    /// Moves the time of all nodes to a date, through all due times on the way in order.
    ///
    /// # Errors
    ///
    /// Says which node does not answer; the others stand where they are.
    pub async fn set(&self, date: Timestamp) -> Result<(), ConductError> {
        while let Some(next) = self.idle().await?.filter(|next| *next <= date) {
            self.go(next).await?;
        }
        self.go(date).await?;
        self.idle().await.map(drop)
    }

    /// Moves the time of all nodes forward, from the latest of their times.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    pub async fn advance(&self, time: Duration) -> Result<(), ConductError> {
        let reports = self.ask(ClockQuestion::Now).await?;
        let now = reports.iter().map(|report| report.now).max().unwrap_or(Timestamp::UNIX_EPOCH);
        let date = now.checked_add(time).unwrap_or(Timestamp::MAX);
        self.set(date).await
    }

    /// Moves all clocks, before anybody is woken: whoever asks another node finds it at the same
    /// time. Who is due is woken by the next question whether everybody is idle.
    async fn go(&self, date: Timestamp) -> Result<(), ConductError> {
        let nanos = u64::try_from(date.as_nanosecond()).unwrap_or(0);
        self.ask(ClockQuestion::Set(Duration::from_nanos(nanos))).await.map(drop)
    }

    async fn ask(&self, question: ClockQuestion) -> Result<Vec<ClockReport>, ConductError> {
        let mut reports = try_join_all(self.players.iter().map(async |endpoint| {
            let player = |why: String| ConductError::Player { endpoint: endpoint.clone(), why };
            let channel = self.inner.reach(endpoint).await;
            let channel = channel.map_err(|error| player(error.to_string()))?;
            channel.clock(question).await.map_err(player)
        }))
        .await?;
        if let Some(own) = &self.own {
            reports.push(report(&self.inner.door, &self.inner.traffic, own, question).await);
        } else {
            let traffic = self.inner.traffic.count();
            let now = reports.first().map_or(Timestamp::UNIX_EPOCH, |report| report.now);
            reports.push(ClockReport { now, next: None, traffic });
        }
        Ok(reports)
    }
}

impl fmt::Debug for Conductor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conductor").field("players", &self.players).finish_non_exhaustive()
    }
}
