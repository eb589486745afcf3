//! The program whose agents are launched, and managers of them.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lyceum::manager::{Health, Launcher, Manager, ManagerBuilder, OutputLine, State};
use lyceum::network::{Network, Settings};
use lyceum::prelude::*;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde_json::json;

use crate::agents::Counter;

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(60);
/// What nodes show each other.
pub(crate) const SECRET: &str = "a-secret-of-these-tests";

/// Returns the example `farm`, which is built with these tests.
pub(crate) fn program() -> PathBuf {
    let test = std::env::current_exe().expect("it runs");
    let built = test.parent().and_then(Path::parent).expect("it lies in `deps`");
    let farm = built.join("examples/farm");
    assert!(farm.exists(), "build it with `cargo build -p lyceum-manager --examples`");
    farm
}

/// What agents printed.
pub(crate) type Printed = Arc<Mutex<Vec<OutputLine>>>;

/// Makes a manager that other machines reach: on loopback, for they are this one.
pub(crate) async fn manager(launcher: impl Launcher) -> (Manager, Printed) {
    let node = Node::local();
    Network::attach(&node, Settings::default().token(SECRET));
    let printed = Printed::default();
    let taken = printed.clone();
    let builder: ManagerBuilder = Manager::builder(&node)
        .listen("tcp://127.0.0.1:0")
        .token(SECRET)
        .on_output(move |line: &OutputLine| taken.lock().unwrap().push(line.clone()));
    (builder.start(launcher).await.expect("it starts"), printed)
}

/// Makes a manager that remembers its agents in a folder, for the next one.
pub(crate) async fn remembering(launcher: impl Launcher, state: &Path) -> (Manager, Node) {
    let node = Node::local();
    Network::attach(&node, Settings::default().token(SECRET));
    let builder = Manager::builder(&node).listen("tcp://127.0.0.1:0").token(SECRET).state(state);
    (builder.start(launcher).await.expect("it starts"), node)
}

/// Has a manager end that leaves an agent behind, and the next one go on with it; returns the
/// agent's process, and the next manager.
pub(crate) async fn adopted<L: Launcher>(
    launcher: impl Fn() -> L,
    state: &Path,
) -> (OwnedFd, Manager) {
    let (former, node) = remembering(launcher(), state).await;
    let launch = former.launch::<Counter>(&()).named("counter").restart(Restart::default());
    let counter = launch.await.unwrap();
    assert_eq!(counter.add(2).await.unwrap(), 2);
    let process = counter.process().await.unwrap();
    drop(former);
    node.shutdown().await;

    let (next, _) = remembering(launcher(), state).await;

    let up = health(&next, "counter", |health| health.state == State::Up).await;
    assert_eq!(up.restarts, 0);
    let counter: Handle<Counter> = next.find("counter").unwrap();
    assert_eq!(counter.process().await.unwrap(), process);
    assert_eq!(counter.add(3).await.unwrap(), 5, "it has its state");
    (watch(process), next)
}

/// Starts two agents that know each other before they start, and call each other.
pub(crate) async fn know_each_other(manager: &Manager) {
    let mut batch = manager.batch();
    let left: Handle<Counter> = batch.reserve("left").unwrap();
    let right: Handle<Counter> = batch.reserve("right").unwrap();
    batch.made_from("left", &json!({ "value": 10, "other": right })).unwrap();
    batch.made_from("right", &json!({ "value": 20, "other": left })).unwrap();

    batch.start().await.unwrap();

    assert_eq!(left.add_there(1).await.unwrap(), 21);
    assert_eq!(right.add_there(2).await.unwrap(), 12);
}

/// Returns whether a line was printed.
pub(crate) fn has_printed(printed: &Printed, agent: &str, text: &str) -> bool {
    let lines = printed.lock().unwrap();
    lines.iter().any(|line| line.agent.as_str() == agent && line.text == text)
}

/// Waits until something is so.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let look = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, look).await.expect("it comes to that");
}

/// Looks at an agent until it is as expected.
pub(crate) async fn health(
    manager: &Manager,
    name: &str,
    expected: impl Fn(&Health) -> bool,
) -> Health {
    let find = || manager.list().into_iter().find(|health| health.name == name);
    until(|| find().is_some_and(|health| expected(&health))).await;
    find().expect("it was there")
}

/// Something that tells when a process ends, whoever its parent is.
pub(crate) fn watch(process: u32) -> OwnedFd {
    let id = Pid::from_raw(process.cast_signed()).expect("it is no zero");
    pidfd_open(id, PidfdFlags::empty()).expect("it lives")
}

/// Waits for the end of a process.
pub(crate) async fn wait_for_end(process: OwnedFd) {
    let wait = move || {
        let limit = LONG.try_into().expect("it is short enough");
        let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit));
        assert_eq!(ended, Ok(1), "the process lives on");
    };
    tokio::task::spawn_blocking(wait).await.expect("it ended");
}
