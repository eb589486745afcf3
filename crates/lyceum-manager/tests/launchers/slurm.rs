//! Agents as jobs of a real Slurm.

mod cluster;

use std::io::BufRead;
use std::os::unix::fs::PermissionsExt;

use cluster::Cluster;
use futures_util::future::{join_all, try_join_all};
use lyceum::manager::{Exit, Health, State};
use lyceum::prelude::*;
use serde_json::json;

use crate::agents::Counter;
use crate::farm::{self, adopted, has_printed, health, manager, until, wait_for_end, watch};
use crate::gathering::Gathering;
use crate::machine::Daemon;

/// The cluster's own view of jobs that ended, as in `COMPLETED`.
fn ends(cluster: &Cluster) -> Vec<String> {
    let ends = cluster.ask("squeue", &["-h", "-r", "-t", "all", "-o", "%T"]);
    ends.lines().map(|line| line.trim().to_owned()).collect()
}

#[tokio::test]
async fn agent_is_a_job_that_is_called_prints_and_stops_in_order() {
    let Some(cluster) = Cluster::start("slurm-called").await else { return };
    let (manager, printed) = manager(cluster.launcher()).await;

    let launch = manager.launch::<Counter>(&json!({ "value": 3 })).named("counter");
    let counter = launch.await.unwrap();

    assert_eq!(counter.add(2).await.unwrap(), 5);
    counter.talk(2).await.unwrap();
    until(|| has_printed(&printed, "counter", "that was all")).await;
    assert!(has_printed(&printed, "counter", "line 1 of 2"));
    assert_eq!((cluster.jobs().len(), cluster.steps().len()), (1, 1));
    // The job has read its ticket, which nobody else could have.
    let folder = cluster.folder.0.join("jobs");
    let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let tickets = |folder: &std::path::Path| {
        let batches = std::fs::read_dir(folder).unwrap().map(|one| one.unwrap().path());
        batches.filter(|batch| batch.join("0.ticket").exists()).count()
    };
    assert_eq!(tickets(&folder), 0);
    let process = counter.process().await.unwrap();
    let arguments = std::fs::read(format!("/proc/{process}/cmdline")).unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains(farm::SECRET));

    assert!(manager.stop("counter").await);

    let ended = &manager.list()[0];
    assert_eq!((&ended.last_exit, ended.restarts), (&Some(Exit::Done), 0));
    assert!(!ends(&cluster).contains(&"CANCELLED".into()), "it heard SIGTERM and ended by itself");
    until(|| std::fs::read_dir(&folder).unwrap().count() == 0).await;
}

#[tokio::test]
async fn batch_is_one_array() {
    let Some(cluster) = Cluster::start("slurm-batch").await else { return };
    let (manager, printed) = manager(Gathering::of(cluster.launcher(), 5)).await;

    let launches = (0..5).map(|number| {
        let arguments = json!({ "value": number });
        manager.launch::<Counter>(&arguments).named(format!("counter-{number}")).into_future()
    });
    let counters = try_join_all(launches).await.unwrap();

    let values = join_all(counters.iter().map(|counter| counter.add(10).into_future())).await;
    let values: Vec<_> = values.into_iter().map(Result::unwrap).collect();
    assert_eq!(values, [10, 11, 12, 13, 14]);
    let jobs = cluster.jobs();
    let arrays: std::collections::BTreeSet<_> =
        jobs.iter().map(|job| job.split_once('_').expect("it is of an array").0).collect();
    assert_eq!((jobs.len(), arrays.len()), (5, 1), "{jobs:?}");

    // The end of one is its own.
    counters[2].talk(1).await.unwrap();
    until(|| has_printed(&printed, "counter-2", "that was all")).await;
    assert!(manager.kill("counter-2").await);
    assert_eq!(cluster.jobs().len(), 4);
    assert_eq!(counters[3].add(0).await.unwrap(), 13);
    manager.shutdown().await;
    assert!(cluster.jobs().is_empty());
}

#[tokio::test]
async fn members_of_an_array_know_each_other_before_they_start() {
    let Some(cluster) = Cluster::start("slurm-members").await else { return };
    let (manager, _) = manager(cluster.launcher()).await;

    farm::know_each_other(&manager).await;

    assert_eq!(cluster.jobs().len(), 2);
    manager.shutdown().await;
}

#[tokio::test]
async fn job_that_is_killed_or_cancelled_from_outside_starts_again() {
    let Some(cluster) = Cluster::start("slurm-outside").await else { return };
    let (manager, _) = manager(cluster.launcher()).await;
    let launch = manager.launch::<Counter>(&()).named("counter").restart(Restart::default());
    let counter = launch.await.unwrap();
    counter.add(5).await.unwrap();

    // The agent stops in good order, but nobody here had asked for it.
    let job = cluster.jobs().pop().unwrap();
    cluster.ask("scancel", &[&job]);

    let again =
        |times| move |health: &Health| health.restarts == times && health.state == State::Up;
    let evicted = health(&manager, "counter", again(1)).await;
    assert!(matches!(evicted.last_exit, Some(Exit::Evicted(_))), "{evicted:?}");
    assert_eq!(counter.add(1).await.unwrap(), 1, "a new job behind the same handle");
    assert_ne!(cluster.jobs(), [job]);

    let job = cluster.jobs().pop().unwrap();
    cluster.ask("scancel", &["--full", "--signal=KILL", &job]);

    health(&manager, "counter", again(2)).await;
    assert_eq!(counter.add(1).await.unwrap(), 1);
    manager.shutdown().await;
}

