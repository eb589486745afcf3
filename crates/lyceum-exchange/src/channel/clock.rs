//! The clocks of nodes, set by another node that conducts them.

use std::sync::Arc;

use jiff::Timestamp;
use lyceum_core::ClockDriver;
use lyceum_core::exchange::{Door, decode};
use lyceum_wire::link::{self, ClockQuestion, FaultKind, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::encoding::Received;
use super::{Channel, Traffic, TrafficCount};

/// How a node is, once it is idle.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct ClockReport {
    /// The date of its clock.
    pub(crate) now: Timestamp,
    /// When something happens next, if nothing comes from outside.
    pub(crate) next: Option<Timestamp>,
    pub(crate) traffic: TrafficCount,
}

/// Does what a conductor asks of a node's clock.
pub(crate) async fn report(
    door: &Door,
    traffic: &Traffic,
    driver: &ClockDriver,
    question: ClockQuestion,
) -> ClockReport {
    match question {
        ClockQuestion::Set(since_epoch) => {
            let nanos = i128::try_from(since_epoch.as_nanos()).unwrap_or(i128::MAX);
            driver.hold(Timestamp::from_nanosecond(nanos).unwrap_or(Timestamp::MAX));
        }
        ClockQuestion::Idle | ClockQuestion::Next => driver.run_due().await,
        ClockQuestion::Now => {}
    }
    let next = driver.next_due().map(|due| driver.date(due));
    ClockReport { now: door.utc(), next, traffic: traffic.count() }
}

impl Channel {
    /// Asks the other node's clock.
    ///
    /// # Errors
    ///
    /// Says why there is no answer.
    pub(crate) async fn clock(
        self: &Arc<Self>,
        question: ClockQuestion,
    ) -> Result<ClockReport, String> {
        let what = link::Question::Clock(question);
        let arrived = self.question(None, what).await.ok_or_else(|| self.why())?;
        match arrived.outcome {
            Outcome::Result(encoding) => {
                let value = Received::new(encoding, arrived.body, self.plain_limit());
                decode(&value).map_err(|why| why.0)
            }
            Outcome::Fault(fault) => {
                Err(fault.detail.map_or_else(|| "it refused".into(), |text| text.to_string()))
            }
            _ => Err("the other node did not say".into()),
        }
    }

    /// Answers a conductor, if the node lets itself be conducted.
    pub(super) async fn answer_clock(&self, question: ClockQuestion) -> Result<Value, link::Fault> {
        let driver = self.conducted.then(|| self.door.clock_driver()).flatten();
        let Some(driver) = driver else {
            let why = "its clock is not external, or it does not let itself be conducted";
            return Err(link::Fault::new(FaultKind::Unauthorized, why));
        };
        Ok(json!(report(&self.door, &self.traffic, &driver, question).await))
    }
}
