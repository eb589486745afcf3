//! Agents in the pods of a small cluster of our own, which `kubectl` works with, too.
//!
//! No real cluster is used: there is none to be had on a machine of tests.

mod cluster;
mod guard;
mod kubelet;
mod routes;

use std::process::Command;

use cluster::Cluster;
use futures_util::future::{join_all, try_join_all};
use guard::Guard;
use lyceum::manager::{Exit, Health, Kubernetes, StartError, State};
use lyceum::prelude::*;
use serde_json::json;

use crate::agents::Counter;
use crate::farm::{self, adopted, has_printed, health, manager, until, wait_for_end, watch};
use crate::gathering::Gathering;
use crate::machine::{Folder, not_run, output, program};

fn launcher(cluster: &Cluster) -> Kubernetes {
    let image = farm::program().display().to_string();
    let launcher = Kubernetes::at(&cluster.url, image).expect("it is near");
    launcher.poll(Duration::from_secs(1)).grace(Duration::from_secs(5))
}

fn is_empty(cluster: &Cluster) -> bool {
    ["pods", "deployments", "jobs", "secrets"].iter().all(|kind| cluster.names(kind).is_empty())
}

#[tokio::test]
async fn agent_in_a_deployment_is_called_prints_and_leaves_nothing_behind() {
    let cluster = Cluster::start("kube-called");
    let (manager, printed) = manager(launcher(&cluster)).await;

    let launch = manager.launch::<Counter>(&json!({ "value": 3 })).named("counter");
    let counter = launch.await.unwrap();

    assert_eq!(counter.add(2).await.unwrap(), 5);
    counter.talk(2).await.unwrap();
    until(|| has_printed(&printed, "counter", "that was all")).await;
    assert!(has_printed(&printed, "counter", "line 1 of 2"));
    let name = cluster.names("deployments").pop().unwrap();
    let deployment = cluster.thing("deployments", &name);
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert!(!deployment.to_string().contains(farm::SECRET), "tickets are in a secret");
    let secret = cluster.thing("secrets", &name);
    assert_eq!(secret["metadata"]["ownerReferences"][0]["uid"], deployment["metadata"]["uid"]);

    assert!(manager.stop("counter").await);

    assert_eq!(manager.list()[0].last_exit, Some(Exit::Done));
    until(|| is_empty(&cluster)).await;
}

#[tokio::test]
async fn members_of_a_job_know_each_other_before_they_start() {
    let cluster = Cluster::start("kube-members");
    let (manager, _) = manager(launcher(&cluster)).await;

    farm::know_each_other(&manager).await;

    assert_eq!(cluster.names("jobs").len(), 1);
    manager.shutdown().await;
}

#[tokio::test]
async fn batch_is_one_job_with_an_index_for_each() {
    let cluster = Cluster::start("kube-batch");
    let (manager, _) = manager(Gathering::of(launcher(&cluster), 5)).await;

    let launches = (0..5).map(|number| {
        let arguments = json!({ "value": number });
        manager.launch::<Counter>(&arguments).named(format!("counter-{number}")).into_future()
    });
    let counters = try_join_all(launches).await.unwrap();

    let values = join_all(counters.iter().map(|counter| counter.add(10).into_future())).await;
    let values: Vec<_> = values.into_iter().map(Result::unwrap).collect();
    assert_eq!(values, [10, 11, 12, 13, 14]);
    assert_eq!((cluster.names("jobs").len(), cluster.names("pods").len()), (1, 5));
    assert_eq!(cluster.names("secrets").len(), 1);

    // The end of one is its own.
    assert!(manager.kill("counter-2").await);
    assert_eq!(counters[3].add(0).await.unwrap(), 13);
    assert_eq!(cluster.names("jobs").len(), 1);
    manager.shutdown().await;
    until(|| is_empty(&cluster)).await;
}

#[tokio::test]
async fn pod_that_fails_or_is_taken_away_is_one_more_start() {
    let cluster = Cluster::start("kube-outside");
    let (manager, _) = manager(launcher(&cluster)).await;
    let launch = manager.launch::<Counter>(&()).named("counter").restart(Restart::default());
    let counter = launch.await.unwrap();
    let again =
        |times| move |health: &Health| health.restarts == times && health.state == State::Up;

    counter.exit(3).await.unwrap_err();
    let failed = health(&manager, "counter", again(1)).await;
    assert_eq!(failed.last_exit, Some(Exit::Code(3)));
    assert_eq!(counter.add(1).await.unwrap(), 1, "a new state behind the same handle");

    let deployment = cluster.names("deployments").pop().unwrap();
    let is_its = |pod: &String| pod.starts_with(&deployment);
    let pod = cluster.names("pods").into_iter().find(is_its).unwrap();
    cluster.evict(&pod);
    let evicted = health(&manager, "counter", again(2)).await;
    assert!(matches!(evicted.last_exit, Some(Exit::Evicted(_))), "{evicted:?}");
    assert_eq!(counter.add(1).await.unwrap(), 1);
    until(|| cluster.names("deployments").len() == 1).await;
}

/// A pod that was gone before anybody had looked at it counted as one that is still to come, and
/// whoever waited for its end did so for ever.
#[tokio::test]
async fn pod_that_nobody_has_seen_yet_can_be_killed() {
    let cluster = Cluster::start("kube-unseen");
    let (manager, _) = manager(launcher(&cluster).poll(Duration::from_secs(3600))).await;
    let _: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();

    assert!(manager.kill("counter").await);

    assert_eq!(manager.list()[0].last_exit, Some(Exit::Signal(9)));
}

