//! Calm: sessions begin on a machine that is not busy with other things.

use std::time::Duration;

use lyceum_core::Node;

use crate::error::{Load, RunError};

/// Waits before each session until the machine is quiet, without holding anything up but the
/// universe.
///
/// It looks at how busy the processors are. Where the system does not tell, it waits for nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calm {
    /// Up to which load the machine is quiet, where 1 is all processors.
    pub load: f64,
    /// How long each look takes.
    pub look: Duration,
    /// After how long the run gives up.
    pub patience: Duration,
}

impl Calm {
    /// Half of the machine is idle, for half a second.
    pub const NORMAL: Self =
        Self { load: 0.5, look: Duration::from_millis(500), patience: Duration::from_secs(300) };
    /// Seven tenths of the machine are idle, for three seconds.
    pub const SLOW: Self =
        Self { load: 0.3, look: Duration::from_secs(3), patience: Duration::from_secs(300) };

    /// Waits until the machine is quiet.
    pub(crate) async fn wait(self, node: &Node, project: &str) -> Result<(), RunError> {
        let mut waited = Duration::ZERO;
        let Some(mut before) = Ticks::now() else { return Ok(()) };
        loop {
            node.sleep(self.look).await;
            waited += self.look;
            let Some(now) = Ticks::now() else { return Ok(()) };
            let load = now.load_since(before);
            if load <= self.load {
                return Ok(());
            }
            if waited >= self.patience {
                let (load, wanted) = (hundredths(load), hundredths(self.load));
                return Err(RunError::Restless { project: project.into(), waited, load, wanted });
            }
            before = now;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a load is between 0 and 1"
)]
fn hundredths(load: f64) -> Load {
    Load((load.clamp(0.0, 1.0) * 100.0).round() as u32)
}

/// How much time the processors have spent so far.
#[derive(Clone, Copy, Debug)]
struct Ticks {
    busy: u64,
    idle: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        Self::parse(&std::fs::read_to_string("/proc/stat").ok()?)
    }

    /// Reads the first line: user, nice, system, idle, waiting for input and output, and others.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.lines().next()?.split_whitespace();
        if words.next() != Some("cpu") {
            return None;
        }
        let ticks: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        let idle = ticks.get(3)? + ticks.get(4)?;
        // Guests are counted as users, too.
        let all: u64 = ticks.iter().take(8).sum();
        Some(Self { busy: all - idle, idle })
    }

    /// Returns which share of the time since then was busy.
    fn load_since(self, before: Self) -> f64 {
        let busy = self.busy.saturating_sub(before.busy);
        let all = busy + self.idle.saturating_sub(before.idle);
        if all == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "ticks of some seconds")]
        let load = busy as f64 / all as f64;
        load
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_is_the_busy_share_between_two_looks() {
        let before = Ticks::parse("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2\n").unwrap();
        let after = Ticks::parse("cpu  150 0 75 850 75 0 0 0 0 0\n").unwrap();

        assert!((after.load_since(before) - 0.5).abs() < 1e-9);
        assert!(after.load_since(after) < 1e-9);
        assert!(Ticks::parse("nothing of that kind").is_none());
    }
}
