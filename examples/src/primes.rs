//! A batch for a cluster: counts primes in jobs of Slurm, or wherever else it is told to.

use lyceum::manager::{ChildProcess, InProcess, Launcher, Manager, Program, Registry, Slurm};
use lyceum::network::{Network, Settings};
use lyceum::prelude::*;
use serde_json::json;

/// How many agents count.
const COUNTERS: u64 = 4;
/// How many numbers each of them looks at.
const SHARE: u64 = 2_500;

/// Adds up what others found.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Tally {
    total: u64,
}

#[agent]
impl Tally {
    #[action]
    fn add(&mut self, found: u64) -> u64 {
        self.total += found;
        self.total
    }
}

/// Counts the primes in its share of the numbers.
#[derive(serde::Deserialize)]
pub struct Counter {
    share: u64,
    tally: Handle<Tally>,
}

#[agent]
impl Counter {
    /// Counts, has the tally add that, and returns it.
    #[action]
    async fn count(&self) -> Result<u64, String> {
        let numbers = self.share * SHARE..(self.share + 1) * SHARE;
        let found = numbers.filter(|number| is_prime(*number)).count() as u64;
        self.tally.add(found).await.map_err(|error| error.to_string())?;
        Ok(found)
    }
}

fn is_prime(number: u64) -> bool {
    number > 1 && (2..).take_while(|by| by * by <= number).all(|by| !number.is_multiple_of(by))
}

/// Returns the program that launchers start anew for each agent.
pub fn program() -> Program {
    Program::new("primes", "1.0.0").with::<Tally>().with::<Counter>()
}

/// Counts in this process.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let registry = Registry::default().with::<Tally>().with::<Counter>();
    count(InProcess::new(registry), "tcp://127.0.0.1:0").await
}

/// Counts where a flag says: `--here`, `--processes`, or `--slurm`, which leaves its files in the
/// folder `jobs` and needs a `LYCEUM_TOKEN`.
///
/// Jobs dial this program at the address that follows, as in `--slurm tcp://10.1.2.3:0`; without it
/// they are on this machine, too.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run_by(flag: &str, listen: Option<String>) -> lyceum::Result<Vec<String>> {
    let listen = listen.unwrap_or_else(|| "tcp://127.0.0.1:0".into());
    match flag {
        "--here" => run().await,
        "--processes" => count(ChildProcess::new()?, &listen).await,
        "--slurm" => count(Slurm::new("jobs")?.memory(64), &listen).await,
        other => {
            let why = format!("`{other}` is no launcher: --here, --processes or --slurm");
            Err(std::io::Error::other(why).into())
        }
    }
}

async fn count(launcher: impl Launcher, listen: &str) -> lyceum::Result<Vec<String>> {
    let node = Node::local();
    let mut builder = Manager::builder(&node).listen(listen);
    if let Ok(secret) = std::env::var("LYCEUM_TOKEN") {
        Network::attach(&node, Settings::default().token(secret.clone()));
        builder = builder.token(secret);
    }
    let manager = builder.start(launcher).await?;

    // All know the tally, wherever it will be, and all start at once: in Slurm as one array.
    let mut batch = manager.batch();
    let tally: Handle<Tally> = batch.reserve("tally")?;
    let mut counters: Vec<Handle<Counter>> = Vec::new();
    for share in 0..COUNTERS {
        let name = format!("counter-{share}");
        counters.push(batch.reserve(&name)?);
        batch.made_from(&name, &json!({ "share": share, "tally": tally }))?;
    }
    batch.start().await?;

    // They count beside each other.
    let counting: Vec<_> = counters.iter().map(|counter| counter.count().send()).collect();
    let mut lines = Vec::new();
    for (share, found) in counting.into_iter().enumerate() {
        lines.push(format!("counter-{share} found {}", found.await?));
    }
    lines.push(format!("{} primes below {}", tally.add(0).await?, COUNTERS * SHARE));
    manager.shutdown().await;
    node.shutdown().await;
    Ok(lines)
}