#[tokio::test]
async fn agent_whose_time_is_almost_up_stops_in_order_and_starts_again() {
    let Some(cluster) = Cluster::start("slurm-time").await else { return };
    let (manager, _) = manager(cluster.launcher().time(Duration::from_secs(60))).await;
    let launch = manager.launch::<Counter>(&()).named("counter").restart(Restart::default());
    launch.await.unwrap();

    let again = |health: &Health| health.restarts == 1 && health.state == State::Up;
    let ended = health(&manager, "counter", again).await;

    // Slurm had told it before it killed it.
    let Some(Exit::Evicted(why)) = ended.last_exit else { panic!("{ended:?}") };
    assert!(why.contains("told to end by SIGTERM"), "{why}");
    assert!(!ends(&cluster).contains(&"TIMEOUT".into()));
    manager.shutdown().await;
}

#[tokio::test]
async fn agents_of_a_lost_node_start_again_when_there_is_one() {
    let Some(cluster) = Cluster::start("slurm-lost").await else { return };
    let (manager, _) = manager(cluster.launcher()).await;
    let launch = manager.launch::<Counter>(&()).named("counter").restart(Restart::default());
    let counter = launch.await.unwrap();
    let process = watch(counter.process().await.unwrap());

    cluster.lose_node();

    wait_for_end(process).await;
    let lost = health(&manager, "counter", |health| health.restarts == 1).await;
    assert_eq!(lost.state, State::Restarting);
    let call = counter.add(1).no_timeout().send();
    cluster.find_node();
    assert_eq!(call.await.unwrap(), 1, "it waited");
    manager.shutdown().await;
}

#[tokio::test]
async fn job_that_waits_for_its_turn_is_patient_and_can_be_taken_back() {
    let Some(cluster) = Cluster::start("slurm-waiting").await else { return };
    let (manager, _) = manager(cluster.launcher().memory(600)).await;
    let first: Handle<Counter> = manager.launch(&()).named("first").await.unwrap();
    let second = manager.launch::<Counter>(&()).named("second").into_future();
    let third = manager.launch::<Counter>(&()).named("third").into_future();
    let meanwhile = async {
        until(|| cluster.jobs().len() == 3).await;
        assert!(manager.stop("third").await, "it never ran");
        assert_eq!(first.add(1).await.unwrap(), 1);
        assert!(manager.stop("first").await);
    };

    let (second, third, ()) = tokio::join!(second, third, meanwhile);

    assert_eq!(second.unwrap().add(1).await.unwrap(), 1);
    assert!(third.is_err());
    manager.shutdown().await;
}

#[tokio::test]
async fn what_slurm_refuses_is_told_and_nothing_stays_behind() {
    let Some(cluster) = Cluster::start("slurm-refused").await else { return };
    let (manager, _) = manager(cluster.launcher().partition("nowhere")).await;

    let error = manager.launch::<Counter>(&()).await.unwrap_err().to_string();

    assert!(error.contains("`sbatch` failed") && error.contains("partition"), "{error}");
    let left = std::fs::read_dir(cluster.folder.0.join("jobs")).unwrap().count();
    assert_eq!(left, 0);
}

/// A program of its own, which runs a file of agents in the cluster.
fn run(cluster: &Cluster, text: &str) -> (Daemon, Vec<String>) {
    let file = cluster.folder.write("agents.toml", text);
    let mut command = std::process::Command::new(farm::program());
    command.arg("run").arg(file).env("LYCEUM_TOKEN", farm::SECRET);
    command.env("SLURM_CONF", cluster.folder.0.join("slurm.conf"));
    let (daemon, printed) = Daemon::reading(&mut command);
    // One line for each agent, when all are ready.
    (daemon, printed.lines().take(3).map_while(Result::ok).collect())
}

const FILE: &str = r#"
    manager = "tcp://127.0.0.1:0"
    restart = { limit = 3 }

    [launchers.cluster]
    kind = "slurm"
    folder = "jobs"
    memory = 50
    time = "30m"
    options = { comment = "a #1 test" }
    setup = ["export FROM_FILE=yes"]

    [[agents]]
    type = "Counter"
    name = "counter"
    count = 3
    launcher = "cluster"
"#;

#[tokio::test]
async fn jobs_of_a_file_end_with_their_manager_however_that_ends() {
    let Some(cluster) = Cluster::start("slurm-file").await else { return };

    let (manager, printed) = run(&cluster, FILE);

    assert_eq!(printed.len(), 3);
    let jobs = cluster.ask("squeue", &["-h", "-r", "-o", "%i %k %l"]);
    assert_eq!(jobs.lines().count(), 3, "{jobs}");
    assert!(jobs.lines().all(|job| job.contains('_') && job.contains("a #1 test 30:00")), "{jobs}");

    // With SIGKILL: it says nothing to anybody.
    drop(manager);

    until(|| cluster.jobs().is_empty()).await;
}

#[tokio::test]
async fn next_manager_goes_on_with_detached_jobs() {
    let Some(cluster) = Cluster::start("slurm-adopted").await else { return };
    let state = cluster.folder.0.join("managers");

    let (process, manager) = adopted(|| cluster.launcher().detached(), &state).await;

    assert_eq!(cluster.jobs().len(), 1);
    assert!(manager.stop("counter").await);
    wait_for_end(process).await;
    assert_eq!(manager.list()[0].last_exit, Some(Exit::Done));
    let jobs = cluster.folder.0.join("jobs");
    until(|| std::fs::read_dir(&jobs).unwrap().count() == 0).await;
    manager.shutdown().await;
}

#[tokio::test]
async fn last_manager_takes_its_jobs_along() {
    let Some(cluster) = Cluster::start("slurm-dropped").await else { return };
    let (manager, _) = manager(cluster.launcher()).await;
    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();
    let process = watch(counter.process().await.unwrap());

    drop(manager);

    wait_for_end(process).await;
    until(|| cluster.jobs().is_empty()).await;
}
