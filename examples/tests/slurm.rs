//! The batch of primes as jobs of a real Slurm.

#[path = "../../crates/lyceum-manager/tests/launchers/slurm/cluster.rs"]
#[expect(dead_code, reason = "the example has a launcher of its own, and no job is disturbed")]
mod cluster;
#[path = "../../crates/lyceum-manager/tests/launchers/machine.rs"]
#[expect(dead_code, reason = "nothing that the daemons print is read")]
mod machine;

use std::process::Command;

/// What the cluster asks of who uses it.
mod farm {
    use std::path::PathBuf;
    use std::time::Duration;

    use tokio::time::{sleep, timeout};

    /// Longer than it takes for a cluster to start.
    const LONG: Duration = Duration::from_secs(60);

    pub(crate) fn program() -> PathBuf {
        env!("CARGO_BIN_EXE_primes").into()
    }

    /// Waits until something is so.
    pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
        let look = async {
            while !is_so() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(LONG, look).await.expect("it comes to that");
    }
}

/// It was written, and had never been run on a cluster.
#[tokio::test]
async fn primes_are_counted_by_an_array_of_jobs() {
    let Some(cluster) = cluster::Cluster::start("slurm-primes").await else { return };
    let mut primes = Command::new(farm::program());
    primes.arg("--slurm").current_dir(&cluster.folder.0);
    primes.env("SLURM_CONF", cluster.folder.0.join("slurm.conf"));
    primes.env("LYCEUM_TOKEN", "a-secret-of-this-test");

    let printed = machine::output(&mut primes);

    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 5, "{printed}");
    assert_eq!(lines[4], "1229 primes below 10000");
    let ends = cluster.ask("squeue", &["-h", "-r", "-t", "all", "-o", "%i %T"]);
    assert_eq!(ends.lines().filter(|job| job.starts_with("1_")).count(), 5, "one array: {ends}");
    assert!(!ends.contains("CANCELLED"), "they heard SIGTERM and ended by themselves: {ends}");
    let left = std::fs::read_dir(cluster.folder.0.join("jobs")).expect("it is there").count();
    assert_eq!((cluster.jobs().len(), left), (0, 0), "nothing is left of the jobs");
}
