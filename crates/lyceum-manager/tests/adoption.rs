//! Managers that go on where one was killed, with -9.

#[path = "../examples/farm/agents.rs"]
mod agents;
#[path = "processes/farm.rs"]
mod farm;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use agents::Counter;
use farm::{LONG, farm, pid, until, wait_for_end, watch};
use lyceum::manager::{ChildProcess, DetachedProcess, Manager, ManagerError, State};
use lyceum::prelude::*;
use rustix::process::{Signal, kill_process};
use serde_json::json;

/// A directory of state, which is removed at last.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let place = std::env::temp_dir().join(format!("lyceum-{name}-{}", std::process::id()));
        Self(place)
    }

    fn output(&self) -> PathBuf {
        self.0.join("output")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A test that failed early has not made it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A manager in a process of its own: the farm, which runs a file.
struct Run(Child);

impl Run {
    /// Runs agents of a file, and waits until they are ready.
    fn of(place: &Path, text: &str, agents: usize) -> Self {
        std::fs::create_dir_all(place).unwrap();
        let file = place.join("agents.toml");
        std::fs::write(&file, text).unwrap();
        let state = place.join("state");
        let mut command = Command::new(farm());
        command.arg("run").arg(file).arg("--state").arg(state);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let ready: Vec<_> = output.lines().take(agents).map_while(Result::ok).collect();
        assert_eq!(ready.len(), agents, "{ready:?}");
        Self(child)
    }

    fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn next_manager(place: &Place) -> Manager {
    let detached = DetachedProcess::of(farm(), place.output()).unwrap();
    let builder = Manager::builder(&Node::local()).launcher("apart", detached);
    let builder = builder.state(place.0.join("state")).heartbeat(Duration::from_millis(500));
    builder.start(ChildProcess::of(farm()).unwrap()).await.unwrap()
}

const LAUNCHERS: &str = r#"
    [launchers.apart]
    kind = "detached"
    output = "output"

    [[agents]]
    type = "Counter"
    name = "kept"
    launcher = "apart"
    restart = { limit = 3 }

    [[agents]]
    type = "Counter"
    name = "renewed"
    arguments = { value = 10 }
    restart = { limit = 3 }

    [[agents]]
    type = "Counter"
    name = "lost"
"#;

#[tokio::test]
async fn next_manager_goes_on_with_what_lives_and_starts_the_rest_again() {
    let place = Place::new("adoption");
    let run = Run::of(&place.0, LAUNCHERS, 3);
    let kept = socket(&place, 1, "kept").await;
    assert_eq!(kept.add(1).await.unwrap(), 1);
    let process = kept.process().await.unwrap();

    run.kill();
    let manager = next_manager(&place).await;

    // Nobody has restarted it, and it is looked after as any.
    let health = until(&manager, "kept", |health| health.state == State::Up).await;
    assert_eq!((health.process, health.restarts), (Some(process), 0));
    let kept: Handle<Counter> = manager.find("kept").unwrap();
    assert_eq!(kept.add(1).await.unwrap(), 2, "it has its state");
    until(&manager, "renewed", |health| health.state == State::Up && health.restarts == 1).await;
    let renewed: Handle<Counter> = manager.find("renewed").unwrap();
    assert_eq!(renewed.add(1).await.unwrap(), 11);
    assert_eq!(manager.ended("lost").await.unwrap(), "it ended with its former manager");
    assert!(manager.find::<Counter>("lost").is_none());

    kill_process(pid(process), Signal::KILL).unwrap();
    until(&manager, "kept", |health| health.state == State::Up && health.restarts == 1).await;
    assert_eq!(kept.add(1).await.unwrap(), 1, "it began anew");
    let ended = watch(kept.process().await.unwrap());
    assert!(manager.stop("kept").await);
    wait_for_end(&ended);
    manager.shutdown().await;
    let record = std::fs::read_to_string(place.0.join("state/agents.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["agents"], json!([]), "nobody is left to be taken over");
}

#[tokio::test]
async fn agent_that_is_taken_over_is_stopped_in_order() {
    let place = Place::new("taken-over");
    let run = Run::of(&place.0, LAUNCHERS, 3);
    let process = watch(socket(&place, 1, "kept").await.process().await.unwrap());
    run.kill();
    let manager = next_manager(&place).await;
    until(&manager, "kept", |health| health.state == State::Up).await;

    assert!(manager.stop("kept").await);

    wait_for_end(&process);
    let health = manager.health("kept").await.unwrap();
    assert_eq!((health.state, health.failed), (State::Ended("it was stopped".into()), false));
    manager.shutdown().await;
}

#[tokio::test]
async fn agent_that_died_meanwhile_is_started_again() {
    let place = Place::new("died");
    let run = Run::of(&place.0, LAUNCHERS, 3);
    let process = socket(&place, 1, "kept").await.process().await.unwrap();
    let ended = watch(process);
    run.kill();
    kill_process(pid(process), Signal::KILL).unwrap();
    wait_for_end(&ended);

    let manager = next_manager(&place).await;

    let health =
        until(&manager, "kept", |health| health.state == State::Up && health.restarts == 1).await;
    assert_ne!(health.process, Some(process));
    assert_eq!(health.last_failure.as_deref(), Some("it ended with its former manager"));
    manager.shutdown().await;
}

#[tokio::test]
async fn what_an_agent_printed_without_a_manager_is_not_lost() {
    let place = Place::new("printed");
    let run = Run::of(&place.0, LAUNCHERS, 3);
    let kept = socket(&place, 1, "kept").await;
    run.kill();
    kept.talk(3).await.unwrap();

    let manager = {
        let detached = DetachedProcess::of(farm(), place.output()).unwrap();
        let builder = Manager::builder(&Node::local()).launcher("apart", detached);
        let builder = builder.state(place.0.join("state")).logs(place.0.join("logs"));
        builder.start(ChildProcess::of(farm()).unwrap()).await.unwrap()
    };
    until(&manager, "kept", |health| health.state == State::Up).await;
    manager.stop("kept").await;

    let log = std::fs::read_to_string(place.0.join("logs/kept.log")).unwrap();
    let said: Vec<_> = log.lines().filter_map(|line| Some(line.split_once("output ")?.1)).collect();
    assert!(
        said.windows(3).any(|said| said == ["line 0 of 3", "line 1 of 3", "line 2 of 3"]),
        "{log}"
    );
    manager.shutdown().await;
}

#[tokio::test]
async fn directory_of_state_is_for_one_manager_and_closed_to_others() {
    let place = Place::new("state");
    let manager = next_manager(&place).await;
    let second = Manager::builder(&Node::local()).state(place.0.join("state"));
    let error = second.start(ChildProcess::of(farm()).unwrap()).await.unwrap_err();
    assert!(matches!(error, ManagerError::State { .. }), "{error}");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "another manager uses it");
    manager.shutdown().await;
    drop(manager);

    let open = place.0.join("open");
    std::fs::create_dir_all(&open).unwrap();
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let builder = Manager::builder(&Node::local()).state(&open);
    let error = builder.start(ChildProcess::of(farm()).unwrap()).await.unwrap_err().to_string();
    assert!(error.ends_with("others may enter it; `chmod 700` keeps them out"), "{error}");
}

#[tokio::test]
async fn record_that_is_none_is_refused_and_left_alone() {
    for (text, expected) in [
        ("{ \"format\": 99 }", "written by another version: expected format 1, found 99"),
        ("ruined", "`agents.json` is no record of a manager"),
    ] {
        let place = Place::new("record");
        let state = place.0.join("state");
        std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
            .create(&state)
            .unwrap();
        std::fs::write(state.join("agents.json"), text).unwrap();

        let builder = Manager::builder(&Node::local()).state(&state);
        let error = builder.start(ChildProcess::of(farm()).unwrap()).await.unwrap_err();

        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(expected), "{cause}");
        assert_eq!(std::fs::read_to_string(state.join("agents.json")).unwrap(), text);
    }
}

/// Returns an agent by the socket that its number has in the directory of state.
async fn socket(place: &Place, number: u32, name: &str) -> Handle<Counter> {
    let socket = place.0.join("state").join(number.to_string());
    let url = format!("unix://{}#{name}", socket.display());
    // The node lives as long as its handle needs it.
    let node = Box::leak(Box::new(Node::local()));
    let connect = node.connect::<Counter>(&url).patience(LONG);
    connect.await.expect("it listens there")
}
