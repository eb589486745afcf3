//! Agents that are launched by ssh, through a real sshd with keys of its own.

use std::process::Command;

use lyceum::manager::{Exit, Health, Ssh, StartError, State, Stream};
use lyceum::prelude::*;
use serde_json::json;

use crate::agents::Counter;
use crate::farm::{self, has_printed, health, manager, until, wait_for_end, watch};
use crate::machine::{Daemon, Folder, free_port, not_run, output, program};

/// A machine that ssh reaches: this one.
struct Host {
    port: u16,
    _sshd: Daemon,
    /// Dropped last: sshd writes into it.
    folder: Folder,
}

impl Host {
    /// Starts sshd; `None`, with the reason noted, if this machine has none.
    async fn start(name: &str) -> Option<Self> {
        let (Some(sshd), Some(_)) = (program("sshd"), program("ssh")) else {
            not_run("sshd", "this machine has no OpenSSH server and client (openssh-server)");
            return None;
        };
        // Where sshd confines itself, if it is started by root.
        let _ = std::fs::create_dir_all("/run/sshd");
        let folder = Folder::new(name);
        let key = |name: &str| {
            let file = folder.0.join(name);
            let mut keygen = Command::new("ssh-keygen");
            output(keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&file));
            std::fs::read_to_string(file.with_extension("pub")).expect("it was made")
        };
        let host_key = key("host");
        folder.write("authorized", &key("user"));
        let port = free_port();
        folder.write("known", &format!("[127.0.0.1]:{port} {host_key}"));
        let path = folder.0.display();
        let configuration = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {path}/host\nPidFile none\nUsePAM no\n\
             AuthorizedKeysFile {path}/authorized\nStrictModes no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
             MaxStartups 100\n"
        );
        let configuration = folder.write("sshd_config", &configuration);
        let mut command = Command::new(sshd);
        command.args(["-D", "-E"]).arg(folder.0.join("log")).arg("-f").arg(configuration);
        let host = Self { port, _sshd: Daemon::start(&mut command), folder };
        until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
        Some(host)
    }

    fn launcher(&self) -> Ssh {
        let known = format!("UserKnownHostsFile={}", self.folder.0.join("known").display());
        Ssh::new("127.0.0.1", farm::program())
            .expect("there are threads")
            .port(self.port)
            .identity(self.folder.0.join("user"))
            .option(known)
            .option("StrictHostKeyChecking=yes")
    }
}

#[tokio::test]
async fn agent_on_another_machine_is_called_and_prints_here() {
    let Some(host) = Host::start("ssh-called").await else { return };
    let (manager, printed) = manager(host.launcher()).await;

    let launch = manager.launch::<Counter>(&json!({ "value": 3 })).named("counter");
    let counter = launch.await.unwrap();

    assert_eq!(counter.add(2).await.unwrap(), 5);
    let process = counter.process().await.unwrap();
    assert_ne!(process, std::process::id());
    counter.talk(2).await.unwrap();
    until(|| has_printed(&printed, "counter", "that was all")).await;
    assert!(has_printed(&printed, "counter", "line 1 of 2"));
    let said = |line: &lyceum::manager::OutputLine| line.stream == Stream::Error;
    assert!(printed.lock().unwrap().iter().any(said));

    let arguments = std::fs::read(format!("/proc/{process}/cmdline")).unwrap();
    let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
    assert!(arguments.ends_with("farm child --attached "), "{arguments}");
    let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains(farm::SECRET));
}

#[tokio::test]
async fn agents_on_other_machines_know_each_other_before_they_start() {
    let Some(host) = Host::start("ssh-members").await else { return };
    let (manager, _) = manager(host.launcher()).await;

    farm::know_each_other(&manager).await;

    manager.shutdown().await;
}

