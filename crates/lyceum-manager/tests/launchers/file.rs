//! Launchers on other machines that a file of agents names.

use lyceum::manager::{Fleet, Manager, Registry};
use lyceum::prelude::*;

use crate::agents::Counter;

/// Returns what comes of the launchers of a file.
fn launchers(text: &str) -> Result<(), String> {
    let registry = Registry::default().with::<Counter>();
    let fleet = Fleet::parse(text, "agents.toml", &registry).map_err(|error| error.to_string())?;
    let builder = Manager::builder(&Node::local());
    fleet.manager(builder, &registry).map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn all_options_have_a_word() {
    let text = r#"
        manager = "tcp://127.0.0.1:0"

        [launchers.node7]
        kind = "ssh"
        host = "node7"
        program = "/opt/farm/bin/farm"
        user = "ada"
        port = 2222
        identity = "farm-key"
        options = ["ConnectTimeout=5"]
        forward = true

        [launchers.cluster]
        kind = "slurm"
        folder = "jobs"
        partition = "compute"
        account = "farmers"
        cpus = 2
        memory = 512
        time = "4h"
        options = { constraint = "avx512" }
        setup = ["module load openmpi"]
        detached = true
    "#;
    assert_eq!(launchers(text), Ok(()));
}

#[tokio::test]
async fn wrong_options_are_told() {
    let slurm = |line: &str| {
        let text = format!("[launchers.cluster]\nkind = \"slurm\"\nfolder = \"jobs\"\n{line}\n");
        launchers(&text).unwrap_err()
    };
    assert!(slurm("time = \"soon\"").contains("such as 500ms"), "{}", slurm("time = \"soon\""));
    assert!(slurm("tiem = \"4h\"").contains("tiem"), "{}", slurm("tiem = \"4h\""));

    // Tests run in no pod.
    let pods = "[launchers.pods]\nkind = \"kubernetes\"\nimage = \"farm\"\nmemory = 64\n";
    let error = launchers(pods).unwrap_err();
    assert!(error.contains("KUBERNETES_SERVICE_HOST is not set"), "{error}");
    let error = launchers(&format!("{pods}config = \"nowhere\"\n")).unwrap_err();
    assert!(error.contains("cannot use `nowhere` as a configuration"), "{error}");
}
