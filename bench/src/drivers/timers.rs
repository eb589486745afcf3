//! Pending timers.

use crate::case::NotRun;
use crate::framework::Framework;

/// Returns millions of wake-ups in a second.
pub fn fired<F: Framework>(timers: u64, due_times: u64) -> Result<f64, NotRun> {
    let elapsed = F::timers(timers, due_times).ok_or(NotRun::NoCounterpart)?;
    Ok(timers as f64 / elapsed.as_secs_f64() / 1e6)
}