#[tokio::test]
async fn order_to_stop_and_to_end_reaches_the_other_machine() {
    let Some(host) = Host::start("ssh-ended").await else { return };
    let (manager, _) = manager(host.launcher()).await;
    let one: Handle<Counter> = manager.launch(&()).named("one").await.unwrap();
    let two: Handle<Counter> = manager.launch(&()).named("two").await.unwrap();
    let processes = [one.process().await.unwrap(), two.process().await.unwrap()].map(watch);

    assert!(manager.stop("one").await);
    assert!(manager.kill("two").await);

    for process in processes {
        wait_for_end(process).await;
    }
    let exits: Vec<_> = manager.list().into_iter().map(|health| health.last_exit).collect();
    assert_eq!(exits, [Some(Exit::Done), Some(Exit::Signal(9))], "by name");
}

#[tokio::test]
async fn process_that_hangs_ends_with_its_connection() {
    let Some(host) = Host::start("ssh-hanging").await else { return };
    let (manager, _) = manager(host.launcher()).await;
    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();
    let process = counter.process().await.unwrap();
    let ended = watch(process);
    let id = rustix::process::Pid::from_raw(process.cast_signed()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::STOP).unwrap();

    drop(manager);

    // It cannot read that its input has ended: the system kills it with its parent.
    wait_for_end(ended).await;
}

#[tokio::test]
async fn killed_process_is_started_again_there() {
    let Some(host) = Host::start("ssh-restarted").await else { return };
    let (manager, _) = manager(host.launcher()).await;
    let launch = manager.launch::<Counter>(&()).named("counter").restart(Restart::default());
    let counter = launch.await.unwrap();
    let id = counter.process().await.unwrap();

    let id = rustix::process::Pid::from_raw(id.cast_signed()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();

    let again = |health: &Health| health.restarts == 1;
    let again = health(&manager, "counter", again).await;
    assert!(again.last_failure.unwrap().contains("it was killed on `127.0.0.1`"));
    assert_eq!(counter.add(1).await.unwrap(), 1, "a new state behind the same handle");
}

#[tokio::test]
async fn agent_finds_back_through_the_connection_alone() {
    let Some(host) = Host::start("ssh-forwarded").await else { return };
    let (manager, printed) = manager(host.launcher().forward()).await;

    let counter: Handle<Counter> = manager.launch(&()).named("counter").await.unwrap();

    assert_eq!(counter.add(2).await.unwrap(), 2);
    counter.talk(1).await.unwrap();
    until(|| has_printed(&printed, "counter", "that was all")).await;
    assert!(manager.stop("counter").await);
}

#[tokio::test]
async fn what_ssh_says_is_told() {
    let Some(host) = Host::start("ssh-refused").await else { return };
    let why = |error: StartError| match error {
        StartError::Start { why, .. } => why,
        other => panic!("{other}"),
    };

    let stranger = host.launcher().user("nobody-of-that-name");
    let (manager, _) = manager(stranger).await;
    let error = manager.launch::<Counter>(&()).await.unwrap_err();
    assert!(why(error).contains("Permission denied"));
    assert!(matches!(manager.list()[0].state, State::Ended(_)));

    let nowhere = Ssh::new("127.0.0.1", "/nowhere/farm").unwrap().port(host.port);
    let known = format!("UserKnownHostsFile={}", host.folder.0.join("known").display());
    let nowhere = nowhere.identity(host.folder.0.join("user")).option(known);
    let (manager, _) = farm::manager(nowhere).await;
    let error = why(manager.launch::<Counter>(&()).await.unwrap_err());
    assert!(error.contains("/nowhere/farm"), "{error}");
}

#[tokio::test]
async fn manager_that_nobody_reaches_does_not_begin() {
    let launcher = Ssh::new("127.0.0.1", "farm").unwrap();

    let error = lyceum::manager::Manager::builder(&Node::local()).start(launcher).await;

    let error = error.unwrap_err().to_string();
    assert!(error.contains("by `listen` or `announce`"), "{error}");
}