#[tokio::test]
async fn what_the_cluster_refuses_or_cannot_run_is_told() {
    let cluster = Cluster::start("kube-refused");
    let why = |error: StartError| match error {
        StartError::Start { why, .. } => why,
        other => panic!("{other}"),
    };

    let nowhere = Kubernetes::at(&cluster.url, "/nowhere/farm").unwrap();
    let (manager, _) = manager(nowhere.poll(Duration::from_secs(1))).await;
    let error = why(manager.launch::<Counter>(&()).await.unwrap_err());
    assert!(error.contains("its image cannot be had: no image /nowhere/farm"), "{error}");

    cluster.forbid("deployments");
    let (manager, _) = farm::manager(launcher(&cluster)).await;
    let error = why(manager.launch::<Counter>(&()).await.unwrap_err());
    assert!(error.contains("403") && error.contains("may not make any"), "{error}");
    until(|| is_empty(&cluster)).await;

    let large = json!({ "value": 3, "text": "x".repeat(1_100_000) });
    let error = why(manager.launch_any("Counter", large).await.unwrap_err());
    assert!(error.contains("bytes of tickets into a secret"), "{error}");
}

#[tokio::test]
async fn certificates_and_tokens_of_a_configuration_are_used() {
    let (guard, other) = (Guard::new("let-me-in"), Guard::new("let-me-in"));
    let (right, wrong) = (guard.configuration("let-me-in"), guard.configuration("guessed"));
    let stranger = other.configuration("let-me-in");
    let cluster = Cluster::guarded("kube-guarded", Some(guard));
    let folder = Folder::new("kube-configurations");
    let launcher = |name: &str, configuration: &str| {
        // In brackets: base64 of a certificate has any three letters, sooner or later.
        let file = folder.write(name, &configuration.replace("<URL>", &cluster.url));
        let image = farm::program().display().to_string();
        Kubernetes::kubeconfig(file, image).expect("it can be read").poll(Duration::from_secs(1))
    };

    let (manager, printed) = manager(launcher("right", &right)).await;
    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();
    counter.talk(1).await.unwrap();
    until(|| has_printed(&printed, "counter", "that was all")).await;
    manager.shutdown().await;

    for (name, configuration, expected) in
        [("wrong", wrong, "401 Unauthorized): who are you"), ("stranger", stranger, "certificate")]
    {
        let (manager, _) = farm::manager(launcher(name, &configuration)).await;
        let error = manager.launch::<Counter>(&()).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("guessed"), "{error}");
    }
}

#[tokio::test]
async fn next_manager_goes_on_with_detached_pods() {
    let cluster = Cluster::start("kube-adopted");
    let folder = Folder::new("kube-managers");

    let (process, manager) =
        adopted(|| launcher(&cluster).detached(), &folder.0.join("state")).await;

    assert_eq!(cluster.names("deployments").len(), 1);
    assert!(manager.stop("counter").await);
    wait_for_end(process).await;
    until(|| is_empty(&cluster)).await;
}

#[tokio::test]
async fn last_manager_takes_its_pods_along() {
    let cluster = Cluster::start("kube-dropped");
    let (manager, _) = manager(launcher(&cluster)).await;
    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();
    let process = watch(counter.process().await.unwrap());

    drop(manager);

    wait_for_end(process).await;
    until(|| is_empty(&cluster)).await;
}

#[tokio::test]
async fn kubectl_works_with_the_same_cluster() {
    let Some(kubectl) = program("kubectl") else {
        return not_run("kubectl", "this machine has no kubectl (kubernetes-client)");
    };
    let cluster = Cluster::start("kube-kubectl");
    let (manager, printed) = manager(launcher(&cluster)).await;
    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();
    counter.talk(1).await.unwrap();
    until(|| has_printed(&printed, "counter", "that was all")).await;
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(&kubectl);
        let command = command.env("KUBECONFIG", "/dev/null").args(["--server", &cluster.url]);
        output(command.args(arguments))
    };

    let pods = ask(&["get", "pods", "--selector", "app.kubernetes.io/managed-by=lyceum"]);
    let pod = cluster.names("pods").pop().unwrap();
    assert!(pods.contains(&pod), "{pods}");
    assert!(ask(&["logs", &pod]).contains("line 0 of 1"));
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: other }\ndata: { a: YQ== }\n";
    let folder = Folder::new("kube-manifest");
    let file = folder.write("secret.yaml", secret).display().to_string();
    assert!(ask(&["apply", "--validate=false", "-f", &file]).contains("secret/other created"));
    assert!(ask(&["get", "secret", "other", "-o", "name"]).contains("secret/other"));
    ask(&["delete", "--wait=false", "secret", "other"]);
    assert!(!cluster.names("secrets").contains(&"other".into()));

    // The manifests of the project are understood; there is no such image here.
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/manager.yaml");
    let applied = ask(&["apply", "--validate=false", "-f", manifest]);
    assert_eq!(applied.matches(" created").count(), 6, "{applied}");
    ask(&["delete", "--wait=false", "-f", manifest]);

    // What kubectl deletes is missed by the manager.
    let name = cluster.names("deployments").pop().unwrap();
    ask(&["delete", "--wait=false", "deployment", &name]);
    let ended = health(&manager, "counter", |health| matches!(health.state, State::Ended(_))).await;
    assert!(matches!(ended.last_exit, Some(Exit::Evicted(_))), "{ended:?}");
}
