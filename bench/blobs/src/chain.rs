//! One run of a chain.

use std::fmt;
use std::time::{Duration, Instant};

use lyceum::Node;
use lyceum::prelude::*;

use crate::child::Other;
use crate::clerk::MEBIBYTE;

/// How many times its size may be moved.
const MOVED: f64 = 1.1;
/// How much memory each process may have, in bytes.
const MEMORY: u64 = 64 * MEBIBYTE;

/// What a run came to.
pub struct Figures {
    agents: u32,
    size: u64,
    took: Duration,
    /// What the loopback counted.
    moved: u64,
    /// What the agents handed out.
    served: u64,
    /// The most memory of any process.
    peak: u64,
}

/// Passes a blob through a chain of processes.
pub async fn run(agents: u32, mebibytes: u64) -> lyceum::Result<Figures> {
    let node = Node::local();
    node.listen("tcp://127.0.0.1:0").await?;
    let others = (0..agents).map(|_| Other::start()).collect::<Result<Vec<_>, _>>()?;
    let mut clerks = Vec::new();
    for other in &others {
        clerks.push(other.clerk(&node).await?);
    }
    let (before, start) = (loopback(), Instant::now());
    let size = clerks[0].begin(mebibytes, clerks[1..].to_vec()).await?;
    let (took, moved) = (start.elapsed(), loopback() - before);
    let (mut peak, mut served) = (0, 0);
    for clerk in &clerks {
        let (own_peak, own_served) = clerk.figures().await?;
        peak = peak.max(own_peak);
        served += own_served;
    }
    node.shutdown().await;
    if size != mebibytes * MEBIBYTE {
        return Err(std::io::Error::other(format!("{size} bytes arrived")).into());
    }
    Ok(Figures { agents, size, took, moved, served, peak })
}

/// Returns how many bytes the system's loopback has carried.
fn loopback() -> u64 {
    let text = std::fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("lo:").map(str::to_owned));
    let first = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    first.unwrap_or_default()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |bytes: u64| bytes as f64 / MEBIBYTE as f64;
        let times = |bytes: u64| bytes as f64 / self.size as f64;
        let verdict = |met: bool| if met { "met" } else { "MISSED" };
        writeln!(f, "{:.0} MiB through {} agents", mebibytes(self.size), self.agents)?;
        writeln!(f, "  made, passed on and read  {:8.2} s", self.took.as_secs_f64())?;
        writeln!(f, "  handed out by agents      {:8.3} times its size", times(self.served))?;
        writeln!(
            f,
            "  moved over the loopback   {:8.3} times its size  goal {MOVED}: {}",
            times(self.moved),
            verdict(times(self.moved) <= MOVED)
        )?;
        write!(
            f,
            "  memory of one process     {:8.1} MiB at most     goal {:.0}: {}",
            mebibytes(self.peak),
            mebibytes(MEMORY),
            verdict(self.peak <= MEMORY)
        )
    }
}
